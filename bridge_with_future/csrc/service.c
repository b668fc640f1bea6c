#include "platform.h" /* before all else: it asks the system's headers for POSIX */

#include "service.h"

#include <stdlib.h>

typedef struct request {
    struct request *next;
    int32_t number;
    uint32_t work_ms;
    bridge_with_future_service_callback callback;
    void *user_data;
} request;

/* The monitor guards all that follows it. It is never held while somebody's callback runs. */
struct bridge_with_future_service {
    platform_monitor monitor;
    request *first;
    request **end; /* where the next request is hung up */
    bool closing;
    size_t workers;
    platform_thread threads[BRIDGE_WITH_FUTURE_SERVICE_MOST_WORKERS];
};

bridge_with_future_service *bridge_with_future_service_open(void) {
    bridge_with_future_service *self = calloc(1, sizeof *self);
    if (self == NULL)
        return NULL;
    if (!platform_monitor_make(&self->monitor)) {
        free(self);
        return NULL;
    }
    self->end = &self->first;
    return self;
}

/* The work itself: an ordinary function, which returns when it is done. */
static int64_t square(int32_t number, uint32_t work_ms) {
    platform_pause(work_ms);
    return (int64_t)number * number;
}

static request *take(bridge_with_future_service *self) {
    request *it = self->first;
    self->first = it->next;
    if (self->first == NULL)
        self->end = &self->first;
    return it;
}

static PLATFORM_BODY work(void *argument) {
    bridge_with_future_service *self = argument;
    platform_lock(&self->monitor);
    while (!self->closing) {
        if (self->first == NULL) {
            platform_wait(&self->monitor);
            continue;
        }
        request *it = take(self);
        platform_unlock(&self->monitor);
        it->callback(it->user_data, BRIDGE_WITH_FUTURE_SERVICE_OK, square(it->number, it->work_ms));
        free(it);
        platform_lock(&self->monitor);
    }
    platform_unlock(&self->monitor);
    return 0;
}

int bridge_with_future_service_start(bridge_with_future_service *self, size_t workers) {
    int status = BRIDGE_WITH_FUTURE_SERVICE_OK;
    platform_lock(&self->monitor);
    while (workers > 0 && status == BRIDGE_WITH_FUTURE_SERVICE_OK) {
        if (self->workers < BRIDGE_WITH_FUTURE_SERVICE_MOST_WORKERS &&
            platform_start(&self->threads[self->workers], work, self)) {
            self->workers++;
            workers--;
        } else {
            status = BRIDGE_WITH_FUTURE_SERVICE_NO_THREAD;
        }
    }
    platform_unlock(&self->monitor);
    return status;
}

int bridge_with_future_service_square(
    bridge_with_future_service *self, int32_t number, uint32_t work_ms,
    bridge_with_future_service_callback callback, void *user_data) {
    request *it = malloc(sizeof *it);
    if (it == NULL)
        return BRIDGE_WITH_FUTURE_SERVICE_NO_MEMORY;
    *it = (request){NULL, number, work_ms, callback, user_data};
    platform_lock(&self->monitor);
    bool closing = self->closing; /* a callback asks for more while close waits for it */
    if (!closing) {
        *self->end = it;
        self->end = &it->next;
        platform_notify_all(&self->monitor);
    }
    platform_unlock(&self->monitor);
    if (!closing)
        return BRIDGE_WITH_FUTURE_SERVICE_OK;
    free(it);
    return BRIDGE_WITH_FUTURE_SERVICE_CLOSED;
}

void bridge_with_future_service_close(bridge_with_future_service *self) {
    platform_lock(&self->monitor);
    self->closing = true;
    platform_notify_all(&self->monitor);
    platform_unlock(&self->monitor);
    for (size_t i = 0; i < self->workers; i++)
        platform_join(self->threads[i]);
    /* No worker is left, and nobody else may use a service that is being closed. */
    while (self->first != NULL) {
        request *it = take(self);
        it->callback(it->user_data, BRIDGE_WITH_FUTURE_SERVICE_CLOSED, 0);
        free(it);
    }
    platform_monitor_end(&self->monitor);
    free(self);
}
