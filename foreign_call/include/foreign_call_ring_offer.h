/* An end of a connection to another process, in C, which offers the other end there: to
 * `Connection::accept` of Rust, `ring.Accept` of Go, or foreign_call_ring_accept. Linux only.
 *
 * foreign_call_ring_accept.h says how little the two processes trust each other.
 */
#ifndef FOREIGN_CALL_RING_OFFER_H
#define FOREIGN_CALL_RING_OFFER_H

#if !defined(_GNU_SOURCE)
#error "define _GNU_SOURCE before the first #include: memfd_create is one of GNU's"
#endif

#include "foreign_call_ring_accept.h"

/* How large a connection is. */
typedef struct foreign_call_ring_shape {
    uint32_t slots;
    uint32_t slot_bytes;
    /* Of each of the two rings. */
    size_t ring_bytes;
} foreign_call_ring_shape;

/* False: there can be no such ring. */
static inline bool
foreign_call_ring_choose_shape(size_t slots, size_t longest, foreign_call_ring_shape *shape) {
    if (slots > UINT32_C(1) << 31 || longest > UINT32_MAX - 15) {
        return false;
    }
    uint64_t count = 1;
    while (count < slots) {
        count *= 2;
    }
    uint64_t slot_bytes = 8 + ((uint64_t)longest + 7) / 8 * 8;
    /* Two numbers of 32 bits. */
    uint64_t bytes = count * slot_bytes;
    if (bytes > (uint64_t)PTRDIFF_MAX / 2 - 1024) {
        return false;
    }
    *shape = (foreign_call_ring_shape){
        .slots = (uint32_t)count,
        .slot_bytes = (uint32_t)slot_bytes,
        .ring_bytes = (size_t)(sizeof(foreign_call_ring_header) + (bytes + 127) / 128 * 128),
    };
    return true;
}

/* New memory that can never become shorter, with an empty ring in each half: mapped, and the file
 * for the other process. False: the system refused it, and nothing stays behind. */
static inline bool foreign_call_ring_new_memory(
    const foreign_call_ring_shape *shape, int *file, foreign_call_ring_connection *connection) {
    const size_t bytes = 2 * shape->ring_bytes;
    int memory = memfd_create("foreign_call ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0) {
        return false;
    }
    void *start = MAP_FAILED;
    if (ftruncate(memory, (off_t)bytes) == 0 &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0) {
        start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    }
    if (start == MAP_FAILED) {
        foreign_call_ring_close_all(&memory, 1);
        return false;
    }
    for (size_t half = 0; half < 2; half++) {
        foreign_call_ring_header *header =
            (void *)((unsigned char *)start + half * shape->ring_bytes);
        uint64_t magic;
        memcpy(&magic, "fcrings", sizeof magic);
        /* Nobody else knows of the memory yet. */
        atomic_store_explicit(&header->magic, magic, memory_order_relaxed);
        atomic_store_explicit(&header->version, FOREIGN_CALL_RING_FRAMED, memory_order_relaxed);
        atomic_store_explicit(&header->slots, shape->slots, memory_order_relaxed);
        atomic_store_explicit(&header->slot_bytes, shape->slot_bytes, memory_order_relaxed);
    }
    *file = memory;
    connection->memory = start;
    connection->bytes = bytes;
    return true;
}

/* Two pairs of sockets: ours are the first, in the order of sender and receiver. False: the system
 * refused it, and nothing stays behind. */
static inline bool foreign_call_ring_new_sockets(int ours[2], int theirs[2]) {
    int sending[2];
    int receiving[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sending) != 0) {
        return false;
    }
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, receiving) != 0) {
        foreign_call_ring_close_all(sending, 2);
        return false;
    }
    ours[0] = sending[0];
    ours[1] = receiving[0];
    /* They send where we receive. */
    theirs[0] = receiving[1];
    theirs[1] = sending[1];
    return true;
}

/* Sends the greeting, with these descriptors beside it. */
static inline int
foreign_call_ring_send_offer(int socket, const int descriptors[FOREIGN_CALL_RING_DESCRIPTORS]) {
    const size_t length = FOREIGN_CALL_RING_DESCRIPTORS * sizeof *descriptors;
    char greeting[8] = "fcrings";
    struct iovec bytes = {.iov_base = greeting, .iov_len = sizeof greeting};
    union {
        struct cmsghdr header;
        unsigned char bytes[64];
    } beside;
    memset(&beside, 0, sizeof beside);
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &beside,
        .msg_controllen = CMSG_SPACE(length),
    };
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_len = CMSG_LEN(length);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(header), descriptors, length);
    ssize_t sent;
    do {
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    if (sent == sizeof greeting) {
        return FOREIGN_CALL_RING_OK;
    }
    bool gone = sent < 0 && (errno == EPIPE || errno == ECONNRESET);
    return gone ? FOREIGN_CALL_RING_GONE : FOREIGN_CALL_RING_REFUSED;
}

/* Makes a connection, and gives the other end of it to the process at the other end of `socket`, a
 * Unix socket. Each of its two rings has room for at least so many messages of at most `longest`
 * bytes: the number of slots is rounded up to a power of two, and `longest` to a multiple of 8. The
 * socket is used for this only, and stays the caller's.
 *
 * OK: the connection belongs to the caller, who gives it back with foreign_call_ring_release. It
 * may be moved until then. Else nothing stays behind, and `connection` is not to be used:
 * TOO_LARGE, GONE if nobody is at the other end of `socket`, or REFUSED. */
static inline int foreign_call_ring_offer(
    int socket, size_t slots, size_t longest, foreign_call_ring_connection *connection) {
    foreign_call_ring_shape shape;
    if (!foreign_call_ring_choose_shape(slots, longest, &shape)) {
        return FOREIGN_CALL_RING_TOO_LARGE;
    }
    /* The memory, and a socket for each ring. */
    int theirs[FOREIGN_CALL_RING_DESCRIPTORS];
    int ours[2];
    if (!foreign_call_ring_new_memory(&shape, &theirs[0], connection)) {
        return FOREIGN_CALL_RING_REFUSED;
    }
    int status = FOREIGN_CALL_RING_REFUSED;
    if (foreign_call_ring_new_sockets(ours, theirs + 1)) {
        /* Before the other process can write. Who offers sends into the first ring. */
        status = foreign_call_ring_attach_halves(connection, 0, ours, SIZE_MAX);
        if (status == FOREIGN_CALL_RING_OK) {
            status = foreign_call_ring_send_offer(socket, theirs);
        }
        foreign_call_ring_close_all(theirs + 1, 2);
        if (status != FOREIGN_CALL_RING_OK) {
            foreign_call_ring_close_all(ours, 2);
        }
    }
    foreign_call_ring_close_all(theirs, 1);
    if (status != FOREIGN_CALL_RING_OK) {
        munmap(connection->memory, connection->bytes);
    }
    return status;
}

#endif
