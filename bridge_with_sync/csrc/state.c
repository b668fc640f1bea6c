#include "state.h"

#include <stddef.h>

static void *sender = NULL;

void bridge_with_sync_state_set(void *new_sender) {
    sender = new_sender;
}

void *bridge_with_sync_state_get(void) {
    return sender;
}
