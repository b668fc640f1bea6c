/* Answers what comes over the ring: where it is received, or on threads of its own, in no order;
 * and as no honest peer would. */
#define _POSIX_C_SOURCE 200809L

#include "over_ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "heap.h"

/* The receiving thread notes, any may ask. */
static atomic_ullong notes, bytes;
static uint64_t next_note;

void OverRing_note(const StringRef *text, uint64_t number) {
    if (number == next_note) {
        atomic_fetch_add(&notes, 1);
    }
    next_note = number + 1;
    atomic_fetch_add(&bytes, text->length);
}

void OverRing_noted(OverRing_noted_call call) {
    TupleRef_2_u64_u64 answer = {atomic_load(&notes), atomic_load(&bytes)};
    OverRing_noted_answer(call, &answer);
}

static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool may_go_on;
} gate = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};

void OverRing_stall(void) {
    pthread_mutex_lock(&gate.lock);
    while (!gate.may_go_on) {
        pthread_cond_wait(&gate.changed, &gate.lock);
    }
    gate.may_go_on = false;
    pthread_mutex_unlock(&gate.lock);
}

void OverRing_go_on(void) {
    pthread_mutex_lock(&gate.lock);
    gate.may_go_on = true;
    pthread_mutex_unlock(&gate.lock);
    pthread_cond_signal(&gate.changed);
}

enum { ROOM = 1 << 15 };

static struct {
    const ListRef_u64 *numbers;
    OverRing_sum_call call;
} waiting[ROOM];
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;
static atomic_ullong answered, lent;

void OverRing_sum(const ListRef_u64 *numbers, OverRing_sum_call call) {
    pthread_mutex_lock(&lock);
    if (count < ROOM) {
        waiting[count].numbers = numbers;
        waiting[count].call = call;
        count++;
        pthread_mutex_unlock(&lock);
        pthread_cond_signal(&added);
    } else {
        pthread_mutex_unlock(&lock);
        foreign_call_fail(call.call, 1, "too many");
    }
}

static void *work(void *argument) {
    unsigned seed = *(unsigned *)argument;
    free(argument);
    for (;;) {
        pthread_mutex_lock(&lock);
        while (count == 0) {
            pthread_cond_wait(&added, &lock);
        }
        seed = seed * 1103515245u + 12345u;
        size_t chosen = (seed >> 8) % count;
        const ListRef_u64 *numbers = waiting[chosen].numbers;
        OverRing_sum_call call = waiting[chosen].call;
        waiting[chosen] = waiting[--count];
        pthread_mutex_unlock(&lock);
        /* Lent until the answer, also if the future is long gone. */
        uint64_t sum = 0;
        for (size_t i = 0; i < numbers->length; i++) {
            sum += numbers->pointer[i];
        }
        /* Counted first: when Rust has the answer, it may ask for the count. */
        atomic_fetch_add(&answered, 1);
        OverRing_sum_answer(call, sum);
    }
    return NULL;
}

static void start_thread(void *(*run)(void *), void *argument) {
    pthread_t thread;
    if (argument == NULL || pthread_create(&thread, NULL, run, argument) != 0) {
        abort();
    }
    pthread_detach(thread);
}

void OverRing_start(uint32_t threads) {
    for (uint32_t i = 0; i < threads; i++) {
        unsigned *seed = malloc(sizeof *seed);
        if (seed != NULL) {
            *seed = i + 1;
        }
        start_thread(work, seed);
    }
}

void OverRing_counts(OverRing_counts_call call) {
    TupleRef_2_u64_u64 counts = {atomic_load(&answered), atomic_load(&lent)};
    OverRing_counts_answer(call, &counts);
}

/* A list that is Rust's until it is given back. */
typedef struct copies {
    ListRef_Note list;
    NoteRef notes[];
} copies;

static void give_back(void *user_data) {
    copies *it = user_data;
    /* Whoever reads it now reads nonsense. */
    memset(it->notes, 0xee, it->list.length * sizeof *it->notes);
    free(it);
    atomic_fetch_sub(&lent, 1);
}

void OverRing_copies(const NoteRef *note, uint32_t times, OverRing_copies_call call) {
    copies *it = malloc(sizeof *it + times * sizeof *it->notes);
    if (it == NULL) {
        foreign_call_fail(call.call, 2, "no memory");
        return;
    }
    it->list = (ListRef_Note){it->notes, times};
    for (uint32_t i = 0; i < times; i++) {
        /* The text is Rust's own, which it keeps until it has the answer. */
        it->notes[i] = (NoteRef){note->text, i};
    }
    atomic_fetch_add(&lent, 1);
    OverRing_copies_answer(call, &it->list, give_back, it);
}

void OverRing_length(const StringRef *text, uint64_t more, OverRing_length_call call) {
    OverRing_length_answer(call, text->length + more);
}

void OverRing_scalars(
    uint8_t a, int64_t b, float c, double d, bool e, uint32_t f, OverRing_scalars_call call) {
    TupleRef_6_u8_i64_f32_f64_bool_char *answer = malloc(sizeof *answer);
    if (answer == NULL) {
        foreign_call_give_up(call.call);
        return;
    }
    *answer = (TupleRef_6_u8_i64_f32_f64_bool_char){a, b, c, d, e, f};
    OverRing_scalars_answer(call, answer, free, answer);
}

void OverRing_half(uint32_t number, OverRing_half_call call) {
    if (number % 2 == 0) {
        OverRing_half_answer(call, number / 2);
    } else {
        foreign_call_fail(call.call, 3, "odd");
    }
}

typedef struct quest {
    const ListRef_u64 *numbers;
    uint64_t wanted;
    OverRing_search_call call;
} quest;

static void *look(void *argument) {
    quest *it = argument;
    do {
        for (size_t i = 0; i < it->numbers->length; i++) {
            if (it->numbers->pointer[i] == it->wanted) {
                OverRing_search_answer(it->call, i);
                free(it);
                return NULL;
            }
        }
    } while (foreign_call_wanted(it->call.call));
    /* The numbers were lent until now. */
    foreign_call_give_up(it->call.call);
    free(it);
    return NULL;
}

void OverRing_search(const ListRef_u64 *numbers, uint64_t wanted, OverRing_search_call call) {
    quest *it = malloc(sizeof *it);
    if (it != NULL) {
        *it = (quest){numbers, wanted, call};
    }
    start_thread(look, it);
}

void OverRing_search_in_time(
    const ListRef_u64 *numbers, uint64_t wanted, OverRing_search_in_time_call call) {
    /* It has the type of its answer, and ends it as this one. */
    OverRing_search(numbers, wanted, (OverRing_search_call){call.call});
}

void OverRing_fails(int32_t code, OverRing_fails_call call) {
    /* Copied, so it may be gone by the time that Rust reads it. */
    char message[] = "no énergy";
    foreign_call_fail(call.call, code, message);
    memset(message, '?', sizeof message);
}

void OverRing_gives_up(OverRing_gives_up_call call) {
    foreign_call_give_up(call.call);
}

void OverRing_answers_twice(OverRing_answers_twice_call call) {
    OverRing_answers_twice_answer(call, 1);
    OverRing_answers_twice_answer(call, 2);
}

void OverRing_forges(OverRing_forges_call call) {
    foreign_call forged = call.call;
    for (unsigned bit = 0; bit < 64; bit++) {
        forged.handle = call.call.handle ^ (uintptr_t)1 << bit;
        OverRing_forges_answer((OverRing_forges_call){forged}, 9);
    }
    /* The right one, but for a function whose answers have another type; and for none. */
    const uint32_t nine = 9;
    foreign_call_reply_OverRing_half(call.call.handle, FOREIGN_CALL_ANSWERED, &nine);
    for (uint64_t function = 1000; function < 1003; function++) {
        const uint64_t message[3] = {call.call.handle, function, nine};
        foreign_call_mem_send(
            &foreign_call_link_OverRing, message, (foreign_call_kept){NULL, NULL});
    }
    OverRing_forges_answer(call, 0);
}

void OverRing_invalid(OverRing_invalid_call call) {
    static const NoteRef note = {{"ab\xff", 3}, 1};
    OverRing_invalid_answer(call, &note, NULL, NULL);
}
