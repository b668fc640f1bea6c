/* The C end of a trait whose functions run in this process, and whose callers in another one: in
 * Rust `#[r2g(process)]`. Linux only.
 *
 * Calls and answers are messages of a ring. A message is one block of bytes: values are their
 * views, in which a pointer is a place in the block. Here it is copied out of the ring and checked,
 * and in the copy the places become addresses. So the caller is not trusted: what a function is
 * called with is what its types say, but that a text may be no UTF-8. An argument that is not so is
 * refused and counted.
 *
 * The functions that C implements do not look different, but that they all run on one thread, one
 * after the other: what takes long goes to another thread. They may answer on any. What they are
 * lent is theirs until they have answered, also when the caller has gone; so each call must end. */
#ifndef FOREIGN_CALL_PROCESS_H
#define FOREIGN_CALL_PROCESS_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* What serving ends with, besides FOREIGN_CALL_RING_*. */
enum {
    /* The caller was made for another version of the trait. */
    FOREIGN_CALL_OTHER_INTERFACE = 32,
    /* Another thread serves this trait already. */
    FOREIGN_CALL_BUSY = 33,
    FOREIGN_CALL_NO_MEMORY = 34,
};

/* Codes of failures that the caller gets from here. */
enum {
    FOREIGN_CALL_INVALID = INT32_MIN + 2,
    FOREIGN_CALL_ANSWER_TOO_LONG = INT32_MIN + 4,
    FOREIGN_CALL_TOO_MANY = INT32_MIN + 5,
};

/* So many calls may be unanswered. */
enum { FOREIGN_CALL_MOST_CALLS = 1 << 16 };

/* A call that is not answered yet, or room for one. */
typedef struct foreign_call_place {
    uint64_t session;
    uint64_t ticket;     /* the caller's name for it */
    void *message;       /* which the function was lent */
    uint32_t generation; /* odd: a call */
    uint32_t next_free;
} foreign_call_place;

/* The end of one trait. Its places outlive a session, as answers may. */
typedef struct foreign_call_process {
    _Atomic(uint64_t) refused;
    /* Held for all that follows, as any thread may answer. */
    pthread_mutex_t lock;
    bool serves;
    uint64_t session;
    foreign_call_ring_sender *sender; /* null: nobody gets an answer */
    foreign_call_packer packer;
    foreign_call_place *places;
    uint32_t place_count;
    uint32_t first_free; /* `place_count`: none */
} foreign_call_process;

#define FOREIGN_CALL_PROCESS {.lock = PTHREAD_MUTEX_INITIALIZER}

static inline void
foreign_call_start_message(foreign_call_packer *packer, uint64_t ticket, uint64_t status) {
    const uint64_t head[2] = {ticket, status};
    packer->length = 0;
    foreign_call_put(packer, foreign_call_reserve(packer, sizeof head), head, sizeof head);
}

/* A failure always fits: its words may become fewer. */
static inline void foreign_call_pack_failure(
    foreign_call_packer *packer, uint64_t ticket, foreign_call_failure failure) {
    foreign_call_start_message(packer, ticket, FOREIGN_CALL_FAILED);
    size_t room = packer->longest - packer->length - sizeof failure;
    if (failure.message.length > room) {
        while (room > 0 && ((unsigned char)failure.message.pointer[room] & 0xc0) == 0x80) {
            room--; /* within a character */
        }
        failure.message.length = room;
    }
    size_t place = foreign_call_reserve(packer, sizeof failure);
    foreign_call_pack(&foreign_call_form_failure, (const unsigned char *)&failure, place, packer);
}

/* Sends the end of a call; 0 if it is what it should be. The lock is held. */
static inline uint32_t foreign_call_process_send(
    foreign_call_process *process, uint64_t ticket, uint32_t status, const foreign_call_form *form,
    const void *view) {
    foreign_call_packer *packer = &process->packer;
    char words[128];
    uint32_t refused = 0;
    if (status == FOREIGN_CALL_FAILED) {
        foreign_call_pack_failure(packer, ticket, *(const foreign_call_failure *)view);
    } else {
        foreign_call_start_message(packer, ticket, status);
        if (status == FOREIGN_CALL_ANSWERED) {
            foreign_call_pack(form, view, foreign_call_reserve(packer, form->size), packer);
        }
        if (packer->length > packer->longest) {
            refused = 1;
            snprintf(
                words, sizeof words,
                "the answer is a message of %zu bytes, where the ring has room for %zu",
                packer->length, packer->longest);
            foreign_call_failure failure = {FOREIGN_CALL_ANSWER_TOO_LONG, foreign_call_text(words)};
            foreign_call_pack_failure(packer, ticket, failure);
        }
    }
    int sent = foreign_call_ring_send(process->sender, packer->bytes, packer->length);
    return sent == FOREIGN_CALL_RING_OK ? refused : 1;
}

/* The call of a handle, if it is one that is not answered. The lock is held. */
static inline foreign_call_place *
foreign_call_process_find(foreign_call_process *process, uintptr_t handle) {
    uint32_t index = (uint32_t)handle, generation = (uint32_t)(handle >> 32);
    if (index >= process->place_count || generation % 2 == 0 ||
        process->places[index].generation != generation) {
        return NULL;
    }
    return &process->places[index];
}

/* Ends a call. Returns 0 if the caller will get what it is given. */
static inline uint32_t foreign_call_process_reply(
    foreign_call_process *process, uintptr_t handle, uint32_t status, const foreign_call_form *form,
    const void *view) {
    uint32_t refused = 1;
    void *message = NULL;
    pthread_mutex_lock(&process->lock);
    foreign_call_place *place = foreign_call_process_find(process, handle);
    if (place != NULL) {
        if (process->sender != NULL && place->session == process->session) {
            refused = foreign_call_process_send(process, place->ticket, status, form, view);
        }
        /* The answer may have pointed into it. */
        message = place->message;
        place->generation++;
        place->next_free = process->first_free;
        process->first_free = (uint32_t)handle;
    }
    pthread_mutex_unlock(&process->lock);
    free(message);
    return refused;
}

static inline uint32_t foreign_call_process_state(foreign_call_process *process, uintptr_t handle) {
    pthread_mutex_lock(&process->lock);
    foreign_call_place *place = foreign_call_process_find(process, handle);
    bool wanted = place != NULL && process->sender != NULL && place->session == process->session;
    pthread_mutex_unlock(&process->lock);
    return wanted ? 0 : 1;
}

/* Room for more calls, if there was none. The lock is held. */
static inline bool foreign_call_process_grow(foreign_call_process *process) {
    uint32_t before = process->place_count, after = before == 0 ? 64 : 2 * before;
    if (process->first_free < before) {
        return true;
    }
    if (after > FOREIGN_CALL_MOST_CALLS) {
        return false;
    }
    foreign_call_place *places = realloc(process->places, after * sizeof *places);
    if (places == NULL) {
        return false;
    }
    for (uint32_t i = before; i < after; i++) {
        places[i] = (foreign_call_place){.next_free = i + 1};
    }
    process->places = places;
    process->place_count = after;
    return true;
}

/* A call: it gets a handle, and a copy of its message, both until it is answered. If there is no
 * room for it, the caller is told, and it is false. */
static inline bool foreign_call_process_open(
    foreign_call_process *process, const foreign_call_block *message, uintptr_t *handle,
    foreign_call_block *block) {
    uint64_t ticket;
    memcpy(&ticket, message->bytes + 8, sizeof ticket);
    *block = *message;
    block->bytes = malloc(message->length);
    pthread_mutex_lock(&process->lock);
    bool is_room = block->bytes != NULL && foreign_call_process_grow(process);
    if (is_room) {
        memcpy(block->bytes, message->bytes, message->length);
        uint32_t index = process->first_free;
        foreign_call_place *place = &process->places[index];
        process->first_free = place->next_free;
        uint32_t generation = place->generation + 1;
        *place = (foreign_call_place){process->session, ticket, block->bytes, generation, 0};
        *handle = (uintptr_t)generation << 32 | index;
    } else {
        foreign_call_failure failure = {
            FOREIGN_CALL_TOO_MANY, foreign_call_text("no room for one more call")};
        foreign_call_process_send(process, ticket, FOREIGN_CALL_FAILED, NULL, &failure);
    }
    pthread_mutex_unlock(&process->lock);
    if (!is_room) {
        free(block->bytes);
    }
    return is_room;
}

/* Bytes over the socket, before the first message. */
static inline bool foreign_call_process_say(int socket, uint64_t number) {
    ssize_t sent;
    do {
        sent = send(socket, &number, sizeof number, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == sizeof number;
}

static inline bool foreign_call_process_hear(int socket, uint64_t *number) {
    unsigned char *to = (unsigned char *)number;
    for (size_t done = 0; done < sizeof *number;) {
        ssize_t heard = recv(socket, to + done, sizeof *number - done, 0);
        if (heard > 0) {
            done += (size_t)heard;
        } else if (heard == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

/* Runs what the messages of one session are for, each by `run`, until none come any more. */
static inline int foreign_call_process_session(
    foreign_call_process *process, foreign_call_ring_connection *connection,
    bool (*run)(foreign_call_process *process, uint64_t function, foreign_call_block *message)) {
    size_t longest = foreign_call_ring_longest(&connection->sender.side);
    unsigned char *in = malloc(foreign_call_ring_longest(&connection->receiver.side) + 1);
    unsigned char *out = malloc(longest + 1);
    int status = FOREIGN_CALL_NO_MEMORY;
    if (longest < 128) {
        status = FOREIGN_CALL_RING_NOT_A_RING; /* no failure has room */
    } else if (in != NULL && out != NULL) {
        pthread_mutex_lock(&process->lock);
        process->session++;
        process->packer = (foreign_call_packer){out, 0, longest};
        process->sender = &connection->sender;
        pthread_mutex_unlock(&process->lock);
        size_t length;
        while ((status = foreign_call_ring_receive(&connection->receiver, in, &length)) ==
               FOREIGN_CALL_RING_OK) {
            foreign_call_block message = {in, length, 16, length < 16};
            uint64_t function = UINT64_MAX;
            if (!message.broken) {
                memcpy(&function, in, sizeof function);
            }
            if (message.broken || !run(process, function, &message)) {
                atomic_fetch_add_explicit(&process->refused, 1, memory_order_relaxed);
            }
        }
        pthread_mutex_lock(&process->lock);
        process->sender = NULL;
        pthread_mutex_unlock(&process->lock);
    }
    free(in);
    free(out);
    return status;
}

static inline int foreign_call_process_serve(
    foreign_call_process *process, int socket, size_t most_bytes, uint64_t interface,
    bool (*run)(foreign_call_process *process, uint64_t function, foreign_call_block *message)) {
    pthread_mutex_lock(&process->lock);
    bool busy = process->serves;
    process->serves = true;
    pthread_mutex_unlock(&process->lock);
    if (busy) {
        return FOREIGN_CALL_BUSY;
    }
    foreign_call_ring_connection connection;
    int status = foreign_call_ring_accept(socket, most_bytes, most_bytes, &connection);
    if (status == FOREIGN_CALL_RING_OK) {
        uint64_t theirs;
        if (!foreign_call_process_say(socket, interface) ||
            !foreign_call_process_hear(socket, &theirs)) {
            status = FOREIGN_CALL_RING_GONE;
        } else if (theirs != interface) {
            status = FOREIGN_CALL_OTHER_INTERFACE;
        } else {
            status = foreign_call_process_session(process, &connection, run);
        }
        foreign_call_ring_release(&connection);
    }
    /* A caller that waits to be accepted gets to know. */
    shutdown(socket, SHUT_RDWR);
    pthread_mutex_lock(&process->lock);
    process->serves = false;
    pthread_mutex_unlock(&process->lock);
    return status;
}

#endif
