/* What one thread sleeps on until another one rings. A ring that nobody hears yet is kept, and
 * several are kept as one. This is the part with a lock in it: nobody comes here who has work. */
#ifndef BRIDGE_WITH_RING_BELL_H
#define BRIDGE_WITH_RING_BELL_H

#include <stdint.h>

typedef struct bridge_with_ring_bell bridge_with_ring_bell;

/* Null: no memory. */
bridge_with_ring_bell *bridge_with_ring_bell_new(void);

/* Nobody may use it any more. */
void bridge_with_ring_bell_free(bridge_with_ring_bell *self);

/* Wakes who waits, or who waits next. From any thread. */
void bridge_with_ring_bell_ring(bridge_with_ring_bell *self);

/* Sleeps until it is rung, and not at all where it was rung before. One thread at a time. */
void bridge_with_ring_bell_wait(bridge_with_ring_bell *self);

/* How often it was rung. */
uint64_t bridge_with_ring_bell_rung(bridge_with_ring_bell *self);

#endif
