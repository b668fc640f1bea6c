/* Ends of a connection, in C. Each attaches to the end that it is lent, uses it on the calling
 * thread, and closes it before it returns: one of FOREIGN_CALL_RING_*, the reason of the end. */
#ifndef FOREIGN_CALL_RING_PEER_H
#define FOREIGN_CALL_RING_PEER_H

#include "foreign_call_ring.h"

/* Sends the numbers below `count` as 8 bytes each. */
int foreign_call_ring_peer_produce(const foreign_call_ring_meta *end, uint64_t count);

/* Receives until the end. Returns CORRUPT if the messages are not the numbers from 0 on. `count`
 * says how many came. */
int foreign_call_ring_peer_consume(const foreign_call_ring_meta *end, uint64_t *count);

/* Sends back what it receives, until the end. */
int foreign_call_ring_peer_echo(const foreign_call_ring_meta *end);

/* Sends the numbers below `rounds`, without waiting: number n once `turn` is 2 n + 1, and makes it
 * 2 n + 2 then. */
int foreign_call_ring_peer_publish_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);

/* Receives so many messages of 8 bytes, waiting for them: number n once `turn` is 2 n + 1, and
 * makes it 2 n + 2 then. */
int foreign_call_ring_peer_receive_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);

/* Sends 0, and then the numbers up to `rounds`, waiting for room: number n + 1 once `turn` is
 * 2 n + 1, and makes it 2 n + 2 then. */
int foreign_call_ring_peer_send_in_turn(
    const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);

/* An end that takes one step at a time, and never waits. */
typedef struct foreign_call_ring_peer_stepped foreign_call_ring_peer_stepped;

/* Attaches. Null: what lies there is no ring, or there is no memory. The caller gives it back with
 * foreign_call_ring_peer_step_out, while the end is still lent. */
foreign_call_ring_peer_stepped *foreign_call_ring_peer_step_in(const foreign_call_ring_meta *end);

int foreign_call_ring_peer_step_send(
    foreign_call_ring_peer_stepped *end, const void *message, size_t length);

/* The message stays C's, and is there until the next one is received. */
int foreign_call_ring_peer_step_receive(
    foreign_call_ring_peer_stepped *end, const unsigned char **message, size_t *length);

/* Closes both directions. */
void foreign_call_ring_peer_step_out(foreign_call_ring_peer_stepped *end);

#endif
