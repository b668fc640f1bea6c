/* A C library that answers requests, at once or on threads of its own. */
#ifndef BENCHMARKS_ANSWERS_H
#define BENCHMARKS_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

typedef struct answers_pool answers_pool;

/* The answer to one request: its user data, and the number that was asked for plus one. */
typedef void (*answers_callback)(void *user_data, int64_t answer);

/* Answers at once, on this thread. */
void answers_now(answers_callback callback, void *user_data, int64_t number);

/* A pool of `threads` threads with room for `capacity` requests. NULL where there is no memory or
 * no thread. The caller frees it with answers_pool_free. */
answers_pool *answers_pool_new(size_t threads, size_t capacity);

/* Answers later, on a thread of the pool. The caller has no more than `capacity` requests in
 * flight. C keeps the user data until it has answered. */
void answers_later(answers_pool *pool, answers_callback callback, void *user_data, int64_t number);

/* Answers what is still waiting, and returns when the last thread has ended. */
void answers_pool_free(answers_pool *pool);

#endif
