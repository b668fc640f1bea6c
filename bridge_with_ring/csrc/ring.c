#include "ring.h"

/* After a change that the other side may be waiting for. */
static void wake(bridge_with_ring_side *other) {
    /* Between our change and this look. Pairs with the fence in `fall_asleep`. */
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&other->sleeps, memory_order_relaxed) != 0 &&
        atomic_exchange_explicit(&other->sleeps, 0, memory_order_relaxed) != 0)
        bridge_with_ring_bell_ring(other->bell);
}

static bool is_closed(const bridge_with_ring_ring *self) {
    return atomic_load_explicit(&self->closed, memory_order_acquire) != 0;
}

/* Values that lie in the ring. Acquire, of the other side's count: pairs with its release. What it
 * has sent can be read, or what it has received can be overwritten. */
static uint32_t length(const bridge_with_ring_ring *self) {
    return atomic_load_explicit(&self->sender.count, memory_order_acquire) -
           atomic_load_explicit(&self->receiver.count, memory_order_acquire);
}

/* While there are `stuck_at` values this side can do nothing. May return for no reason. */
static void
fall_asleep(bridge_with_ring_ring *self, bridge_with_ring_side *own, uint32_t stuck_at) {
    atomic_store_explicit(&own->sleeps, 1, memory_order_relaxed);
    /* Between our mark and this look. Pairs with the fence in `wake`: of the two sides, one at
     * least sees what the other one has written. */
    atomic_thread_fence(memory_order_seq_cst);
    if (length(self) == stuck_at && !is_closed(self))
        bridge_with_ring_bell_wait(own->bell);
    else
        atomic_store_explicit(&own->sleeps, 0, memory_order_relaxed);
}

bool bridge_with_ring_ring_send(bridge_with_ring_ring *self, int64_t value) {
    uint32_t sent = atomic_load_explicit(&self->sender.count, memory_order_relaxed); /* ours */
    while (!is_closed(self)) {
        if (length(self) == BRIDGE_WITH_RING_RING_CAPACITY) {
            fall_asleep(self, &self->sender, BRIDGE_WITH_RING_RING_CAPACITY);
            continue;
        }
        self->slots[sent % BRIDGE_WITH_RING_RING_CAPACITY] = value;
        atomic_store_explicit(&self->sender.count, sent + 1, memory_order_release);
        wake(&self->receiver);
        return true;
    }
    return false;
}

bool bridge_with_ring_ring_receive(bridge_with_ring_ring *self, int64_t *value) {
    uint32_t received = atomic_load_explicit(&self->receiver.count, memory_order_relaxed);
    for (;;) {
        bool closed = is_closed(self); /* first: what was sent before it is there then */
        if (length(self) > 0) {
            *value = self->slots[received % BRIDGE_WITH_RING_RING_CAPACITY];
            atomic_store_explicit(&self->receiver.count, received + 1, memory_order_release);
            wake(&self->sender);
            return true;
        }
        if (closed)
            return false;
        fall_asleep(self, &self->receiver, 0);
    }
}

void bridge_with_ring_ring_close(bridge_with_ring_ring *self) {
    atomic_store_explicit(&self->closed, 1, memory_order_release);
    wake(&self->sender);
    wake(&self->receiver);
}
