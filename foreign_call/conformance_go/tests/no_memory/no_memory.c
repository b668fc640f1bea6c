/* The package's `malloc`, which fails when it is told to. */
#undef malloc
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "no_memory.h"

bool no_memory;

void *sometimes_malloc(size_t size) {
    return no_memory ? NULL : malloc(size);
}

answer last_answer;

/* foreign_call_failure. */
typedef struct failure {
    int32_t code;
    const char *message;
    uintptr_t length;
} failure;

static uint32_t listen(uintptr_t handle, uint32_t status, const void *view) {
    const failure *failure = view;
    (void)handle;
    last_answer.count++;
    last_answer.status = status;
    if (failure != NULL && failure->length < sizeof last_answer.message) {
        last_answer.code = failure->code;
        memcpy(last_answer.message, failure->message, failure->length);
    }
    return 0;
}

typedef struct functions {
    uint32_t (*answer)(uintptr_t handle, uint32_t status, const void *view);
    const void *unused[2];
} functions;

const void *listening(void) {
    static const functions only_answer = {listen, {NULL, NULL}};
    return &only_answer;
}
