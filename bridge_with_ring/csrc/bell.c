#include "platform.h" /* before all else: it asks the system's headers for POSIX */

#include "bell.h"

#include <stdlib.h>

struct bridge_with_ring_bell {
    platform_monitor monitor; /* guards the rest */
    bool is_rung;
    uint64_t rung;
};

bridge_with_ring_bell *bridge_with_ring_bell_new(void) {
    bridge_with_ring_bell *self = calloc(1, sizeof *self);
    if (self != NULL && !platform_monitor_make(&self->monitor)) {
        free(self);
        return NULL;
    }
    return self;
}

void bridge_with_ring_bell_free(bridge_with_ring_bell *self) {
    platform_monitor_end(&self->monitor);
    free(self);
}

void bridge_with_ring_bell_ring(bridge_with_ring_bell *self) {
    platform_lock(&self->monitor);
    self->is_rung = true;
    self->rung++;
    platform_notify(&self->monitor);
    platform_unlock(&self->monitor);
}

void bridge_with_ring_bell_wait(bridge_with_ring_bell *self) {
    platform_lock(&self->monitor);
    while (!self->is_rung)
        platform_wait(&self->monitor);
    self->is_rung = false;
    platform_unlock(&self->monitor);
}

uint64_t bridge_with_ring_bell_rung(bridge_with_ring_bell *self) {
    platform_lock(&self->monitor);
    uint64_t rung = self->rung;
    platform_unlock(&self->monitor);
    return rung;
}
