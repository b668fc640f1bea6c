/* Answers on threads of its own, in no order, whether anybody waits or not. */
#define _POSIX_C_SOURCE 200809L

#include "interface.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "heap.h"

enum { ROOM = 1 << 15 };

static struct {
    const ListRef_u64 *numbers;
    Later_sum_call call;
} waiting[ROOM];
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;
static atomic_ullong taken, refused;

void Later_sum(const ListRef_u64 *numbers, Later_sum_call call) {
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
        Later_sum_call call = waiting[chosen].call;
        waiting[chosen] = waiting[--count];
        pthread_mutex_unlock(&lock);
        if (seed >> 28 == 0) {
            /* Some come late, after others that were chosen later. */
            nanosleep(&(struct timespec){.tv_nsec = (seed >> 8) % 200000}, NULL);
        }
        /* Lent until the answer, also if the future is long gone. */
        uint64_t sum = 0;
        for (size_t i = 0; i < numbers->length; i++) {
            sum += numbers->pointer[i];
        }
        atomic_fetch_add(Later_sum_answer(call, sum) ? &taken : &refused, 1);
    }
    return NULL;
}

void Later_start(uint32_t threads) {
    for (uint32_t i = 0; i < threads; i++) {
        unsigned *seed = malloc(sizeof *seed);
        pthread_t thread;
        if (seed == NULL) {
            abort();
        }
        *seed = i + 1;
        if (pthread_create(&thread, NULL, work, seed) != 0) {
            abort();
        }
        pthread_detach(thread);
    }
}

void Later_counts(Later_counts_call call) {
    TupleRef_2_u64_u64 counts = {atomic_load(&taken), atomic_load(&refused)};
    Later_counts_answer(call, &counts);
}

typedef struct quest {
    const ListRef_u64 *numbers;
    uint64_t wanted;
    Later_search_call call;
} quest;

static void *look(void *argument) {
    quest *it = argument;
    do {
        for (size_t i = 0; i < it->numbers->length; i++) {
            if (it->numbers->pointer[i] == it->wanted) {
                Later_search_answer(it->call, i);
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

static void start_search(const ListRef_u64 *numbers, uint64_t wanted, Later_search_call call) {
    quest *it = malloc(sizeof *it);
    pthread_t thread;
    if (it == NULL) {
        abort();
    }
    *it = (quest){numbers, wanted, call};
    if (pthread_create(&thread, NULL, look, it) != 0) {
        abort();
    }
    pthread_detach(thread);
}

void Later_search(const ListRef_u64 *numbers, uint64_t wanted, Later_search_call call) {
    start_search(numbers, wanted, call);
}

void Later_search_in_time(
    const ListRef_u64 *numbers, uint64_t wanted, Later_search_in_time_call call) {
    start_search(numbers, wanted, (Later_search_call){call.call});
}
