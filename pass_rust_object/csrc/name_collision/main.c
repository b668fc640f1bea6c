/* WRONG: as csrc/main.c, but `callback` is not static. */
#include "main.h"

#include <stddef.h>

pass_rust_object_main_callback callback;

void pass_rust_object_main_register(pass_rust_object_main_callback new_callback) {
    callback = new_callback;
}

int pass_rust_object_main_deliver(int32_t value) {
    if (callback == NULL)
        return PASS_RUST_OBJECT_MAIN_NO_CALLBACK;
    callback(value);
    return PASS_RUST_OBJECT_MAIN_OK;
}
