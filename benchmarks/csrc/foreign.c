/* What `InC` calls, and the same by hand. */
#include "foreign.h"
#include "in_c.h"

#include <stdlib.h>

/* Touched by one thread at a time. */
static uint64_t ages;

static DemoResponseRef odd(const DemoUserRef *req) {
    DemoResponseRef response = {req->age % 2 == 1};
    return response;
}

static DemoResponseRef check(const DemoComplicatedRequestRef *req) {
    DemoResponseRef response = {
        req->users.length != 0 && req->balabala.length != 0 && req->balabala.pointer[0] == 1};
    return response;
}

void InC_empty(void) {}

void InC_one_way(const DemoUserRef *req) {
    ages += req->age;
}

void InC_told(InC_told_call call) {
    ToldRef told = {ages};
    InC_told_answer(call, &told);
}

void InC_flat(const DemoUserRef *req, InC_flat_call call) {
    DemoResponseRef response = odd(req);
    InC_flat_answer(call, &response);
}

void InC_nested(const DemoComplicatedRequestRef *req, InC_nested_call call) {
    DemoResponseRef response = check(req);
    InC_nested_answer(call, &response);
}

void InC_points(const ListRef_Point *points, InC_points_call call) {
    size_t length = points->length;
    InC_points_answer(call, length + (length == 0 ? 0 : points->pointer[length - 1].y));
}

typedef struct job {
    const DemoComplicatedRequestRef *req;
    InC_later_call call;
} job;

static void answer(void *argument, int64_t unused) {
    job *it = argument;
    DemoResponseRef response = check(it->req);
    (void)unused;
    InC_later_answer(it->call, &response);
    free(it);
}

static answers_pool *pool;

void foreign_pool(answers_pool *threads) {
    pool = threads;
}

void InC_later(const DemoComplicatedRequestRef *req, InC_later_call call) {
    job *it = malloc(sizeof *it);
    if (it == NULL) {
        foreign_call_fail(call.call, 1, "no memory");
        return;
    }
    *it = (job){req, call};
    answers_later(pool, answer, it, 0);
}

typedef struct question {
    uint64_t number;
    InC_echo_call call;
} question;

static void echo(void *argument, int64_t unused) {
    question *it = argument;
    (void)unused;
    InC_echo_answer(it->call, it->number);
    free(it);
}

void InC_echo(uint64_t number, InC_echo_call call) {
    question *it = malloc(sizeof *it);
    if (it == NULL) {
        foreign_call_fail(call.call, 1, "no memory");
        return;
    }
    *it = (question){number, call};
    answers_later(pool, echo, it, 0);
}

void foreign_empty(void) {}

void foreign_one_way(const void *user) {
    ages += ((const DemoUserRef *)user)->age;
}

void foreign_flat(const void *user, bool *pass) {
    *pass = odd(user).pass;
}

void foreign_nested(const void *request, bool *pass) {
    *pass = check(request).pass;
}
