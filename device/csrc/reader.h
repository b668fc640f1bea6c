/* Bytes from a file or a pipe, forwards only, with the count of what was read. */
#ifndef DEVICE_READER_H
#define DEVICE_READER_H

#include "device.h"
#include "platform.h"

typedef struct device_reader {
    device_platform_input *input;
    device_platform_wake *wake;        /* what interrupts a wait; null while the header is read */
    const char *name;                  /* for sentences: the path, or "standard input" */
    uint64_t position;                 /* bytes taken so far */
    size_t begin, end;                 /* of what is buffered */
    char words[DEVICE_PLATFORM_WORDS]; /* the system's, after DEVICE_PLATFORM_FAILED */
    uint8_t buffer[64 * 1024];
} device_reader;

/* Takes up to `size` bytes, at least one, waiting for it. `bytes` may be null: then they are
 * skipped. Not DEVICE_PLATFORM_OK: nothing was taken. */
device_platform_result
device_reader_some(device_reader *reader, uint8_t *bytes, size_t size, size_t *got);

/* Takes exactly `size` bytes. Not DEVICE_PLATFORM_OK: *got of them were taken. */
device_platform_result
device_reader_all(device_reader *reader, uint8_t *bytes, uint64_t size, uint64_t *got);

#endif
