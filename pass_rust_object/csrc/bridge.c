#include "bridge.h"

#include <stddef.h>

static void *object;
static pass_rust_object_bridge_callback callback;

/* What the library calls. It needs no user data: it knows where the bridge keeps it. */
static void trampoline(int32_t value) {
    if (callback != NULL)
        callback(object, value);
}

pass_rust_object_main_callback
pass_rust_object_bridge_set(void *new_object, pass_rust_object_bridge_callback new_callback) {
    object = new_object;
    callback = new_callback;
    return trampoline;
}

void pass_rust_object_bridge_clear(void) {
    object = NULL;
    callback = NULL;
}
