#include "calls.h"

int64_t calls_run(calls_callback callback, size_t count) {
    int64_t sum = 0;
    for (size_t number = 0; number < count; number++)
        sum += callback((int64_t)number);
    return sum;
}

int64_t calls_run_with(calls_callback_with callback, void *user_data, size_t count) {
    int64_t sum = 0;
    for (size_t number = 0; number < count; number++)
        sum += callback((int64_t)number, user_data);
    return sum;
}
