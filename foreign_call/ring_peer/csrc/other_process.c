/* The other process of the tests, in C: an end of a connection, over standard input.
 *
 *     other_process accept                 accepts what is offered there, and sends back what it
 *                                          receives. Messages have at most 1000 bytes, and the
 *                                          memory at most 16 KiB
 *     other_process offer SLOTS LONGEST    offers a connection like that, and does the same
 *     other_process ask SLOTS LONGEST      offers one, sends numbers, and wants them back
 *
 * Exits with one of FOREIGN_CALL_RING_*, the reason of the end, or with KEPT. Should it hang, it is
 * ended by an alarm. */
#define _GNU_SOURCE
#include "foreign_call_ring_offer.h"

#include <stdio.h>
#include <stdlib.h>

enum { LONGEST = 1000, MOST_BYTES = 16384, NUMBERS = 50000, KEPT = 100 };

/* How many descriptors are open. None is above 64: the lowest free number is given out first. */
static int descriptors(void) {
    int open = 0;
    for (int descriptor = 0; descriptor < 64; descriptor++) {
        open += fcntl(descriptor, F_GETFD) >= 0;
    }
    return open;
}

/* Whether memory of a ring is mapped into this process. */
static bool is_mapped(void) {
    char line[4096];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        found = found || strstr(line, "foreign_call ring") != NULL;
    }
    if (maps != NULL) {
        fclose(maps);
    }
    return found;
}

static int echo(foreign_call_ring_connection *connection) {
    unsigned char message[LONGEST];
    size_t length;
    for (;;) {
        int status = foreign_call_ring_receive(&connection->receiver, message, &length);
        if (status == FOREIGN_CALL_RING_OK) {
            status = foreign_call_ring_send(&connection->sender, message, length);
        }
        if (status != FOREIGN_CALL_RING_OK) {
            return status;
        }
    }
}

/* Messages of 8 bytes, as many at once as the rings have room for. OK: all of them came back. */
static int ask(foreign_call_ring_connection *connection, uint64_t slots) {
    uint64_t sent = 0;
    for (uint64_t expected = 0; expected < NUMBERS; expected++) {
        uint64_t number;
        unsigned char message[LONGEST];
        size_t length;
        int status = FOREIGN_CALL_RING_OK;
        for (; status == FOREIGN_CALL_RING_OK && sent < NUMBERS && sent < expected + slots;
             sent++) {
            status = foreign_call_ring_send(&connection->sender, &sent, sizeof sent);
        }
        if (status == FOREIGN_CALL_RING_OK) {
            status = foreign_call_ring_receive(&connection->receiver, message, &length);
        }
        if (status != FOREIGN_CALL_RING_OK) {
            return status;
        }
        memcpy(&number, message, sizeof number);
        if (length != sizeof number || number != expected) {
            return FOREIGN_CALL_RING_CORRUPT;
        }
    }
    return FOREIGN_CALL_RING_OK;
}

int main(int count, char **arguments) {
    alarm(60);
    int before = descriptors();
    bool offers = count == 4;
    size_t slots = offers ? strtoull(arguments[2], NULL, 10) : 0;
    size_t longest = offers ? strtoull(arguments[3], NULL, 10) : 0;
    foreign_call_ring_connection connection;
    int status = offers ? foreign_call_ring_offer(0, slots, longest, &connection)
                        : foreign_call_ring_accept(0, MOST_BYTES, LONGEST, &connection);
    if (status == FOREIGN_CALL_RING_OK) {
        bool asks = offers && strcmp(arguments[1], "ask") == 0;
        status = asks ? ask(&connection, slots) : echo(&connection);
        foreign_call_ring_release(&connection);
    }
    return descriptors() != before || is_mapped() ? KEPT : status;
}
