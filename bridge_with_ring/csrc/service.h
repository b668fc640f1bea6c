/* A thread that receives numbers and sends their squares. It is called twice: to begin and to end.
 */
#ifndef BRIDGE_WITH_RING_SERVICE_H
#define BRIDGE_WITH_RING_SERVICE_H

#include "ring.h"

typedef struct bridge_with_ring_service bridge_with_ring_service;

/* The thread receives from `numbers` and sends to `squares`, in the same order, until either is
 * closed; then it closes both. They belong to the caller, who keeps them until join has returned,
 * and leaves these two ends of them to the thread. Null: no memory or no thread. */
bridge_with_ring_service *
bridge_with_ring_service_start(bridge_with_ring_ring *numbers, bridge_with_ring_ring *squares);

/* Waits until the thread has ended, and frees the service. */
void bridge_with_ring_service_join(bridge_with_ring_service *self);

#endif
