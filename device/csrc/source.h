/* Where the samples come from: the built-in signal, or a recording. */
#ifndef DEVICE_SOURCE_H
#define DEVICE_SOURCE_H

#include "device.h"
#include "platform.h"

#include <stdbool.h>

typedef struct device_source device_source;

typedef enum device_source_result {
    DEVICE_SOURCE_MORE,  /* all that was asked for is there */
    DEVICE_SOURCE_END,   /* the source is exhausted, or its limit reached */
    DEVICE_SOURCE_WOKEN, /* stopped while waiting for input */
    DEVICE_SOURCE_FAILED /* *status and message say how */
} device_source_result;

/* On success *out is owned by the caller. On failure `message` says why. */
int device_source_open(
    const device_config *config, device_source **out, char message[DEVICE_MESSAGE_SIZE]);
void device_source_close(device_source *source);

uint32_t device_source_sample_rate(const device_source *source);
uint32_t device_source_channels(const device_source *source);
bool device_source_is_recording(const device_source *source);
void device_source_limit(device_source *source, uint64_t frames); /* from now on */

/* Reads `frames` frames into `samples`, or fewer where the result is not DEVICE_SOURCE_MORE; *got
 * is how many. With `samples` null they are skipped. *status and `message` change only where there
 * is something to say; a notice that does not end the source leaves *status alone. */
device_source_result device_source_read(
    device_source *source, device_platform_wake *wake, int16_t *samples, size_t frames, size_t *got,
    int *status, char message[DEVICE_MESSAGE_SIZE]);

#endif
