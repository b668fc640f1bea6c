#include "state.h"

static void *object;

void pass_rust_object_3_state_set(void *new_object) {
    object = new_object;
}

void *pass_rust_object_3_state_get(void) {
    return object;
}
