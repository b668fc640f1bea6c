/* The system as POSIX describes it: Linux, macOS and other Unixes. */
#ifndef _WIN32

#if defined(__linux__)
#define _DEFAULT_SOURCE /* syscall(), for the number that the kernel gives a thread */
#endif
#define _POSIX_C_SOURCE 200809L
#if defined(__APPLE__)
#define _DARWIN_C_SOURCE /* pthread_threadid_np, pthread_cond_timedwait_relative_np */
#endif

#include "platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__linux__)
#include <sys/syscall.h>
#endif

#define NS_PER_SECOND 1000000000u
#define NS_PER_MS 1000000u

uint64_t device_platform_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t device_platform_thread_id(void) {
#if defined(__linux__)
    return (uint64_t)syscall(SYS_gettid);
#elif defined(__APPLE__)
    uint64_t id = 0;
    pthread_threadid_np(NULL, &id);
    return id;
#else
    return (uint64_t)(uintptr_t)pthread_self();
#endif
}

struct device_platform_thread {
    pthread_t handle;
    void (*body)(void *context);
    void *context;
};

static void *run_thread(void *argument) {
    const device_platform_thread *thread = argument;
    thread->body(thread->context);
    return NULL;
}

device_platform_thread *device_platform_start(void (*body)(void *context), void *context) {
    device_platform_thread *thread = malloc(sizeof *thread);
    if (thread == NULL)
        return NULL;
    thread->body = body;
    thread->context = context;
    if (pthread_create(&thread->handle, NULL, run_thread, thread) != 0) {
        free(thread);
        return NULL;
    }
    return thread;
}

void device_platform_join(device_platform_thread *thread) {
    pthread_join(thread->handle, NULL);
    free(thread);
}

struct device_platform_monitor {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

/* A wait must not change its length when somebody sets the wall clock. */
static int make_condition(pthread_cond_t *condition) {
#if defined(__APPLE__)
    return pthread_cond_init(condition, NULL);
#else
    pthread_condattr_t attributes;
    if (pthread_condattr_init(&attributes) != 0)
        return -1;
    int failed = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (!failed)
        failed = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return failed;
#endif
}

device_platform_monitor *device_platform_monitor_new(void) {
    device_platform_monitor *monitor = malloc(sizeof *monitor);
    if (monitor == NULL)
        return NULL;
    if (pthread_mutex_init(&monitor->mutex, NULL) != 0) {
        free(monitor);
        return NULL;
    }
    if (make_condition(&monitor->condition) != 0) {
        pthread_mutex_destroy(&monitor->mutex);
        free(monitor);
        return NULL;
    }
    return monitor;
}

void device_platform_monitor_free(device_platform_monitor *monitor) {
    if (monitor == NULL)
        return;
    pthread_cond_destroy(&monitor->condition);
    pthread_mutex_destroy(&monitor->mutex);
    free(monitor);
}

void device_platform_lock(device_platform_monitor *monitor) {
    pthread_mutex_lock(&monitor->mutex);
}

void device_platform_unlock(device_platform_monitor *monitor) {
    pthread_mutex_unlock(&monitor->mutex);
}

void device_platform_notify_all(device_platform_monitor *monitor) {
    pthread_cond_broadcast(&monitor->condition);
}

void device_platform_wait(device_platform_monitor *monitor, uint64_t timeout_ms) {
    if (timeout_ms == DEVICE_PLATFORM_FOREVER) {
        pthread_cond_wait(&monitor->condition, &monitor->mutex);
        return;
    }
    struct timespec time;
#if defined(__APPLE__)
    time.tv_sec = (time_t)(timeout_ms / 1000);
    time.tv_nsec = (long)(timeout_ms % 1000 * NS_PER_MS);
    pthread_cond_timedwait_relative_np(&monitor->condition, &monitor->mutex, &time);
#else
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += (time_t)(timeout_ms / 1000);
    time.tv_nsec += (long)(timeout_ms % 1000 * NS_PER_MS);
    if (time.tv_nsec >= (long)NS_PER_SECOND) {
        time.tv_sec += 1;
        time.tv_nsec -= (long)NS_PER_SECOND;
    }
    pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &time);
#endif
}

/* A pipe with a byte in it that nobody takes out: readable from then on, for every poll. */
struct device_platform_wake {
    int reader;
    int writer;
};

device_platform_wake *device_platform_wake_new(void) {
    int ends[2];
    if (pipe(ends) != 0)
        return NULL;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    device_platform_wake *wake = malloc(sizeof *wake);
    if (wake == NULL) {
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    wake->reader = ends[0];
    wake->writer = ends[1];
    return wake;
}

void device_platform_wake_free(device_platform_wake *wake) {
    if (wake == NULL)
        return;
    close(wake->reader);
    close(wake->writer);
    free(wake);
}

void device_platform_wake_raise(device_platform_wake *wake) {
    ssize_t written;
    do {
        written = write(wake->writer, "!", 1);
    } while (written < 0 && errno == EINTR);
}

void device_platform_sleep(device_platform_wake *wake, uint64_t ns) {
    if (ns < NS_PER_MS) { /* poll counts in milliseconds; so short a time needs no wake */
        struct timespec time = {0, (long)ns};
        nanosleep(&time, NULL);
        return;
    }
    uint64_t ms = ns / NS_PER_MS;
    struct pollfd raised = {wake->reader, POLLIN, 0};
    poll(&raised, 1, ms > INT_MAX ? INT_MAX : (int)ms);
}

struct device_platform_input {
    int descriptor;
    bool is_empty;
};

static void say_errno(char words[DEVICE_PLATFORM_WORDS]) {
    if (strerror_r(errno, words, DEVICE_PLATFORM_WORDS) != 0)
        snprintf(words, DEVICE_PLATFORM_WORDS, "error %d", errno);
}

device_platform_result device_platform_input_open(
    const char *path, device_platform_input **out, char words[DEVICE_PLATFORM_WORDS]) {
    *out = NULL;
    /* Non-blocking, so that a named pipe without a writer can be opened; reading waits in poll. */
    int descriptor = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                            : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (descriptor < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        say_errno(words);
        return missing ? DEVICE_PLATFORM_NOT_FOUND : DEVICE_PLATFORM_FAILED;
    }
    struct stat about;
    if (fstat(descriptor, &about) != 0) {
        say_errno(words);
        close(descriptor);
        return DEVICE_PLATFORM_FAILED;
    }
    if (S_ISDIR(about.st_mode)) {
        close(descriptor);
        return DEVICE_PLATFORM_DIRECTORY;
    }
    device_platform_input *input = malloc(sizeof *input);
    if (input == NULL) {
        snprintf(words, DEVICE_PLATFORM_WORDS, "out of memory");
        close(descriptor);
        return DEVICE_PLATFORM_FAILED;
    }
    input->descriptor = descriptor;
    input->is_empty = S_ISREG(about.st_mode) && about.st_size == 0;
    *out = input;
    return DEVICE_PLATFORM_OK;
}

void device_platform_input_close(device_platform_input *input) {
    if (input == NULL)
        return;
    close(input->descriptor);
    free(input);
}

bool device_platform_input_is_empty(const device_platform_input *input) {
    return input->is_empty;
}

device_platform_result device_platform_input_read(
    device_platform_input *input, device_platform_wake *wake, uint8_t *bytes, size_t size,
    size_t *got, char words[DEVICE_PLATFORM_WORDS]) {
    *got = 0;
    for (;;) {
        struct pollfd ready[2] = {{input->descriptor, POLLIN, 0}, {-1, POLLIN, 0}};
        if (wake != NULL)
            ready[1].fd = wake->reader;
        if (poll(ready, 2, -1) < 0) {
            if (errno == EINTR)
                continue;
            say_errno(words);
            return DEVICE_PLATFORM_FAILED;
        }
        if (ready[1].revents != 0)
            return DEVICE_PLATFORM_WOKEN;
        ssize_t count = read(input->descriptor, bytes, size);
        if (count > 0) {
            *got = (size_t)count;
            return DEVICE_PLATFORM_OK;
        }
        if (count == 0)
            return DEVICE_PLATFORM_END;
        if (errno != EINTR && errno != EAGAIN) {
            say_errno(words);
            return DEVICE_PLATFORM_FAILED;
        }
    }
}

#else
typedef int device_platform_posix_is_not_for_windows; /* a C file must not be empty */
#endif
