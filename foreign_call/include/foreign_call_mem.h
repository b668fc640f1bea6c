/* The C end of the ring of a trait with functions that are marked #[mem]: their calls and answers
 * are messages. Rust opens it at the first of these calls.
 *
 * The functions that C implements do not look different, but that they all run on one thread, one
 * after the other: what takes long goes to another thread. They may answer on any.
 *
 * An answer or item whose view has more than 8 bytes goes by reference. So it stays until Rust has
 * read it, and then the function that was given with it is called, on any of C's threads that
 * answer. The last ones stay until another one comes.
 *
 * What a stream's function waits for, other calls wait for, too: so it leaves the sending to
 * another thread, if there may be no room. */
#ifndef FOREIGN_CALL_MEM_H
#define FOREIGN_CALL_MEM_H

#include <pthread.h>
#include <stdlib.h>

/* What Rust lends, for as long as the process lives. */
typedef struct foreign_call_mem_end {
    foreign_call_ring_meta ring;
    /* So many messages from C were dealt with: what they led to is C's again. */
    const _Atomic(uint64_t) *taken;
    /* For what is asked about a call. Answers go over the ring. */
    const foreign_call_functions *rust;
} foreign_call_mem_end;

/* What is called, with what, when Rust needs an answer no longer. Null: nothing. */
typedef struct foreign_call_kept {
    void (*taken)(void *user_data);
    void *user_data;
} foreign_call_kept;

/* The ring of one trait. */
typedef struct foreign_call_link {
    /* Rust's, as in foreign_call_mem_end. Constant from the first message on. */
    const _Atomic(uint64_t) *taken;
    const foreign_call_functions *rust;
    /* The serving thread's alone. */
    foreign_call_ring_receiver receiver;
    void (*run)(const uint64_t *message);
    uint64_t *message;
    /* Held for all that follows, as any thread may answer. */
    pthread_mutex_t lock;
    foreign_call_ring_sender sender;
    /* Of each message that Rust may not have dealt with; a ring of its own. */
    foreign_call_kept *kept;
    uint64_t places; /* a power of two */
    uint64_t sent;
    uint64_t given_back;
} foreign_call_link;

#define FOREIGN_CALL_LINK {.lock = PTHREAD_MUTEX_INITIALIZER}

/* Takes out what Rust needs no longer, up to `most` of it; how much. The lock is held. */
static inline size_t
foreign_call_mem_collect(foreign_call_link *link, foreign_call_kept *done, size_t most) {
    /* Pairs with Rust's release: it has read what it says. */
    uint64_t taken = atomic_load_explicit(link->taken, memory_order_acquire);
    size_t count = 0;
    while (link->given_back != taken && count < most) {
        done[count++] = link->kept[link->given_back++ & (link->places - 1)];
    }
    return count;
}

/* Whether to try again, after a moment: the system refused to wait for Rust (it has no memory,
 * say), which is no reason to leave Rust waiting. */
static inline bool foreign_call_mem_again(int status) {
    if (status != FOREIGN_CALL_RING_WAITING) {
        return false;
    }
    poll(NULL, 0, 1);
    return true;
}

/* Sends a message: true if Rust will read it. */
static inline bool
foreign_call_mem_send(foreign_call_link *link, const uint64_t message[3], foreign_call_kept kept) {
    /* More than one, so that those that wait become fewer with each message. */
    foreign_call_kept done[4];
    pthread_mutex_lock(&link->lock);
    int status;
    do {
        status = foreign_call_ring_send(&link->sender, message, 24);
    } while (foreign_call_mem_again(status));
    bool sent = status == FOREIGN_CALL_RING_OK;
    if (sent) {
        /* There is a place: a full ring, and the message that Rust reads, are at most as many. */
        link->kept[link->sent++ & (link->places - 1)] = kept;
    }
    size_t count = foreign_call_mem_collect(link, done, sizeof done / sizeof *done - !sent);
    pthread_mutex_unlock(&link->lock);
    if (!sent) {
        done[count++] = kept;
    }
    /* These are the user's functions, so without the lock. */
    for (size_t i = 0; i < count; i++) {
        if (done[i].taken != NULL) {
            done[i].taken(done[i].user_data);
        }
    }
    return sent;
}

/* Ends a call: with a view of `size` bytes, with a failure, which is copied, or without an answer.
 * Returns 0 if Rust will get to know; it does not say whether anybody still waits. */
static inline uint32_t foreign_call_mem_reply(
    foreign_call_link *link, uint32_t function, size_t size, uintptr_t handle, uint32_t status,
    const void *view, foreign_call_kept kept) {
    if (status == FOREIGN_CALL_FAILED) {
        const foreign_call_failure *failure = view;
        StringRef text = failure->message;
        foreign_call_failure *copy = malloc(sizeof *copy + text.length);
        status = copy == NULL ? FOREIGN_CALL_GIVEN_UP : status;
        if (copy != NULL) {
            char *to = (char *)(copy + 1);
            for (size_t i = 0; i < text.length; i++) {
                to[i] = text.pointer[i];
            }
            *copy = (foreign_call_failure){failure->code, {to, text.length}};
            view = copy;
            kept = (foreign_call_kept){free, copy};
        }
    }
    uint64_t message[3] = {handle, function | (uint64_t)status << 32, (uintptr_t)view};
    bool has_value = status == FOREIGN_CALL_ANSWERED || status == FOREIGN_CALL_ITEM;
    if (has_value && size <= sizeof message[2]) {
        message[2] = 0;
        memcpy(&message[2], view, size);
    }
    return foreign_call_mem_send(link, message, kept) ? 0 : 1;
}

/* How many items a stream may still send. The high bits are the stream's, as in its handle. */
#define FOREIGN_CALL_MEM_STREAM 20
#define FOREIGN_CALL_MEM_PLACES (((uint64_t)1 << 19) - 1)

/* Takes a place in a stream's room. It orders nothing: the item goes by the ring. */
static inline foreign_call_sent
foreign_call_mem_take_place(_Atomic(uint64_t) *room, uintptr_t handle) {
    uint64_t seen = atomic_load_explicit(room, memory_order_relaxed);
    do {
        if (seen >> FOREIGN_CALL_MEM_STREAM != handle >> FOREIGN_CALL_MEM_STREAM) {
            return FOREIGN_CALL_ENDED;
        }
        if ((seen & FOREIGN_CALL_MEM_PLACES) == 0) {
            return FOREIGN_CALL_FULL;
        }
    } while (!atomic_compare_exchange_weak_explicit(
        room, &seen, seen - 1, memory_order_relaxed, memory_order_relaxed));
    return FOREIGN_CALL_SENT;
}

/* Sends an item with a view of `size` bytes. It is kept until Rust has read it, and nothing becomes
 * of it where there is no room. */
static inline foreign_call_sent foreign_call_mem_item(
    foreign_call_link *link, uint32_t function, size_t size, uintptr_t handle,
    _Atomic(uint64_t) *room, const void *view, foreign_call_kept kept) {
    foreign_call_sent sent = foreign_call_mem_take_place(room, handle);
    if (sent == FOREIGN_CALL_SENT) {
        uint32_t status = FOREIGN_CALL_ITEM;
        bool reads = foreign_call_mem_reply(link, function, size, handle, status, view, kept) == 0;
        return reads ? FOREIGN_CALL_SENT : FOREIGN_CALL_ENDED;
    }
    if (sent == FOREIGN_CALL_ENDED) {
        link->rust->answer(handle, FOREIGN_CALL_ITEM, NULL); /* which counts it */
        if (kept.taken != NULL) {
            kept.taken(kept.user_data);
        }
    }
    return sent;
}

/* The serving thread. */
static inline void *foreign_call_mem_serve(void *argument) {
    foreign_call_link *link = argument;
    size_t length;
    int status;
    do {
        status = foreign_call_ring_receive(&link->receiver, link->message, &length);
        if (status == FOREIGN_CALL_RING_OK) {
            link->run(link->message);
        }
    } while (status == FOREIGN_CALL_RING_OK || foreign_call_mem_again(status));
    return NULL;
}

/* Attaches, and starts the thread. 0 if it will serve. The lock is held, and the link is unused. */
static inline int32_t foreign_call_mem_attach(
    foreign_call_link *link, const foreign_call_mem_end *end,
    void (*run)(const uint64_t *message)) {
    int status = foreign_call_ring_attach(&end->ring, &link->sender, &link->receiver);
    if (status != FOREIGN_CALL_RING_OK) {
        return status;
    }
    link->taken = end->taken;
    link->rust = end->rust;
    link->places = 2 * (uint64_t)link->sender.side.slots;
    link->kept = malloc(link->places * sizeof *link->kept);
    link->message = malloc(foreign_call_ring_longest(&link->receiver.side));
    link->run = run;
    pthread_t thread;
    if (link->kept == NULL || link->message == NULL ||
        pthread_create(&thread, NULL, foreign_call_mem_serve, link) != 0) {
        free(link->kept);
        free(link->message);
        link->run = NULL;
        return -1;
    }
    pthread_detach(thread);
    return 0;
}

/* Begins to serve: 0. Not if it serves already, as for a second trait of that name. */
static inline int32_t foreign_call_mem_start(
    foreign_call_link *link, const foreign_call_mem_end *end,
    void (*run)(const uint64_t *message)) {
    pthread_mutex_lock(&link->lock);
    int32_t status = link->run == NULL ? foreign_call_mem_attach(link, end, run) : -1;
    pthread_mutex_unlock(&link->lock);
    return status;
}

#endif
