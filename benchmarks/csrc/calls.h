/* A C library that does nothing but call back, from its own loop. */
#ifndef BENCHMARKS_CALLS_H
#define BENCHMARKS_CALLS_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t (*calls_callback)(int64_t number);
typedef int64_t (*calls_callback_with)(int64_t number, void *user_data);

/* Calls `callback` with 0, 1, ... count - 1, on this thread, and returns the sum of its answers. */
int64_t calls_run(calls_callback callback, size_t count);

/* The same, for a callback that wants its user data; C keeps it for as long as the call lasts. */
int64_t calls_run_with(calls_callback_with callback, void *user_data, size_t count);

#endif
