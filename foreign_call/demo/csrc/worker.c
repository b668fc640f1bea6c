#define _POSIX_C_SOURCE 200809L

#include "worker.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

typedef struct entry {
    struct timespec due;
    worker_job job;
    void *argument;
    struct entry *next;
} entry;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static entry *first;
static int started;

static int before(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

static void *work(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        if (first == NULL) {
            pthread_cond_wait(&changed, &lock);
        } else if (before(&now, &first->due)) {
            struct timespec due = first->due;
            pthread_cond_timedwait(&changed, &lock, &due);
        } else {
            entry *ready = first;
            first = ready->next;
            /* Not under the lock: the job answers, and may be asked for more at once. */
            pthread_mutex_unlock(&lock);
            ready->job(ready->argument);
            free(ready);
            pthread_mutex_lock(&lock);
        }
    }
    return NULL;
}

void worker_do(uint32_t delay_ms, worker_job job, void *argument) {
    entry *added = malloc(sizeof *added);
    if (added == NULL) {
        abort();
    }
    added->job = job;
    added->argument = argument;
    clock_gettime(CLOCK_REALTIME, &added->due);
    added->due.tv_sec += delay_ms / 1000;
    added->due.tv_nsec += (long)(delay_ms % 1000) * 1000000;
    if (added->due.tv_nsec >= 1000000000) {
        added->due.tv_nsec -= 1000000000;
        added->due.tv_sec += 1;
    }
    pthread_mutex_lock(&lock);
    if (!started) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0) {
            abort();
        }
        pthread_detach(thread);
        started = 1;
    }
    entry **place = &first;
    while (*place != NULL && !before(&added->due, &(*place)->due)) {
        place = &(*place)->next;
    }
    added->next = *place;
    *place = added;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
}
