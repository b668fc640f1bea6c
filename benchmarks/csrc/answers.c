#include "answers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    answers_callback callback;
    void *user_data;
    int64_t number;
} request;

struct answers_pool {
    pthread_mutex_t lock;
    pthread_cond_t more;
    request *requests; /* a ring of `capacity` */
    size_t capacity, first;
    atomic_size_t waiting; /* changes under the lock; looked at without it */
    size_t sleeping;
    bool ending;
    size_t threads;
    pthread_t thread[];
};

void answers_now(answers_callback callback, void *user_data, int64_t number) {
    callback(user_data, number + 1);
}

/* A thread looks so often whether there is more to do before it sleeps: about ten microseconds. */
enum { LOOKS = 500 };
/* And takes so many requests at a time. */
enum { BATCH = 16 };

static void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void *answer(void *argument) {
    answers_pool *pool = argument;
    request batch[BATCH];
    for (;;) {
        for (int look = 0; look < LOOKS && atomic_load(&pool->waiting) == 0; look++)
            pause_briefly();
        pthread_mutex_lock(&pool->lock);
        while (atomic_load(&pool->waiting) == 0 && !pool->ending) {
            pool->sleeping++;
            pthread_cond_wait(&pool->more, &pool->lock);
            pool->sleeping--;
        }
        size_t taken = 0;
        for (; taken < BATCH && atomic_load(&pool->waiting) != 0; taken++) {
            batch[taken] = pool->requests[pool->first];
            pool->first = (pool->first + 1) % pool->capacity;
            atomic_fetch_sub(&pool->waiting, 1);
        }
        pthread_mutex_unlock(&pool->lock);
        if (taken == 0)
            return NULL; /* ending, and nothing is waiting */
        for (size_t next = 0; next < taken; next++)
            batch[next].callback(batch[next].user_data, batch[next].number + 1);
    }
}

answers_pool *answers_pool_new(size_t threads, size_t capacity) {
    answers_pool *pool = calloc(1, sizeof *pool + threads * sizeof pool->thread[0]);
    if (pool == NULL)
        return NULL;
    pool->requests = calloc(capacity, sizeof pool->requests[0]);
    if (pool->requests == NULL) {
        free(pool);
        return NULL;
    }
    pool->capacity = capacity;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->more, NULL);
    for (; pool->threads < threads; pool->threads++) {
        if (pthread_create(&pool->thread[pool->threads], NULL, answer, pool) != 0) {
            answers_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void answers_later(answers_pool *pool, answers_callback callback, void *user_data, int64_t number) {
    pthread_mutex_lock(&pool->lock);
    size_t last = (pool->first + atomic_load(&pool->waiting)) % pool->capacity;
    pool->requests[last] = (request){callback, user_data, number};
    atomic_fetch_add(&pool->waiting, 1);
    bool sleeping = pool->sleeping != 0;
    pthread_mutex_unlock(&pool->lock);
    if (sleeping)
        pthread_cond_signal(&pool->more);
}

void answers_pool_free(answers_pool *pool) {
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_broadcast(&pool->more);
    for (size_t thread = 0; thread < pool->threads; thread++)
        pthread_join(pool->thread[thread], NULL);
    pthread_cond_destroy(&pool->more);
    pthread_mutex_destroy(&pool->lock);
    free(pool->requests);
    free(pool);
}
