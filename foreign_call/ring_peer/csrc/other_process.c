/* The other process of the tests, in C: accepts what is offered over standard input, and sends back
 * what it receives. Messages have at most 24 bytes, and the memory at most 16 KiB.
 *
 * Exits with one of FOREIGN_CALL_RING_*, the reason of the end, or with KEPT. Should it hang, it is
 * ended by an alarm. */
#include "foreign_call_ring_accept.h"

#include <stdio.h>

enum { LONGEST = 24, MOST_BYTES = 16384, KEPT = 100 };

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

static int echo(foreign_call_ring_accepted *connection) {
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

int main(void) {
    alarm(60);
    int before = descriptors();
    foreign_call_ring_accepted connection;
    int status = foreign_call_ring_accept(0, MOST_BYTES, LONGEST, &connection);
    if (status == FOREIGN_CALL_RING_OK) {
        status = echo(&connection);
        foreign_call_ring_release(&connection);
    }
    return descriptors() != before || is_mapped() ? KEPT : status;
}
