/* The C end of foreign_call's rings: messages through shared memory.
 *
 * Rust makes a connection of two rings and lends one end of it, described by a
 * foreign_call_ring_meta. It owns the memory and the descriptors, and both stay until Rust takes
 * them back: C attaches once, closes no descriptor and keeps nothing beyond that.
 *
 * A sender belongs to one thread at a time, and so does a receiver; the two of an end may go to
 * different threads.
 *
 * Needs C11 with atomics. The functions that sleep and wake need POSIX; without it, poll with
 * foreign_call_ring_try_send and foreign_call_ring_try_receive, and leave the sleeping to nobody.
 */
#ifndef FOREIGN_CALL_RING_H
#define FOREIGN_CALL_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if !defined(_WIN32)
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

/* What the functions return. */
enum {
    FOREIGN_CALL_RING_OK = 0,
    /* No message, or no room, now. Only from the functions that never wait. */
    FOREIGN_CALL_RING_NOT_NOW = 1,
    /* The message is longer than foreign_call_ring_longest. */
    FOREIGN_CALL_RING_TOO_LONG = 2,
    /* The other side closed its end. */
    FOREIGN_CALL_RING_CLOSED = 3,
    /* The other process is gone, and had not closed its end. */
    FOREIGN_CALL_RING_GONE = 4,
    /* The other side wrote what nobody writes who keeps to the layout. */
    FOREIGN_CALL_RING_CORRUPT = 5,
    /* The system refused to wait; errno says why. */
    FOREIGN_CALL_RING_WAITING = 6,
    /* What was to be attached is not a ring of this version. */
    FOREIGN_CALL_RING_NOT_A_RING = 7,
    /* 8 to 11: foreign_call_ring_accept.h. */
    /* All messages of this ring have one length, foreign_call_ring_message_bytes, and this one has
     * another. */
    FOREIGN_CALL_RING_WRONG_LENGTH = 12,
};

/* One ring as one end has it. */
typedef struct foreign_call_ring_meta_end {
    /* Where its header is. */
    void *ring;
    /* Readable when this end is woken. */
    int32_t wait;
    /* Wakes the other end: 8 bytes, the number 1, into an eventfd; one byte into a socket. */
    int32_t wake;
} foreign_call_ring_meta_end;

/* An end of a connection. Lent by Rust. */
typedef struct foreign_call_ring_meta {
    /* The bytes of each of the two rings. */
    uint64_t ring_bytes;
    /* 0: the descriptors are eventfds. 1: they are sockets. */
    uint32_t sockets;
    uint32_t zero;
    /* The ring into which this end sends, and the one from which it receives. */
    foreign_call_ring_meta_end send;
    foreign_call_ring_meta_end receive;
} foreign_call_ring_meta;

/* What a ring begins with; the slots follow. Each line of 128 bytes belongs to one side. All of it
 * is atomic, as the other side may write to any of it at any time. */
typedef struct foreign_call_ring_header {
    /* "fcrings" and a zero. */
    _Atomic(uint64_t) magic;
    /* FOREIGN_CALL_RING_FRAMED, or FOREIGN_CALL_RING_FIXED. */
    _Atomic(uint32_t) version;
    /* A power of two. */
    _Atomic(uint32_t) slots;
    /* From a slot to the next, a multiple of 8. A slot of a framed ring is the length of its
     * message, 8 bytes, and the message; of a fixed ring it is the message. With an arena it may
     * also be FOREIGN_CALL_RING_IN_ARENA and the length, and where in the arena the message lies:
     * how many bytes behind its beginning, a multiple of 8. */
    _Atomic(uint32_t) slot_bytes;
    /* Of a fixed ring: how many bytes each message has, at least one. */
    _Atomic(uint32_t) message_bytes;
    /* Of the arena, which follows the last slot: a multiple of 8. With one, a slot has at least 16
     * bytes. */
    _Atomic(uint64_t) arena_bytes;
    unsigned char rest_of_line_0[96];
    /* How many messages were ever published. Written by the sender only. */
    _Atomic(uint64_t) tail;
    unsigned char rest_of_line_1[120];
    /* How many messages were ever taken. Written by the receiver only. */
    _Atomic(uint64_t) head;
    unsigned char rest_of_line_2[120];
    /* The sender's flags. Each side changes one bit of them at a time. */
    _Atomic(uint32_t) sender;
    unsigned char hole[4];
    /* How many messages the sender had accepted and never published; written before it closes. */
    _Atomic(uint64_t) lost;
    unsigned char rest_of_line_3[112];
    /* The receiver's flags. */
    _Atomic(uint32_t) receiver;
    unsigned char rest_of_line_4[124];
} foreign_call_ring_header;

_Static_assert(sizeof(foreign_call_ring_header) == 640, "size of the header");
_Static_assert(offsetof(foreign_call_ring_header, slots) == 12, "place of slots");
_Static_assert(offsetof(foreign_call_ring_header, message_bytes) == 20, "place of message_bytes");
_Static_assert(offsetof(foreign_call_ring_header, arena_bytes) == 24, "place of arena_bytes");
_Static_assert(offsetof(foreign_call_ring_header, tail) == 128, "place of tail");
_Static_assert(offsetof(foreign_call_ring_header, head) == 256, "place of head");
_Static_assert(offsetof(foreign_call_ring_header, sender) == 384, "place of sender");
_Static_assert(offsetof(foreign_call_ring_header, lost) == 392, "place of lost");
_Static_assert(offsetof(foreign_call_ring_header, receiver) == 512, "place of receiver");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "atomics must not take locks");

enum {
    /* Versions of the layout: each message has a length of its own; all have the same; each has one
     * of its own, and there is an arena. */
    FOREIGN_CALL_RING_FRAMED = 1,
    FOREIGN_CALL_RING_FIXED = 2,
    FOREIGN_CALL_RING_WITH_ARENA = 3,
    /* Flags: the owner sleeps; the owner is closed. */
    FOREIGN_CALL_RING_IS_ASLEEP = 1,
    FOREIGN_CALL_RING_IS_CLOSED = 2,
};

#define FOREIGN_CALL_RING_IN_ARENA (UINT64_C(1) << 63)

/* What both kinds of end have. Private. Nothing that C knows of itself is read from the shared
 * memory. */
typedef struct foreign_call_ring_side {
    foreign_call_ring_header *header;
    _Atomic(uint64_t) *words;
    uint32_t slots;
    uint32_t slot_words;
    /* 0: framed. */
    uint32_t message_bytes;
    /* It follows the slots. */
    uint64_t arena_bytes;
    /* Our index, and the other side's when it was last looked at. */
    uint64_t own;
    uint64_t seen;
    int32_t wait;
    int32_t wake;
    bool sockets;
    bool gone;
    /* How often the other side was woken. */
    uint64_t wake_ups;
} foreign_call_ring_side;

/* Where one message, or a few that were sent one after the other, lie in the arena: in bytes behind
 * its beginning. Free once the message with this number, their last one, is taken. */
typedef struct foreign_call_ring_block {
    uint64_t message;
    uint64_t begin;
    uint64_t end;
} foreign_call_ring_block;

/* So many are told apart. Of more messages the newest ones share the last block. */
enum { FOREIGN_CALL_RING_BLOCKS = 32 };

/* Where messages go in. */
typedef struct foreign_call_ring_sender {
    foreign_call_ring_side side;
    /* Which parts of the arena are under way, from `oldest` on, in the order in which they were
     * sent. Nobody else knows. */
    foreign_call_ring_block blocks[FOREIGN_CALL_RING_BLOCKS];
    uint32_t oldest;
    uint32_t block_count;
} foreign_call_ring_sender;

/* Where messages come out. */
typedef struct foreign_call_ring_receiver {
    foreign_call_ring_side side;
} foreign_call_ring_receiver;

static inline int foreign_call_ring_attach_side(
    foreign_call_ring_side *side, const foreign_call_ring_meta_end *end, uint64_t ring_bytes,
    bool sockets) {
    foreign_call_ring_header *header = end->ring;
    uint64_t magic;
    memcpy(&magic, "fcrings", sizeof magic);
    uint32_t slots = atomic_load_explicit(&header->slots, memory_order_relaxed);
    uint32_t slot_bytes = atomic_load_explicit(&header->slot_bytes, memory_order_relaxed);
    uint32_t version = atomic_load_explicit(&header->version, memory_order_relaxed);
    uint32_t message_bytes = 0;
    uint64_t arena_bytes = 0;
    bool known = version == FOREIGN_CALL_RING_FRAMED || version == FOREIGN_CALL_RING_WITH_ARENA;
    if (version == FOREIGN_CALL_RING_FIXED) {
        message_bytes = atomic_load_explicit(&header->message_bytes, memory_order_relaxed);
        known = message_bytes != 0 && message_bytes <= slot_bytes;
    } else if (version == FOREIGN_CALL_RING_WITH_ARENA) {
        arena_bytes = atomic_load_explicit(&header->arena_bytes, memory_order_relaxed);
    }
    uint32_t least = arena_bytes == 0 ? 8 : 16;
    if (atomic_load_explicit(&header->magic, memory_order_relaxed) != magic || !known ||
        slots == 0 || (slots & (slots - 1)) != 0 || slot_bytes < least || slot_bytes % 8 != 0 ||
        arena_bytes % 8 != 0 || ring_bytes < sizeof *header ||
        (ring_bytes - sizeof *header) / slot_bytes < slots ||
        ring_bytes - sizeof *header - (uint64_t)slots * slot_bytes < arena_bytes) {
        return FOREIGN_CALL_RING_NOT_A_RING;
    }
    *side = (foreign_call_ring_side){
        .header = header,
        .words = (_Atomic(uint64_t) *)(header + 1),
        .slots = slots,
        .slot_words = slot_bytes / 8,
        .message_bytes = message_bytes,
        .arena_bytes = arena_bytes,
        .wait = end->wait,
        .wake = end->wake,
        .sockets = sockets,
    };
    return FOREIGN_CALL_RING_OK;
}

/* Makes C the end that `meta` describes. Once for each. */
static inline int foreign_call_ring_attach(
    const foreign_call_ring_meta *meta, foreign_call_ring_sender *sender,
    foreign_call_ring_receiver *receiver) {
    bool sockets = meta->sockets != 0;
    sender->oldest = sender->block_count = 0;
    int status =
        foreign_call_ring_attach_side(&sender->side, &meta->send, meta->ring_bytes, sockets);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    return foreign_call_ring_attach_side(
        &receiver->side, &meta->receive, meta->ring_bytes, sockets);
}

/* How many bytes each message has, if all have the same; otherwise 0. */
static inline size_t foreign_call_ring_message_bytes(const foreign_call_ring_side *side) {
    return side->message_bytes;
}

/* The most bytes of a message that lies in its slot. A longer one lies in the arena. Private. */
static inline size_t foreign_call_ring_longest_in_slot(const foreign_call_ring_side *side) {
    return side->message_bytes != 0 ? side->message_bytes : ((size_t)side->slot_words - 1) * 8;
}

/* The most bytes that a message may have: as many as a slot has room for, or the whole arena. */
static inline size_t foreign_call_ring_longest(const foreign_call_ring_side *side) {
    size_t in_slot = foreign_call_ring_longest_in_slot(side);
    return side->arena_bytes > in_slot ? (size_t)side->arena_bytes : in_slot;
}

static inline _Atomic(uint64_t) *
foreign_call_ring_slot(const foreign_call_ring_side *side, uint64_t index) {
    return side->words + (size_t)(index & (side->slots - 1)) * side->slot_words;
}

static inline _Atomic(uint64_t) *
foreign_call_ring_arena(const foreign_call_ring_side *side, uint64_t at) {
    return side->words + (size_t)side->slots * side->slot_words + at / 8;
}

/* Wakes the other side, which was asleep. */
static inline void foreign_call_ring_wake(foreign_call_ring_side *side) {
    side->wake_ups++;
#if !defined(_WIN32)
    const uint64_t one = 1;
    ssize_t written;
#if defined(MSG_NOSIGNAL)
    const int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
#else
    const int flags = MSG_DONTWAIT;
#endif
    do {
        written =
            side->sockets ? send(side->wake, &one, 1, flags) : write(side->wake, &one, sizeof one);
    } while (written < 0 && errno == EINTR);
    if (written < 0 && side->sockets && errno != EAGAIN && errno != EWOULDBLOCK) {
        side->gone = true;
    }
#endif
}

/* After something was published: wakes the owner of the flags if it sleeps. The owner says that it
 * sleeps, fences, and looks again; we published, fence, and look. One of us sees the other. */
static inline int foreign_call_ring_attend(foreign_call_ring_side *side, _Atomic(uint32_t) *flags) {
    atomic_thread_fence(memory_order_seq_cst);
    uint32_t seen = atomic_load_explicit(flags, memory_order_relaxed);
    if ((seen & FOREIGN_CALL_RING_IS_ASLEEP) != 0) {
        /* Who takes the flag back wakes: once for each sleep. */
        uint32_t before = atomic_fetch_and_explicit(
            flags, ~(uint32_t)FOREIGN_CALL_RING_IS_ASLEEP, memory_order_acquire);
        if ((before & FOREIGN_CALL_RING_IS_ASLEEP) != 0) {
            foreign_call_ring_wake(side);
        }
    }
    return (seen & FOREIGN_CALL_RING_IS_CLOSED) != 0 ? FOREIGN_CALL_RING_CLOSED
                                                     : FOREIGN_CALL_RING_OK;
}

/* Forgets the blocks of the messages below this number, which were taken. */
static inline void foreign_call_ring_free(foreign_call_ring_sender *sender, uint64_t taken) {
    while (sender->block_count != 0 &&
           (int64_t)(taken - sender->blocks[sender->oldest].message) > 0) {
        sender->oldest = (sender->oldest + 1) % FOREIGN_CALL_RING_BLOCKS;
        sender->block_count--;
    }
}

static inline foreign_call_ring_block *foreign_call_ring_newest(foreign_call_ring_sender *sender) {
    uint32_t newest = sender->oldest + sender->block_count - 1;
    return &sender->blocks[newest % FOREIGN_CALL_RING_BLOCKS];
}

/* Whether the arena has so many bytes in one piece, and where: behind the newest block or, if it is
 * too long for that, at the beginning. */
static inline bool
foreign_call_ring_place(foreign_call_ring_sender *sender, size_t length, uint64_t *at) {
    uint64_t arena_bytes = sender->side.arena_bytes;
    *at = 0;
    if (sender->block_count == 0) {
        return length <= arena_bytes;
    }
    uint64_t begin = sender->blocks[sender->oldest].begin;
    uint64_t end = foreign_call_ring_newest(sender)->end;
    if (begin < end && length > arena_bytes - end) {
        return length <= begin;
    }
    *at = end;
    return length <= (begin < end ? arena_bytes : begin) - end;
}

/* Takes that place for the next message. */
static inline void
foreign_call_ring_take(foreign_call_ring_sender *sender, size_t length, uint64_t at) {
    foreign_call_ring_block block = {
        .message = sender->side.own,
        .begin = at,
        .end = at + (length + 7) / 8 * 8,
    };
    if (sender->block_count == FOREIGN_CALL_RING_BLOCKS) {
        block.begin = foreign_call_ring_newest(sender)->begin;
    } else {
        sender->block_count++;
    }
    *foreign_call_ring_newest(sender) = block;
}

/* Whether there is room for a message of so many bytes: OK, NOT_NOW, or why there never will be. */
static inline int foreign_call_ring_has_room(foreign_call_ring_sender *sender, size_t length) {
    foreign_call_ring_side *side = &sender->side;
    bool is_short = length <= foreign_call_ring_longest_in_slot(side);
    if (is_short && side->own - side->seen < side->slots) {
        return FOREIGN_CALL_RING_OK;
    }
    uint32_t receiver = atomic_load_explicit(&side->header->receiver, memory_order_acquire);
    if ((receiver & FOREIGN_CALL_RING_IS_CLOSED) != 0) {
        return FOREIGN_CALL_RING_CLOSED;
    }
    /* Pairs with the release of the receiver: the slots before are read. */
    uint64_t head = atomic_load_explicit(&side->header->head, memory_order_acquire);
    if (side->own - head > side->slots) {
        return FOREIGN_CALL_RING_CORRUPT;
    }
    side->seen = head;
    foreign_call_ring_free(sender, head);
    uint64_t at;
    if (side->own - head < side->slots &&
        (is_short || foreign_call_ring_place(sender, length, &at))) {
        return FOREIGN_CALL_RING_OK;
    }
    return side->gone ? FOREIGN_CALL_RING_GONE : FOREIGN_CALL_RING_NOT_NOW;
}

/* Copies a message into the ring. Never waits. Not OK: it was not accepted. */
static inline int
foreign_call_ring_try_send(foreign_call_ring_sender *sender, const void *message, size_t length) {
    foreign_call_ring_side *side = &sender->side;
    if (side->message_bytes != 0 && length != side->message_bytes) {
        return FOREIGN_CALL_RING_WRONG_LENGTH;
    }
    if (length > foreign_call_ring_longest(side)) {
        return FOREIGN_CALL_RING_TOO_LONG;
    }
    int status = foreign_call_ring_has_room(sender, length);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    _Atomic(uint64_t) *slot = foreign_call_ring_slot(side, side->own);
    _Atomic(uint64_t) *words = slot;
    uint64_t at;
    if (length > foreign_call_ring_longest_in_slot(side) &&
        foreign_call_ring_place(sender, length, &at)) {
        foreign_call_ring_take(sender, length, at);
        atomic_store_explicit(slot, FOREIGN_CALL_RING_IN_ARENA | length, memory_order_relaxed);
        atomic_store_explicit(slot + 1, at, memory_order_relaxed);
        words = foreign_call_ring_arena(side, at);
    } else if (side->message_bytes == 0) {
        atomic_store_explicit(words++, length, memory_order_relaxed);
    }
    const unsigned char *bytes = message;
    for (size_t done = 0; done < length; done += 8) {
        uint64_t word = 0;
        memcpy(&word, bytes + done, length - done < 8 ? length - done : 8);
        atomic_store_explicit(words++, word, memory_order_relaxed);
    }
    side->own++;
    /* Pairs with the acquire of the receiver: the slot is written. */
    atomic_store_explicit(&side->header->tail, side->own, memory_order_release);
    return foreign_call_ring_attend(side, &side->header->receiver);
}

/* Whether a message is there: OK, NOT_NOW, or why none will come. */
static inline int foreign_call_ring_has_message(foreign_call_ring_receiver *receiver) {
    foreign_call_ring_side *side = &receiver->side;
    if (side->own != side->seen) {
        return FOREIGN_CALL_RING_OK;
    }
    /* In this order: what was sent before the end is there when the end is seen. */
    uint32_t sender = atomic_load_explicit(&side->header->sender, memory_order_acquire);
    /* Pairs with the release of the sender: the slots before are written. */
    uint64_t tail = atomic_load_explicit(&side->header->tail, memory_order_acquire);
    if (tail - side->own > side->slots) {
        return FOREIGN_CALL_RING_CORRUPT;
    }
    side->seen = tail;
    if (tail != side->own) {
        return FOREIGN_CALL_RING_OK;
    }
    if ((sender & FOREIGN_CALL_RING_IS_CLOSED) != 0) {
        return FOREIGN_CALL_RING_CLOSED;
    }
    return side->gone ? FOREIGN_CALL_RING_GONE : FOREIGN_CALL_RING_NOT_NOW;
}

/* Where the next message lies and how long it is, if it can be there. */
static inline _Atomic(uint64_t) *
foreign_call_ring_find(const foreign_call_ring_side *side, size_t *length) {
    _Atomic(uint64_t) *slot = foreign_call_ring_slot(side, side->own);
    if (side->message_bytes != 0) {
        *length = side->message_bytes;
        return slot;
    }
    uint64_t said = atomic_load_explicit(slot, memory_order_relaxed);
    if (said <= foreign_call_ring_longest_in_slot(side)) {
        *length = (size_t)said;
        return slot + 1;
    }
    if ((said & FOREIGN_CALL_RING_IN_ARENA) == 0 || side->arena_bytes == 0) {
        return NULL;
    }
    said &= ~FOREIGN_CALL_RING_IN_ARENA;
    uint64_t at = atomic_load_explicit(slot + 1, memory_order_relaxed);
    if (at % 8 != 0 || at > side->arena_bytes || said > side->arena_bytes - at) {
        return NULL;
    }
    *length = (size_t)said;
    return foreign_call_ring_arena(side, at);
}

/* Copies the next message into `buffer`, which has room for foreign_call_ring_longest, and says how
 * long it is. Never waits. */
static inline int
foreign_call_ring_try_receive(foreign_call_ring_receiver *receiver, void *buffer, size_t *length) {
    foreign_call_ring_side *side = &receiver->side;
    int status = foreign_call_ring_has_message(receiver);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    /* Each word is read once: the other process may write meanwhile what is not its turn. */
    _Atomic(uint64_t) *words = foreign_call_ring_find(side, length);
    if (words == NULL) {
        return FOREIGN_CALL_RING_CORRUPT;
    }
    unsigned char *bytes = buffer;
    for (size_t done = 0; done < *length; done += 8) {
        uint64_t word = atomic_load_explicit(words++, memory_order_relaxed);
        memcpy(bytes + done, &word, *length - done < 8 ? *length - done : 8);
    }
    side->own++;
    /* Pairs with the acquire of the sender: the slot is read. */
    atomic_store_explicit(&side->header->head, side->own, memory_order_release);
    foreign_call_ring_attend(side, &side->header->sender);
    return FOREIGN_CALL_RING_OK;
}

/* Nothing more is sent. May be called again; nothing is sent afterwards. */
static inline void foreign_call_ring_close_sender(foreign_call_ring_sender *sender) {
    foreign_call_ring_header *header = sender->side.header;
    atomic_fetch_or_explicit(&header->sender, FOREIGN_CALL_RING_IS_CLOSED, memory_order_release);
    foreign_call_ring_attend(&sender->side, &header->receiver);
}

/* Nothing more is received. May be called again; nothing is received afterwards. */
static inline void foreign_call_ring_close_receiver(foreign_call_ring_receiver *receiver) {
    foreign_call_ring_header *header = receiver->side.header;
    atomic_fetch_or_explicit(&header->receiver, FOREIGN_CALL_RING_IS_CLOSED, memory_order_release);
    foreign_call_ring_attend(&receiver->side, &header->sender);
}

#if !defined(_WIN32)

/* Before sleeping: says so. After this look again, and sleep only if there is nothing. */
static inline void foreign_call_ring_arm(_Atomic(uint32_t) *flags) {
    atomic_fetch_or_explicit(flags, FOREIGN_CALL_RING_IS_ASLEEP, memory_order_release);
    /* Pairs with the fence in foreign_call_ring_attend. */
    atomic_thread_fence(memory_order_seq_cst);
}

static inline void foreign_call_ring_disarm(_Atomic(uint32_t) *flags) {
    atomic_fetch_and_explicit(flags, ~(uint32_t)FOREIGN_CALL_RING_IS_ASLEEP, memory_order_relaxed);
}

/* Sleeps until `wait` is readable, and takes back what made it so. */
static inline int foreign_call_ring_sleep(foreign_call_ring_side *side) {
    struct pollfd waits = {.fd = side->wait, .events = POLLIN};
    if (poll(&waits, 1, -1) < 0) {
        return errno == EINTR ? FOREIGN_CALL_RING_OK : FOREIGN_CALL_RING_WAITING;
    }
    unsigned char bytes[64];
    if (!side->sockets) {
        /* It does not block, and if there is nothing, nothing is lost. */
        ssize_t taken = read(side->wait, bytes, 8);
        (void)taken;
        return FOREIGN_CALL_RING_OK;
    }
    ssize_t taken = recv(side->wait, bytes, sizeof bytes, MSG_DONTWAIT);
    bool later = taken < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (taken <= 0 && !later) {
        side->gone = true;
    }
    return FOREIGN_CALL_RING_OK;
}

/* foreign_call_ring_try_send, sleeping while there is no room. */
static inline int
foreign_call_ring_send(foreign_call_ring_sender *sender, const void *message, size_t length) {
    for (;;) {
        int status = foreign_call_ring_try_send(sender, message, length);
        if (status != FOREIGN_CALL_RING_NOT_NOW) {
            return status;
        }
        foreign_call_ring_arm(&sender->side.header->sender);
        status = foreign_call_ring_has_room(sender, length);
        if (status == FOREIGN_CALL_RING_NOT_NOW) {
            status = foreign_call_ring_sleep(&sender->side);
        }
        foreign_call_ring_disarm(&sender->side.header->sender);
        if (status != FOREIGN_CALL_RING_OK) {
            return status;
        }
    }
}

/* foreign_call_ring_try_receive, sleeping until there is a message. */
static inline int
foreign_call_ring_receive(foreign_call_ring_receiver *receiver, void *buffer, size_t *length) {
    for (;;) {
        int status = foreign_call_ring_try_receive(receiver, buffer, length);
        if (status != FOREIGN_CALL_RING_NOT_NOW) {
            return status;
        }
        foreign_call_ring_arm(&receiver->side.header->receiver);
        status = foreign_call_ring_has_message(receiver);
        if (status == FOREIGN_CALL_RING_NOT_NOW) {
            status = foreign_call_ring_sleep(&receiver->side);
        }
        foreign_call_ring_disarm(&receiver->side.header->receiver);
        if (status != FOREIGN_CALL_RING_OK) {
            return status;
        }
    }
}

#endif

#endif
