#include "platform.h" /* before all else: it asks the system's headers for POSIX */

#include "service.h"

#include <stdlib.h>

struct bridge_with_ring_service {
    platform_thread thread;
    bridge_with_ring_ring *numbers;
    bridge_with_ring_ring *squares;
};

static int64_t square(int64_t number) {
    return (int64_t)((uint64_t)number * (uint64_t)number); /* unsigned, as that may wrap around */
}

static PLATFORM_BODY work(void *argument) {
    bridge_with_ring_service *self = argument;
    int64_t number;
    while (bridge_with_ring_ring_receive(self->numbers, &number))
        if (!bridge_with_ring_ring_send(self->squares, square(number)))
            break;
    bridge_with_ring_ring_close(self->numbers);
    bridge_with_ring_ring_close(self->squares);
    return 0;
}

bridge_with_ring_service *
bridge_with_ring_service_start(bridge_with_ring_ring *numbers, bridge_with_ring_ring *squares) {
    bridge_with_ring_service *self = malloc(sizeof *self);
    if (self == NULL)
        return NULL;
    self->numbers = numbers;
    self->squares = squares;
    if (!platform_start(&self->thread, work, self)) {
        free(self);
        return NULL;
    }
    return self;
}

void bridge_with_ring_service_join(bridge_with_ring_service *self) {
    platform_join(self->thread);
    free(self);
}
