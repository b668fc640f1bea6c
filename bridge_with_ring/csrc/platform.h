/* What bell and service need of the system: a thread, a lock with one condition. POSIX or
 * Windows. All of it is static, so nothing of it is exported. Include it before anything else. */
#ifndef BRIDGE_WITH_RING_PLATFORM_H
#define BRIDGE_WITH_RING_PLATFORM_H

#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <process.h>
#include <stdbool.h>

#define PLATFORM_BODY unsigned __stdcall /* what the body of a thread returns: 0 */

typedef HANDLE platform_thread;

static inline bool
platform_start(platform_thread *thread, unsigned(__stdcall *body)(void *), void *argument) {
    *thread = (HANDLE)_beginthreadex(NULL, 0, body, argument, 0, NULL);
    return *thread != NULL;
}

static inline void platform_join(platform_thread thread) {
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
}

typedef struct platform_monitor {
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
} platform_monitor;

static inline bool platform_monitor_make(platform_monitor *monitor) {
    InitializeSRWLock(&monitor->lock);
    InitializeConditionVariable(&monitor->condition);
    return true;
}

static inline void platform_monitor_end(platform_monitor *monitor) {
    (void)monitor;
}

static inline void platform_lock(platform_monitor *monitor) {
    AcquireSRWLockExclusive(&monitor->lock);
}

static inline void platform_unlock(platform_monitor *monitor) {
    ReleaseSRWLockExclusive(&monitor->lock);
}

static inline void platform_notify(platform_monitor *monitor) {
    WakeConditionVariable(&monitor->condition);
}

static inline void platform_wait(platform_monitor *monitor) {
    SleepConditionVariableSRW(&monitor->condition, &monitor->lock, INFINITE, 0);
}

#else

#define _POSIX_C_SOURCE 200809L
#include <pthread.h>
#include <stdbool.h>

#define PLATFORM_BODY void * /* what the body of a thread returns: 0 */

typedef pthread_t platform_thread;

static inline bool platform_start(platform_thread *thread, void *(*body)(void *), void *argument) {
    return pthread_create(thread, NULL, body, argument) == 0;
}

static inline void platform_join(platform_thread thread) {
    pthread_join(thread, NULL);
}

typedef struct platform_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
} platform_monitor;

static inline bool platform_monitor_make(platform_monitor *monitor) {
    if (pthread_mutex_init(&monitor->mutex, NULL) != 0)
        return false;
    if (pthread_cond_init(&monitor->condition, NULL) == 0)
        return true;
    pthread_mutex_destroy(&monitor->mutex);
    return false;
}

static inline void platform_monitor_end(platform_monitor *monitor) {
    pthread_cond_destroy(&monitor->condition);
    pthread_mutex_destroy(&monitor->mutex);
}

static inline void platform_lock(platform_monitor *monitor) {
    pthread_mutex_lock(&monitor->mutex);
}

static inline void platform_unlock(platform_monitor *monitor) {
    pthread_mutex_unlock(&monitor->mutex);
}

static inline void platform_notify(platform_monitor *monitor) {
    pthread_cond_signal(&monitor->condition);
}

/* With the lock held. Returns after a notify, or for no reason. */
static inline void platform_wait(platform_monitor *monitor) {
    pthread_cond_wait(&monitor->condition, &monitor->mutex);
}

#endif

#endif
