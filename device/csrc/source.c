#include "source.h"

#include "reader.h"
#include "wav.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_NAME = 600 }; /* of a path in a sentence; of a longer one the end is shown */

struct device_source {
    uint32_t sample_rate;
    uint32_t channels;
    bool is_recording;
    uint64_t frames_left; /* UINT64_MAX: no limit was set */

    /* the signal */
    uint64_t next_index;

    /* a recording; allocated only then */
    device_reader *reader;
    char *name;
    uint64_t claimed_bytes; /* the data chunk's length, or DEVICE_WAV_UNKNOWN_LENGTH */
    uint64_t taken_bytes;
    size_t pending; /* bytes of a frame that has come in part */
    uint8_t *frame; /* room for one frame */
};

int16_t device_signal(uint64_t index) {
    int32_t phase = (int32_t)(index % DEVICE_SIGNAL_PERIOD);
    if (phase <= INT16_MAX)
        return (int16_t)phase; /* 0 to 32767 */
    if (phase <= 2 * INT16_MAX + INT16_MAX + 1)
        return (int16_t)(2 * INT16_MAX - phase);             /* 32766 to -32768 */
    return (int16_t)(phase - (int32_t)DEVICE_SIGNAL_PERIOD); /* -32767 to -1 */
}

uint32_t device_source_sample_rate(const device_source *source) {
    return source->sample_rate;
}

uint32_t device_source_channels(const device_source *source) {
    return source->channels;
}

void device_source_limit(device_source *source, uint64_t frames) {
    source->frames_left = frames;
}

bool device_source_is_recording(const device_source *source) {
    return source->is_recording;
}

/* The path as it stands in a sentence: one line, and not too long for it. */
static char *copy_name(const char *path) {
    if (strcmp(path, "-") == 0)
        path = "standard input";
    if (path[0] == '\0')
        path = "\"\"";
    size_t length = strlen(path);
    if (length > LONGEST_NAME) {
        path += length - LONGEST_NAME;
        while (((unsigned char)*path & 0xC0) == 0x80) /* not in the middle of a UTF-8 letter */
            path++;
        length = strlen(path);
    }
    char *name = malloc(length + 1);
    if (name == NULL)
        return NULL;
    memcpy(name, path, length + 1);
    for (char *letter = name; *letter != '\0'; letter++) {
        if ((unsigned char)*letter < 0x20 || *letter == 0x7F)
            *letter = '?';
    }
    return name;
}

static int refuse(device_source *source, char *message, int status, const char *cause) {
    snprintf(message, DEVICE_MESSAGE_SIZE, "%s: %s", source->name, cause);
    return status;
}

static int open_recording(const device_config *config, device_source *source, char *message) {
    source->name = copy_name(config->path);
    source->reader = calloc(1, sizeof *source->reader);
    if (source->name == NULL || source->reader == NULL)
        return DEVICE_NO_MEMORY;
    device_reader *reader = source->reader;
    reader->name = source->name;
    switch (device_platform_input_open(config->path, &reader->input, reader->words)) {
    case DEVICE_PLATFORM_OK:
        break;
    case DEVICE_PLATFORM_NOT_FOUND:
        return refuse(source, message, DEVICE_NOT_FOUND, "there is no such file");
    case DEVICE_PLATFORM_DIRECTORY:
        return refuse(source, message, DEVICE_NOT_READABLE, "is a directory");
    default:
        snprintf(
            message, DEVICE_MESSAGE_SIZE, "%s: can't be opened: %s", source->name, reader->words);
        return DEVICE_NOT_READABLE;
    }
    if (device_platform_input_is_empty(reader->input))
        return refuse(source, message, DEVICE_EMPTY, "is empty");
    source->claimed_bytes = DEVICE_WAV_UNKNOWN_LENGTH;
    if (config->source == DEVICE_SOURCE_WAV) {
        device_wav_header header;
        int status = device_wav_read_header(reader, &header, message);
        if (status != DEVICE_OK)
            return status;
        source->sample_rate = header.sample_rate;
        source->channels = header.channels;
        source->claimed_bytes = header.data_bytes;
    }
    source->frame = malloc((size_t)source->channels * 2);
    return source->frame == NULL ? DEVICE_NO_MEMORY : DEVICE_OK;
}

int device_source_open(
    const device_config *config, device_source **out, char message[DEVICE_MESSAGE_SIZE]) {
    *out = NULL;
    device_source *source = calloc(1, sizeof *source);
    if (source == NULL)
        return DEVICE_NO_MEMORY;
    source->sample_rate = config->sample_rate;
    source->channels = config->channels;
    source->is_recording = config->source != DEVICE_SOURCE_SIGNAL;
    source->frames_left = UINT64_MAX;
    int status = source->is_recording ? open_recording(config, source, message) : DEVICE_OK;
    if (status != DEVICE_OK) {
        device_source_close(source);
        return status;
    }
    *out = source;
    return DEVICE_OK;
}

void device_source_close(device_source *source) {
    if (source == NULL)
        return;
    if (source->reader != NULL)
        device_platform_input_close(source->reader->input);
    free(source->reader);
    free(source->name);
    free(source->frame);
    free(source);
}

static void read_signal(device_source *source, int16_t *samples, size_t frames) {
    if (samples != NULL) {
        for (size_t i = 0; i < frames * source->channels; i++)
            samples[i] = device_signal(source->next_index + i);
    }
    source->next_index += (uint64_t)frames * source->channels;
}

/* Waits until all bytes of a frame are in source->frame. */
static device_platform_result take_frame(device_source *source) {
    size_t frame_bytes = (size_t)source->channels * 2;
    while (source->pending < frame_bytes) {
        size_t wanted = frame_bytes - source->pending;
        uint64_t left = source->claimed_bytes - source->taken_bytes;
        if (left == 0)
            return DEVICE_PLATFORM_END;
        size_t count;
        device_platform_result result = device_reader_some(
            source->reader, source->frame + source->pending, left < wanted ? (size_t)left : wanted,
            &count);
        if (result != DEVICE_PLATFORM_OK)
            return result;
        source->taken_bytes += count;
        source->pending += count;
    }
    source->pending = 0;
    return DEVICE_PLATFORM_OK;
}

/* The recording has no more bytes. Was it whole? */
static device_source_result end_recording(device_source *source, int *status, char *message) {
    bool known = source->claimed_bytes != DEVICE_WAV_UNKNOWN_LENGTH;
    bool empty = source->taken_bytes == source->pending; /* not one whole frame came */
    if (known && source->taken_bytes < source->claimed_bytes) {
        snprintf(
            message, DEVICE_MESSAGE_SIZE,
            "%s: is truncated: its data chunk claims %llu bytes, but only %llu are there",
            source->name, (unsigned long long)source->claimed_bytes,
            (unsigned long long)source->taken_bytes);
    } else if (empty && source->pending > 0) {
        snprintf(
            message, DEVICE_MESSAGE_SIZE, "%s: holds no samples: a frame has %u bytes, it has %u",
            source->name, (unsigned)source->channels * 2, (unsigned)source->pending);
    } else if (source->pending > 0) {
        snprintf(
            message, DEVICE_MESSAGE_SIZE, "%s: ends within a frame; its last %u byte%s left out",
            source->name, (unsigned)source->pending, source->pending == 1 ? " is" : "s are");
    } else if (empty) {
        snprintf(message, DEVICE_MESSAGE_SIZE, "%s: holds no samples", source->name);
    }
    if (!empty)
        return DEVICE_SOURCE_END;
    *status = DEVICE_EMPTY;
    return DEVICE_SOURCE_FAILED;
}

static device_source_result read_recording(
    device_source *source, device_platform_wake *wake, int16_t *samples, size_t frames, size_t *got,
    int *status, char *message) {
    source->reader->wake = wake;
    while (*got < frames) {
        switch (take_frame(source)) {
        case DEVICE_PLATFORM_OK:
            break;
        case DEVICE_PLATFORM_WOKEN:
            return DEVICE_SOURCE_WOKEN;
        case DEVICE_PLATFORM_END:
            return end_recording(source, status, message);
        default:
            *status = DEVICE_READ_FAILED;
            snprintf(
                message, DEVICE_MESSAGE_SIZE, "%s: reading failed after %llu bytes: %s",
                source->name, (unsigned long long)source->reader->position, source->reader->words);
            return DEVICE_SOURCE_FAILED;
        }
        for (size_t i = 0; samples != NULL && i < source->channels; i++)
            *samples++ = (int16_t)(source->frame[2 * i] | source->frame[2 * i + 1] << 8);
        *got += 1;
    }
    return DEVICE_SOURCE_MORE;
}

device_source_result device_source_read(
    device_source *source, device_platform_wake *wake, int16_t *samples, size_t frames, size_t *got,
    int *status, char message[DEVICE_MESSAGE_SIZE]) {
    *got = 0;
    device_source_result result = DEVICE_SOURCE_MORE;
    size_t allowed = frames < source->frames_left ? frames : (size_t)source->frames_left;
    if (source->is_recording) {
        result = read_recording(source, wake, samples, allowed, got, status, message);
    } else {
        read_signal(source, samples, allowed);
        *got = allowed;
    }
    if (source->frames_left != UINT64_MAX)
        source->frames_left -= *got;
    bool limit_reached = result == DEVICE_SOURCE_MORE && source->frames_left == 0;
    return limit_reached ? DEVICE_SOURCE_END : result;
}
