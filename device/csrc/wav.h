/* The header of a WAV file, up to where its samples begin. */
#ifndef DEVICE_WAV_H
#define DEVICE_WAV_H

#include "reader.h"

#define DEVICE_WAV_UNKNOWN_LENGTH UINT64_MAX

typedef struct device_wav_header {
    uint32_t sample_rate;
    uint32_t channels;
    uint64_t data_bytes; /* what the data chunk claims; DEVICE_WAV_UNKNOWN_LENGTH: until the end */
} device_wav_header;

/* Reads from the first byte to the first sample. A device_status; `message` says why. */
int device_wav_read_header(
    device_reader *reader, device_wav_header *header, char message[DEVICE_MESSAGE_SIZE]);

#endif
