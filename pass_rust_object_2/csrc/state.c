#include "state.h"

#include <stddef.h>

static void *object;
static pass_rust_object_2_state_callback callback;

void pass_rust_object_2_state_set(
    void *new_object, pass_rust_object_2_state_callback new_callback) {
    object = new_object;
    callback = new_callback;
}

void pass_rust_object_2_state_call(int32_t value) {
    if (callback != NULL)
        callback(object, value);
}
