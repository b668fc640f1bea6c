/* A program of its own, which Rust calls: accepts over standard input, and answers where it
 * receives or on threads of its own, in no order.
 *
 * Exits with what serving ended with. Should it hang, it is ended by an alarm. */
#define _POSIX_C_SOURCE 200809L

#include "process.h"

#include <signal.h>

enum { MOST_BYTES = 64 << 20, THREADS = 4 };

static uint64_t notes, bytes, next_note;

void Far_note(const StringRef *text, uint64_t number) {
    if (number == next_note) {
        notes++;
    }
    next_note = number + 1;
    bytes += text->length;
}

void Far_noted(Far_noted_call call) {
    TupleRef_2_u64_u64 answer = {notes, bytes};
    Far_noted_answer(call, &answer);
}

void Far_all(const AllRef *value, Far_all_call call) {
    Far_all_answer(call, value);
}

void Far_points(const ListRef_Point *points, const ListRef_Level *levels, Far_points_call call) {
    (void)levels;
    Far_points_answer(call, points);
}

void Far_scalars(
    uint8_t a, int64_t b, float c, double d, bool e, uint32_t f, Far_scalars_call call) {
    TupleRef_6_u8_i64_f32_f64_bool_char answer = {a, b, c, d, e, f};
    Far_scalars_answer(call, &answer);
}

void Far_circle(double radius, Far_circle_call call) {
    /* What is not the circle's is not initialised. */
    FigureRef figure;
    figure.tag = Figure_Circle;
    figure.value.Circle.f0 = radius;
    Far_circle_answer(call, &figure);
}

void Far_half(uint32_t number, Far_half_call call) {
    if (number % 2 == 0) {
        Far_half_answer(call, number / 2);
    } else {
        foreign_call_fail(call.call, 3, "odd");
    }
}

enum { ROOM = 1 << 16 };

static struct {
    const ListRef_u64 *numbers;
    Far_sum_call call;
} waiting[ROOM];
static size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t added = PTHREAD_COND_INITIALIZER;

void Far_sum(const ListRef_u64 *numbers, Far_sum_call call) {
    pthread_mutex_lock(&lock);
    bool is_room = count < ROOM;
    if (is_room) {
        waiting[count].numbers = numbers;
        waiting[count].call = call;
        count++;
    }
    pthread_mutex_unlock(&lock);
    if (is_room) {
        pthread_cond_signal(&added);
    } else {
        foreign_call_fail(call.call, 1, "too many");
    }
}

static void *work(void *argument) {
    unsigned seed = *(unsigned *)argument;
    for (;;) {
        pthread_mutex_lock(&lock);
        while (count == 0) {
            pthread_cond_wait(&added, &lock);
        }
        seed = seed * 1103515245u + 12345u;
        size_t chosen = (seed >> 8) % count;
        const ListRef_u64 *numbers = waiting[chosen].numbers;
        Far_sum_call call = waiting[chosen].call;
        waiting[chosen] = waiting[--count];
        pthread_mutex_unlock(&lock);
        /* This process's own until the answer, also if nobody waits for it. */
        uint64_t sum = 0;
        for (size_t i = 0; i < numbers->length; i++) {
            sum += numbers->pointer[i];
        }
        Far_sum_answer(call, sum);
    }
    return NULL;
}

void Far_bytes(uint64_t wanted, Far_bytes_call call) {
    unsigned char *made = calloc(wanted + 1, 1);
    ListRef_u8 answer = {made, wanted};
    Far_bytes_answer(call, &answer);
    free(made);
}

void Far_fails(int32_t code, uint32_t letters, Far_fails_call call) {
    char *message = malloc(2 * (size_t)letters + 1);
    if (message == NULL) {
        abort();
    }
    for (uint32_t i = 0; i < letters; i++) {
        memcpy(message + 2 * i, "é", 2);
    }
    message[2 * (size_t)letters] = 0;
    foreign_call_fail(call.call, code, message);
    free(message);
}

void Far_gives_up(Far_gives_up_call call) {
    foreign_call_give_up(call.call);
}

static uint8_t taken;

void Far_answers_twice(Far_answers_twice_call call) {
    taken = 0;
    taken += Far_answers_twice_answer(call, 1);
    taken += Far_answers_twice_answer(call, 2);
    if (taken != 1 || foreign_call_wanted(call.call)) {
        abort();
    }
}

static Far_never_call kept;

void Far_never_in_time(Far_never_in_time_call call) {
    (void)call;
}

void Far_never(const StringRef *text, Far_never_call call) {
    (void)text;
    kept = call;
}

void Far_refused(Far_refused_call call) {
    Far_refused_answer(call, Far_refused_calls());
}

void Far_dies(Far_dies_call call) {
    (void)call;
    raise(SIGKILL);
}

int main(void) {
    static unsigned seeds[THREADS];
    alarm(500);
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_t thread;
        seeds[i] = i + 1;
        if (pthread_create(&thread, NULL, work, &seeds[i]) != 0) {
            abort();
        }
        pthread_detach(thread);
    }
    int status = Far_serve(0, MOST_BYTES);
    /* A call that outlives its caller ends, and reaches nobody. */
    if (kept.call.rust != NULL && (foreign_call_wanted(kept.call) || Far_never_answer(kept, 1))) {
        abort();
    }
    return status;
}
