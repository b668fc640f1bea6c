/* Sends items on threads of its own. */
#define _POSIX_C_SOURCE 200809L

#include "interface.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "heap.h"

static atomic_ullong threads, refused;

static void begin(void *(*work)(void *), void *argument) {
    pthread_t thread;
    atomic_fetch_add(&threads, 1);
    if (pthread_create(&thread, NULL, work, argument) != 0) {
        abort();
    }
    pthread_detach(thread);
}

/* The same for all threads of a stream. The last one frees it. */
typedef struct talk {
    Watch_remarks_call call;
    uint64_t each;
    atomic_size_t talking;
} talk;

typedef struct speaker {
    talk *talk;
    size_t length;
    char name[];
} speaker;

/* Sends until it is taken, or nobody receives any more. */
static foreign_call_sent say(Watch_remarks_call call, const RemarkRef *remark) {
    for (;;) {
        foreign_call_sent sent = Watch_remarks_send(call, remark);
        if (sent != FOREIGN_CALL_FULL) {
            return sent;
        }
        foreign_call_wait_for_room(call.call, 60000);
    }
}

static void *speak(void *argument) {
    speaker *it = argument;
    talk *about = it->talk;
    RemarkRef remark = {.name = {it->name, it->length}};
    while (remark.number < about->each) {
        if (say(about->call, &remark) == FOREIGN_CALL_ENDED) {
            atomic_fetch_add(&refused, 1);
            break;
        }
        remark.number++;
    }
    if (atomic_fetch_sub(&about->talking, 1) == 1) {
        Watch_remarks_end(about->call); /* refused if the receiver is gone */
        free(about);
    }
    free(it);
    atomic_fetch_sub(&threads, 1);
    return NULL;
}

void Watch_remarks(const ListRef_String *names, uint64_t each, Watch_remarks_call call) {
    if (names->length == 0) {
        Watch_remarks_end(call);
        return;
    }
    talk *about = malloc(sizeof *about);
    if (about == NULL) {
        abort();
    }
    about->call = call;
    about->each = each;
    atomic_init(&about->talking, names->length);
    for (size_t i = 0; i < names->length; i++) {
        /* The names are lent until this function returns, so each thread gets a copy of its own. */
        StringRef name = names->pointer[i];
        speaker *it = malloc(sizeof *it + name.length);
        if (it == NULL) {
            abort();
        }
        it->talk = about;
        it->length = name.length;
        memcpy(it->name, name.pointer, name.length);
        begin(speak, it);
    }
}

typedef struct counter {
    Watch_numbers_call call;
    uint64_t next;
} counter;

static void *count_on(void *argument) {
    counter *it = argument;
    while (foreign_call_wait_for_room(it->call.call, 60000) != FOREIGN_CALL_NEVER) {
        if (Watch_numbers_send(it->call, it->next) == FOREIGN_CALL_SENT) {
            it->next++;
        }
    }
    free(it);
    atomic_fetch_sub(&threads, 1);
    return NULL;
}

void Watch_numbers(uint64_t from, Watch_numbers_call call) {
    counter *it = malloc(sizeof *it);
    if (it == NULL) {
        abort();
    }
    *it = (counter){call, from};
    begin(count_on, it);
}

void Watch_fails_after(uint64_t items, Watch_fails_after_call call) {
    for (uint64_t i = 0; i < items; i++) {
        Watch_fails_after_send(call);
    }
    foreign_call_fail(call.call, -5, "that was all");
}

void Watch_counts(Watch_counts_call call) {
    TupleRef_2_u64_u64 counts = {atomic_load(&threads), atomic_load(&refused)};
    Watch_counts_answer(call, &counts);
}
