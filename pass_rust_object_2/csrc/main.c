#include "main.h"

#include <stddef.h>

static pass_rust_object_2_main_callback callback;

void pass_rust_object_2_main_register(pass_rust_object_2_main_callback new_callback) {
    callback = new_callback;
}

int pass_rust_object_2_main_deliver(int32_t value) {
    if (callback == NULL)
        return PASS_RUST_OBJECT_2_MAIN_NO_CALLBACK;
    callback(value);
    return PASS_RUST_OBJECT_2_MAIN_OK;
}
