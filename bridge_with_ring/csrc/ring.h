/* A ring for numbers: one thread sends, one receives, in C or in Rust. `src/ring.rs` is the same
 * once more. Both work on this memory; neither calls the other.
 *
 * C11 atomics: with MSVC that takes /std:c11 /experimental:c11atomics, of Visual Studio 2022. */
#ifndef BRIDGE_WITH_RING_RING_H
#define BRIDGE_WITH_RING_RING_H

#include "bell.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BRIDGE_WITH_RING_RING_CAPACITY = 64 }; /* a power of two, as the counts wrap around */

/* What the sender writes, or the receiver, and the other one reads. It has its cache lines to
 * itself, so that the two don't take them from each other when each writes its own. */
typedef struct bridge_with_ring_side {
    _Alignas(128) _Atomic uint32_t count; /* values sent, or received, since ever; wraps around */
    _Atomic uint32_t sleeps; /* 1: is about to wait for its bell. Who rings makes it 0 */
    bridge_with_ring_bell *bell;
} bridge_with_ring_side;

typedef struct bridge_with_ring_ring {
    bridge_with_ring_side sender;
    bridge_with_ring_side receiver;
    _Atomic uint32_t closed; /* 1: nothing more is sent, or nobody receives it */
    int64_t slots[BRIDGE_WITH_RING_RING_CAPACITY]; /* value number n lies in slot n % capacity */
} bridge_with_ring_ring;

/* `src/ring.rs` says the same of itself. */
_Static_assert(offsetof(bridge_with_ring_ring, receiver) == 128, "layout");
_Static_assert(offsetof(bridge_with_ring_ring, closed) == 256, "layout");
_Static_assert(offsetof(bridge_with_ring_ring, slots) == 264, "layout");
_Static_assert(offsetof(bridge_with_ring_side, sleeps) == 4, "layout");
_Static_assert(offsetof(bridge_with_ring_side, bell) == 8, "layout");

/* Waits for room. False: the ring is closed. One thread at a time. */
bool bridge_with_ring_ring_send(bridge_with_ring_ring *self, int64_t value);

/* Waits for a value. False: there is none, and the ring is closed. One thread at a time. */
bool bridge_with_ring_ring_receive(bridge_with_ring_ring *self, int64_t *value);

/* From either end. What was sent before can still be received. */
void bridge_with_ring_ring_close(bridge_with_ring_ring *self);

#endif
