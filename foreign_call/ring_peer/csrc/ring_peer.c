#include "ring_peer.h"

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
