/* The C side of `Numbers`. `numbers.h` is generated from `src/numbers.rs`. */
#include "numbers.h"
#include "worker.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_uint stopped;

/* What the worker gets. */
typedef struct job {
    uint64_t number;
    foreign_call call;
} job;

static void later(worker_job what, uint64_t number, foreign_call call) {
    job *it = malloc(sizeof *it);
    if (it == NULL) {
        foreign_call_fail(call, 1, "no memory");
        return;
    }
    it->number = number;
    it->call = call;
    worker_do(0, what, it);
}

/* 0 if nobody waits for it any more. */
static uint64_t smallest_factor(uint64_t number, foreign_call call) {
    for (uint64_t by = 2; by <= number / by; by++) {
        if (number % by == 0) {
            return by;
        }
        if (by % 65536 == 0 && !foreign_call_wanted(call)) {
            return 0;
        }
    }
    return number;
}

static void find_factor(void *argument) {
    job it = *(job *)argument;
    free(argument);
    uint64_t factor = smallest_factor(it.number, it.call);
    if (factor == 0) {
        atomic_fetch_add(&stopped, 1);
        foreign_call_give_up(it.call); /* every call must end */
        return;
    }
    Numbers_smallest_factor_call call = {it.call};
    Numbers_smallest_factor_answer(call, factor);
}

void Numbers_smallest_factor(uint64_t number, Numbers_smallest_factor_call call) {
    later(find_factor, number, call.call);
}

/* Sends until it is taken, or nobody receives any more. */
static foreign_call_sent send_prime(Numbers_primes_call call, uint64_t prime) {
    for (;;) {
        foreign_call_sent sent = Numbers_primes_send(call, prime);
        if (sent != FOREIGN_CALL_FULL) {
            return sent;
        }
        foreign_call_wait_for_room(call.call, 60000);
    }
}

static void send_primes(void *argument) {
    job it = *(job *)argument;
    free(argument);
    Numbers_primes_call call = {it.call};
    for (uint64_t number = it.number; number != 0; number++) { /* after the last number comes 0 */
        uint64_t factor = smallest_factor(number, it.call);
        if (factor == 0 || (factor == number && send_prime(call, number) == FOREIGN_CALL_ENDED)) {
            break;
        }
    }
    Numbers_primes_end(call); /* refused if the receiver is gone */
}

void Numbers_primes(uint64_t from, Numbers_primes_call call) {
    later(send_primes, from < 2 ? 2 : from, call.call);
}

void Numbers_stopped(Numbers_stopped_call call) {
    Numbers_stopped_answer(call, atomic_load(&stopped));
}
