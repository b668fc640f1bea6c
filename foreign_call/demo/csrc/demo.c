/* The C side of `DemoCall`. `call.h` is generated from `src/call.rs`. */
#include "call.h"
#include "worker.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_uint delay_ms = 1000;

/* Set and read on one thread only, as the demo does. */
static char last_name[64];
static size_t last_length;
static uint8_t last_age;

void DemoCall_demo_oneway(const DemoUserRef *req) {
    last_length = req->name.length < sizeof last_name ? req->name.length : 0;
    if (last_length != 0) {
        memcpy(last_name, req->name.pointer, last_length);
    }
    last_age = req->age;
}

void DemoCall_last_user(DemoCall_last_user_call call) {
    DemoUserRef user = {{last_name, last_length}, last_age};
    DemoCall_last_user_answer(call, &user);
}

void DemoCall_set_delay_ms(uint32_t delay) {
    atomic_store(&delay_ms, delay);
}

static DemoResponseRef check(const DemoComplicatedRequestRef *req) {
    DemoResponseRef response = {req->users.length == 2};
    return response;
}

void DemoCall_demo_check(const DemoComplicatedRequestRef *req, DemoCall_demo_check_call call) {
    DemoResponseRef response = check(req);
    DemoCall_demo_check_answer(call, &response);
}

/* What the worker gets: the request lives until it is answered, so the pointer will do. */
typedef struct job {
    const DemoComplicatedRequestRef *req;
    foreign_call call;
} job;

static void later(worker_job what, const DemoComplicatedRequestRef *req, foreign_call call) {
    job *it = malloc(sizeof *it);
    if (it == NULL) {
        foreign_call_fail(call, 1, "no memory");
        return;
    }
    it->req = req;
    it->call = call;
    worker_do(atomic_load(&delay_ms), what, it);
}

static void check_async(void *argument) {
    job *it = argument;
    DemoCall_demo_check_async_call call = {it->call};
    DemoResponseRef response = check(it->req);
    DemoCall_demo_check_async_answer(call, &response);
    free(it);
}

void DemoCall_demo_check_async(
    const DemoComplicatedRequestRef *req, DemoCall_demo_check_async_call call) {
    later(check_async, req, call.call);
}

/* Reads the request although its future may be gone: it is kept until the answer. */
static void check_async_safe(void *argument) {
    job *it = argument;
    DemoCall_demo_check_async_safe_call call = {it->call};
    DemoResponseRef response = {it->req->balabala.length != 0 && it->req->balabala.pointer[0] == 1};
    DemoCall_demo_check_async_safe_answer(call, &response);
    free(it);
}

void DemoCall_demo_check_async_safe(
    const DemoComplicatedRequestRef *req, DemoCall_demo_check_async_safe_call call) {
    later(check_async_safe, req, call.call);
}

static void check_async_safe2(void *argument) {
    job *it = argument;
    DemoCall_demo_check_async_safe2_call call = {it->call};
    DemoResponseRef response = check(it->req);
    if (it->req->balabala.length == 0) {
        foreign_call_fail(it->call, 22, "balabala is empty");
    } else {
        DemoCall_demo_check_async_safe2_answer(call, &response);
    }
    free(it);
}

void DemoCall_demo_check_async_safe2(
    const DemoComplicatedRequestRef *req, DemoCall_demo_check_async_safe2_call call) {
    later(check_async_safe2, req, call.call);
}
