#include "ring_peer.h"

#include <sched.h>
#include <stdlib.h>

static void close_both(foreign_call_ring_sender *sender, foreign_call_ring_receiver *receiver) {
    foreign_call_ring_close_sender(sender);
    foreign_call_ring_close_receiver(receiver);
}

int foreign_call_ring_peer_produce(const foreign_call_ring_meta *end, uint64_t count) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    for (uint64_t number = 0; number < count && status == FOREIGN_CALL_RING_OK; number++) {
        status = foreign_call_ring_send(&sender, &number, sizeof number);
    }
    close_both(&sender, &receiver);
    return status;
}

int foreign_call_ring_peer_consume(const foreign_call_ring_meta *end, uint64_t *count) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    *count = 0;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    unsigned char *buffer = malloc(foreign_call_ring_longest(&receiver.side) + 1);
    while (buffer != NULL && status == FOREIGN_CALL_RING_OK) {
        size_t length;
        status = foreign_call_ring_receive(&receiver, buffer, &length);
        if (status == FOREIGN_CALL_RING_OK) {
            if (length != sizeof *count || memcmp(buffer, count, length) != 0) {
                status = FOREIGN_CALL_RING_CORRUPT;
            } else {
                ++*count;
            }
        }
    }
    free(buffer);
    close_both(&sender, &receiver);
    return status;
}

int foreign_call_ring_peer_echo(const foreign_call_ring_meta *end) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    unsigned char *buffer = malloc(foreign_call_ring_longest(&receiver.side) + 1);
    while (buffer != NULL && status == FOREIGN_CALL_RING_OK) {
        size_t length;
        status = foreign_call_ring_receive(&receiver, buffer, &length);
        if (status == FOREIGN_CALL_RING_OK) {
            status = foreign_call_ring_send(&sender, buffer, length);
        }
    }
    free(buffer);
    close_both(&sender, &receiver);
    return status;
}

static void wait_for(_Atomic(uint64_t) *turn, uint64_t value) {
    for (unsigned looks = 1; atomic_load_explicit(turn, memory_order_acquire) != value; looks++) {
        if (looks % 1000 == 0) {
            sched_yield();
        }
    }
}

int foreign_call_ring_peer_publish_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    for (uint64_t number = 0; number < rounds && status == FOREIGN_CALL_RING_OK; number++) {
        wait_for(turn, 2 * number + 1);
        status = foreign_call_ring_try_send(&sender, &number, sizeof number);
        atomic_store_explicit(turn, 2 * number + 2, memory_order_release);
    }
    return status;
}

int foreign_call_ring_peer_receive_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    for (uint64_t number = 0; number < rounds && status == FOREIGN_CALL_RING_OK; number++) {
        unsigned char message[64];
        size_t length;
        wait_for(turn, 2 * number + 1);
        /* Another pause each time, so that every moment of falling asleep is met. */
        for (volatile unsigned step = 0; step < number % 401; step++) {
        }
        status = foreign_call_ring_receive(&receiver, message, &length);
        atomic_store_explicit(turn, 2 * number + 2, memory_order_release);
    }
    return status;
}

int foreign_call_ring_peer_send_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds) {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    int status = foreign_call_ring_attach(end, &sender, &receiver);
    uint64_t number = 0;
    if (status == FOREIGN_CALL_RING_OK) {
        status = foreign_call_ring_try_send(&sender, &number, sizeof number);
    }
    while (number < rounds && status == FOREIGN_CALL_RING_OK) {
        wait_for(turn, 2 * number + 1);
        number++;
        /* As above. */
        for (volatile unsigned step = 0; step < number % 401; step++) {
        }
        status = foreign_call_ring_send(&sender, &number, sizeof number);
        atomic_store_explicit(turn, 2 * number, memory_order_release);
    }
    return status;
}

struct foreign_call_ring_peer_stepped {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    /* A block of its own, as long as the longest message. */
    unsigned char *message;
};

foreign_call_ring_peer_stepped *foreign_call_ring_peer_step_in(const foreign_call_ring_meta *meta) {
    foreign_call_ring_peer_stepped *end = malloc(sizeof *end);
    if (end == NULL) {
        return NULL;
    }
    end->message = NULL;
    if (foreign_call_ring_attach(meta, &end->sender, &end->receiver) == FOREIGN_CALL_RING_OK) {
        size_t longest = foreign_call_ring_longest(&end->receiver.side);
        end->message = malloc(longest > 0 ? longest : 1);
    }
    if (end->message == NULL) {
        free(end);
        return NULL;
    }
    return end;
}

int foreign_call_ring_peer_step_send(
    foreign_call_ring_peer_stepped *end, const void *message, size_t length) {
    return foreign_call_ring_try_send(&end->sender, message, length);
}

int foreign_call_ring_peer_step_receive(
    foreign_call_ring_peer_stepped *end, const unsigned char **message, size_t *length) {
    *message = end->message;
    return foreign_call_ring_try_receive(&end->receiver, end->message, length);
}

void foreign_call_ring_peer_step_out(foreign_call_ring_peer_stepped *end) {
    close_both(&end->sender, &end->receiver);
    free(end->message);
    free(end);
}
