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

#endif
