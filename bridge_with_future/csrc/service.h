/* A service with worker threads. A request returns at once, and its answer comes later, through a
 * callback, from one of the workers.
 *
 * All functions but open and close may be called from any thread at any time in between. */
#ifndef BRIDGE_WITH_FUTURE_SERVICE_H
#define BRIDGE_WITH_FUTURE_SERVICE_H

#include <stddef.h>
#include <stdint.h>

typedef struct bridge_with_future_service bridge_with_future_service;

typedef enum bridge_with_future_service_status {
    BRIDGE_WITH_FUTURE_SERVICE_OK = 0,
    BRIDGE_WITH_FUTURE_SERVICE_NO_MEMORY,
    BRIDGE_WITH_FUTURE_SERVICE_NO_THREAD, /* the system gives none, or there are MOST_WORKERS */
    BRIDGE_WITH_FUTURE_SERVICE_CLOSED     /* the service ends, and does not come to the request */
} bridge_with_future_service_status;

enum { BRIDGE_WITH_FUTURE_SERVICE_MOST_WORKERS = 16 };

/* The answer: `square` counts where `status` is OK. Nothing may unwind out of it, and it must not
 * close the service. It may ask for more. */
typedef void (*bridge_with_future_service_callback)(void *user_data, int status, int64_t square);

/* A service without workers: it takes requests and does not come to them. Null: no memory. */
bridge_with_future_service *bridge_with_future_service_open(void);

/* Adds `workers` threads, which take the requests in the order in which they came. Where it fails,
 * those that were added before stay. */
int bridge_with_future_service_start(bridge_with_future_service *self, size_t workers);

/* Asks for the square of `number`, which takes a worker `work_ms` milliseconds.
 *
 * OK: `callback` will be called with `user_data` exactly once: on a worker with the answer, perhaps
 * before this returns; or in close, with CLOSED. Until then C keeps `user_data`, and never looks
 * behind it. Anything else: the request was not taken, and nothing is called. */
int bridge_with_future_service_square(
    bridge_with_future_service *self, int32_t number, uint32_t work_ms,
    bridge_with_future_service_callback callback, void *user_data);

/* Lets the workers finish what they are at, calls back with CLOSED for each request that still
 * waits, on this thread, and frees the service. No callback follows. */
void bridge_with_future_service_close(bridge_with_future_service *self);

#endif
