/* What a device is made of, and its control thread: from the source to the callback. */
#ifndef DEVICE_ACQUIRE_H
#define DEVICE_ACQUIRE_H

#include "device.h"
#include "platform.h"
#include "source.h"

#include <stdbool.h>

typedef enum device_state { DEVICE_IDLE, DEVICE_RUNNING, DEVICE_ENDED } device_state;

struct device {
    /* Set before the control thread runs, and never changed then. */
    device_pace pace;
    size_t block_length; /* frames */
    size_t fifo_length;  /* frames */
    uint32_t sample_rate;
    uint32_t channels;
    device_callback callback;
    device_platform_wake *wake;
    device_platform_thread *thread; /* null until started */

    /* The control thread's alone once it runs. */
    device_source *source;
    int16_t *block; /* what a callback is given */
    int16_t *fifo;  /* real time only; null otherwise */

    /* Guarded by the monitor, which is notified when `state` becomes DEVICE_ENDED. */
    device_platform_monitor *monitor;
    device_state state;
    bool stop_requested;
    int end_status; /* why acquisition ended; DEVICE_OK: it was through, or stopped */
    device_stats stats;
    char notice[DEVICE_MESSAGE_SIZE];
};

/* The body of the control thread. `context` is the device. */
void device_acquire_run(void *context);

#endif
