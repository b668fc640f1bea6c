/* What the device needs of the system: threads, waiting, a clock, reading that can be interrupted.
 * platform_posix.c is for Linux, macOS and other Unixes, platform_win32.c for Windows. */
#ifndef DEVICE_PLATFORM_H
#define DEVICE_PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEVICE_PLATFORM_FOREVER UINT64_MAX

uint64_t device_platform_now_ns(void); /* monotonic */
uint64_t device_platform_thread_id(void);

/* A thread. The caller keeps `context` alive until join, which also frees the thread. */
typedef struct device_platform_thread device_platform_thread;
device_platform_thread *device_platform_start(void (*body)(void *context), void *context);
void device_platform_join(device_platform_thread *thread);

/* A lock and one condition. */
typedef struct device_platform_monitor device_platform_monitor;
device_platform_monitor *device_platform_monitor_new(void);
void device_platform_monitor_free(device_platform_monitor *monitor);
void device_platform_lock(device_platform_monitor *monitor);
void device_platform_unlock(device_platform_monitor *monitor);
void device_platform_notify_all(device_platform_monitor *monitor);
/* With the lock held. Returns after a notify, after `timeout_ms`, or for no reason. */
void device_platform_wait(device_platform_monitor *monitor, uint64_t timeout_ms);

/* Raised once and for good, it ends a sleep and a read that waits for input. */
typedef struct device_platform_wake device_platform_wake;
device_platform_wake *device_platform_wake_new(void);
void device_platform_wake_free(device_platform_wake *wake);
void device_platform_wake_raise(device_platform_wake *wake);
void device_platform_sleep(device_platform_wake *wake, uint64_t ns);

/* A file, a pipe or standard input ("-"). */
typedef enum device_platform_result {
    DEVICE_PLATFORM_OK,
    DEVICE_PLATFORM_END,       /* no more bytes will come */
    DEVICE_PLATFORM_WOKEN,     /* the wake was raised; what could be read is still there */
    DEVICE_PLATFORM_NOT_FOUND, /* opening: no such file */
    DEVICE_PLATFORM_DIRECTORY, /* opening: a directory */
    DEVICE_PLATFORM_FAILED     /* the system's words are in `words` */
} device_platform_result;

enum { DEVICE_PLATFORM_WORDS = 384 };

typedef struct device_platform_input device_platform_input;
device_platform_result device_platform_input_open(
    const char *path, device_platform_input **out, char words[DEVICE_PLATFORM_WORDS]);
void device_platform_input_close(device_platform_input *input);
/* True for a regular file that has no bytes; false where only reading can tell. */
bool device_platform_input_is_empty(const device_platform_input *input);
/* Waits until there is at least one byte. `wake` may be null: then nothing ends the wait. */
device_platform_result device_platform_input_read(
    device_platform_input *input, device_platform_wake *wake, uint8_t *bytes, size_t size,
    size_t *got, char words[DEVICE_PLATFORM_WORDS]);

#endif
