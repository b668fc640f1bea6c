/* An end of a connection that another process offers, in C: `Connection::offer` of Rust,
 * `ring.Offer` of Go, or foreign_call_ring_offer. Linux only.
 *
 * Neither process trusts the other one. The memory can't become shorter, or it is refused; each
 * message is copied once and its copy is checked; an index of the other side's that can't be is
 * FOREIGN_CALL_RING_CORRUPT. A process that is gone has closed its sockets, and is
 * FOREIGN_CALL_RING_GONE.
 */
#ifndef FOREIGN_CALL_RING_ACCEPT_H
#define FOREIGN_CALL_RING_ACCEPT_H

#include "foreign_call_ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>

/* What foreign_call_ring_accept returns besides OK, GONE (before anything was offered) and
 * NOT_A_RING. The last two are foreign_call_ring_offer's, too. */
enum {
    /* What came is not a greeting with three descriptors. */
    FOREIGN_CALL_RING_NOT_AN_OFFER = 8,
    /* The shared memory could be taken away. */
    FOREIGN_CALL_RING_NOT_SEALED = 9,
    /* The shared memory, or a message, may be larger than what is accepted, or than can be. */
    FOREIGN_CALL_RING_TOO_LARGE = 10,
    /* The system refused it; errno says why. */
    FOREIGN_CALL_RING_REFUSED = 11,
};

/* A connection to another process. Its two ends are used as those that Rust lends. */
typedef struct foreign_call_ring_connection {
    foreign_call_ring_sender sender;
    foreign_call_ring_receiver receiver;
    /* Private. */
    void *memory;
    size_t bytes;
} foreign_call_ring_connection;

/* Linux's F_GET_SEALS and F_SEAL_SHRINK, which <fcntl.h> tells only whom it tells all of GNU's. */
enum {
    FOREIGN_CALL_RING_GET_SEALS = 1034,
    FOREIGN_CALL_RING_SEAL_SHRINK = 2,
    /* The memory, and a socket for each ring. */
    FOREIGN_CALL_RING_DESCRIPTORS = 3,
};

/* The kernel's HUGETLBFS_MAGIC. */
#define FOREIGN_CALL_RING_OF_HUGE_PAGES UINT32_C(0x958458f6)

static inline void foreign_call_ring_close_all(const int *descriptors, size_t count) {
    for (size_t number = 0; number < count; number++) {
        close(descriptors[number]);
    }
}

/* Waits for an offer. What is no offer is closed. */
static inline int foreign_call_ring_receive_offer(int socket, int *descriptors) {
    unsigned char greeting[8];
    struct iovec bytes = {.iov_base = greeting, .iov_len = sizeof greeting};
    union {
        struct cmsghdr header;
        unsigned char bytes[64];
    } beside;
    struct msghdr message = {
        .msg_iov = &bytes,
        .msg_iovlen = 1,
        .msg_control = &beside,
        .msg_controllen = sizeof beside,
    };
    ssize_t received;
    do {
        received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    } while (received < 0 && errno == EINTR);
    if (received < 0) {
        return FOREIGN_CALL_RING_REFUSED;
    }
    /* Whatever came is ours now, beside no bytes too: a socket may keep messages apart. */
    size_t count = 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    for (; header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t length = header->cmsg_len - CMSG_LEN(0);
        for (size_t done = 0; done < length; done += sizeof(int), count++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + done, sizeof descriptor);
            if (count < FOREIGN_CALL_RING_DESCRIPTORS) {
                descriptors[count] = descriptor;
            } else {
                close(descriptor);
            }
        }
    }
    if (received == sizeof greeting && memcmp(greeting, "fcrings", sizeof greeting) == 0 &&
        count == FOREIGN_CALL_RING_DESCRIPTORS && (message.msg_flags & MSG_CTRUNC) == 0) {
        return FOREIGN_CALL_RING_OK;
    }
    bool more = count > FOREIGN_CALL_RING_DESCRIPTORS;
    foreign_call_ring_close_all(descriptors, more ? FOREIGN_CALL_RING_DESCRIPTORS : count);
    return received == 0 ? FOREIGN_CALL_RING_GONE : FOREIGN_CALL_RING_NOT_AN_OFFER;
}

/* Maps memory that another process made, if it can't become shorter, and is no longer than that. */
static inline int
foreign_call_ring_map(int memory, size_t most_bytes, foreign_call_ring_connection *connection) {
    int seals = fcntl(memory, FOREIGN_CALL_RING_GET_SEALS);
    if (seals < 0 || (seals & FOREIGN_CALL_RING_SEAL_SHRINK) == 0) {
        return FOREIGN_CALL_RING_NOT_SEALED;
    }
    /* Each huge page can be taken away, and another one is not always to be had. */
    struct statfs kind;
    if (fstatfs(memory, &kind) != 0) {
        return FOREIGN_CALL_RING_REFUSED;
    }
    if ((uint32_t)kind.f_type == FOREIGN_CALL_RING_OF_HUGE_PAGES) {
        return FOREIGN_CALL_RING_NOT_SEALED;
    }
    /* Its size is looked at after its seals, so it is final at its least. */
    struct stat about;
    if (fstat(memory, &about) != 0) {
        return FOREIGN_CALL_RING_REFUSED;
    }
    if (about.st_size > 0 && (uint64_t)about.st_size > most_bytes) {
        return FOREIGN_CALL_RING_TOO_LARGE;
    }
    /* Two rings, each of whole lines. */
    if (about.st_size <= 0 || about.st_size % 256 != 0) {
        return FOREIGN_CALL_RING_NOT_A_RING;
    }
    size_t bytes = (size_t)about.st_size;
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
    if (start == MAP_FAILED) {
        return FOREIGN_CALL_RING_REFUSED;
    }
    connection->memory = start;
    connection->bytes = bytes;
    return FOREIGN_CALL_RING_OK;
}

/* Half of the memory is this ring, woken through this socket. Its header is read once. */
static inline int foreign_call_ring_attach_half(
    foreign_call_ring_side *side, const foreign_call_ring_connection *connection, size_t half,
    int socket, size_t longest) {
    size_t ring_bytes = connection->bytes / 2;
    foreign_call_ring_meta_end end = {
        .ring = (unsigned char *)connection->memory + half * ring_bytes,
        .wait = socket,
        .wake = socket,
    };
    int status = foreign_call_ring_attach_side(side, &end, ring_bytes, true);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    size_t bytes = (size_t)side->slot_words * 8 * side->slots + (size_t)side->arena_bytes;
    if (sizeof(foreign_call_ring_header) + (bytes + 127) / 128 * 128 != ring_bytes) {
        return FOREIGN_CALL_RING_NOT_A_RING;
    }
    return foreign_call_ring_longest(side) > longest ? FOREIGN_CALL_RING_TOO_LARGE
                                                     : FOREIGN_CALL_RING_OK;
}

/* This end sends into one half, woken through the first socket, and receives from the other one. */
static inline int foreign_call_ring_attach_halves(
    foreign_call_ring_connection *connection, size_t sends, const int sockets[2], size_t longest) {
    connection->sender.oldest = connection->sender.block_count = 0;
    int status = foreign_call_ring_attach_half(
        &connection->sender.side, connection, sends, sockets[0], longest);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    return foreign_call_ring_attach_half(
        &connection->receiver.side, connection, 1 - sends, sockets[1], longest);
}

/* Waits for the process at the other end of `socket`, a Unix socket, to offer a connection. It is
 * accepted if its memory has at most `most_bytes` and its messages have at most `longest`: so a
 * buffer of `longest` has room for each. Their length may be one for all:
 * foreign_call_ring_message_bytes says so. The receive timeout of `socket` holds; the socket is
 * used for this only, and stays the caller's.
 *
 * Not OK: nothing stays behind, and `connection` is not to be used. OK: it belongs to the caller,
 * who gives it back with foreign_call_ring_release. It may be moved until then. */
static inline int foreign_call_ring_accept(
    int socket, size_t most_bytes, size_t longest, foreign_call_ring_connection *connection) {
    int descriptors[FOREIGN_CALL_RING_DESCRIPTORS];
    int status = foreign_call_ring_receive_offer(socket, descriptors);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    status = foreign_call_ring_map(descriptors[0], most_bytes, connection);
    close(descriptors[0]);
    if (status == FOREIGN_CALL_RING_OK) {
        /* Who offers sends into the first ring. */
        status = foreign_call_ring_attach_halves(connection, 1, descriptors + 1, longest);
        if (status != FOREIGN_CALL_RING_OK) {
            munmap(connection->memory, connection->bytes);
        }
    }
    if (status != FOREIGN_CALL_RING_OK) {
        foreign_call_ring_close_all(descriptors + 1, 2);
    }
    return status;
}

/* Closes both ends, as their own functions may have done before, and gives memory and sockets back.
 * Once, and when no thread uses either end any more. */
static inline void foreign_call_ring_release(foreign_call_ring_connection *connection) {
    foreign_call_ring_close_sender(&connection->sender);
    foreign_call_ring_close_receiver(&connection->receiver);
    close(connection->sender.side.wait);
    close(connection->receiver.side.wait);
    munmap(connection->memory, connection->bytes);
}

#endif
