/* Calls from threads of its own, and waits until each call has its one answer. */
#define _POSIX_C_SOURCE 200809L

#include "offered.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* One run of Caller_run. */
typedef struct tally {
    uint64_t calls;
    atomic_ullong answered, unavailable, other;
} tally;

static void add(tally *to, uint32_t status, const foreign_call_failure *failure) {
    if (status == FOREIGN_CALL_ANSWERED) {
        atomic_fetch_add(&to->answered, 1);
    } else if (status == FOREIGN_CALL_FAILED && failure->code == FOREIGN_CALL_UNAVAILABLE) {
        atomic_fetch_add(&to->unavailable, 1);
    } else {
        atomic_fetch_add(&to->other, 1);
    }
}

static void
got(void *to, uint32_t status, const OptionRef_String *answer,
    const foreign_call_failure *failure) {
    (void)answer;
    add(to, status, failure);
}

static void
put(void *to, uint32_t status, const ResultRef_unit_Refusal *answer,
    const foreign_call_failure *failure) {
    (void)answer;
    add(to, status, failure);
}

static void
fetched(void *to, uint32_t status, const PageRef *answer, const foreign_call_failure *failure) {
    (void)answer;
    add(to, status, failure);
}

static void *work(void *argument) {
    tally *to = argument;
    StringRef key = foreign_call_text("key");
    StringRef tag = foreign_call_text("tag");
    ListRef_String tags = {&tag, 1};
    PageRef page = {.url = key, .tags = tags, .state.tag = State_Fresh};
    for (uint64_t i = 0; i < to->calls; i++) {
        Store_get(&key, got, to);
        Store_put(&key, &page, put, to);
        Store_fetch(&key, &tags, &page, fetched, to);
        Store_touched(&key);
    }
    return NULL;
}

enum { MOST_THREADS = 16, ANSWERS_A_ROUND = 3 };

void Caller_run(uint32_t threads, uint64_t calls, Caller_run_call call) {
    tally to = {.calls = calls};
    pthread_t started[MOST_THREADS];
    if (threads > MOST_THREADS) {
        abort();
    }
    for (uint32_t i = 0; i < threads; i++) {
        if (pthread_create(&started[i], NULL, work, &to) != 0) {
            abort();
        }
    }
    for (uint32_t i = 0; i < threads; i++) {
        pthread_join(started[i], NULL);
    }
    /* The tasks may still run. `to` is on this stack, so they must have ended. */
    uint64_t expected = threads * calls * ANSWERS_A_ROUND;
    while (atomic_load(&to.answered) + atomic_load(&to.unavailable) + atomic_load(&to.other) <
           expected) {
        sched_yield();
    }
    TupleRef_3_u64_u64_u64 counts = {
        atomic_load(&to.answered), atomic_load(&to.unavailable), atomic_load(&to.other)};
    Caller_run_answer(call, &counts);
}
