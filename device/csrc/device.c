#include "acquire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000u

static int bad_config(char *message, const char *cause) {
    snprintf(message, DEVICE_MESSAGE_SIZE, "device configuration: %s", cause);
    return DEVICE_BAD_CONFIG;
}

static int check_config(const device_config *config, char *message) {
    if (config->source > DEVICE_SOURCE_RAW)
        return bad_config(message, "there is no such source");
    if (config->pace > DEVICE_FLAT_OUT)
        return bad_config(message, "there is no such pace");
    if (config->block_length == 0)
        return bad_config(message, "the block length is 0 frames");
    if (config->source != DEVICE_SOURCE_SIGNAL && config->path == NULL) {
        snprintf(message, DEVICE_MESSAGE_SIZE, "device configuration: a recording has no path");
        return DEVICE_NULL_ARGUMENT;
    }
    if (config->source == DEVICE_SOURCE_WAV)
        return DEVICE_OK; /* the file says the rest */
    if (config->sample_rate == 0)
        return bad_config(message, "the sample rate is 0");
    if (config->channels == 0)
        return bad_config(message, "the number of channels is 0");
    if (config->channels > UINT16_MAX)
        return bad_config(message, "there are more than 65535 channels");
    return DEVICE_OK;
}

static size_t choose_fifo(const device *self, uint32_t wanted) {
    if (wanted != 0)
        return wanted;
    size_t quarter_second = self->sample_rate / 4, four_blocks = 4 * self->block_length;
    size_t usual = quarter_second > four_blocks ? quarter_second : four_blocks;
    size_t most = DEVICE_LARGEST_BLOCK / self->channels;
    if (usual < most)
        return usual;
    return most > self->block_length ? most : self->block_length;
}

/* Once the source is open, and so the number of channels known. */
static int make_buffers(device *self, const device_config *config, char *message) {
    if (self->block_length > DEVICE_LARGEST_BLOCK / self->channels) {
        snprintf(
            message, DEVICE_MESSAGE_SIZE,
            "device configuration: a block of %u frames of %u channels is longer than %d samples",
            (unsigned)config->block_length, (unsigned)self->channels, (int)DEVICE_LARGEST_BLOCK);
        return DEVICE_BAD_CONFIG;
    }
    self->fifo_length = choose_fifo(self, config->fifo_length);
    if (self->fifo_length < self->block_length)
        return bad_config(message, "the FIFO is shorter than a block");
    if (self->fifo_length > DEVICE_LARGEST_BLOCK / self->channels)
        return bad_config(message, "the FIFO is longer than the device's memory");
    size_t frame_bytes = self->channels * sizeof *self->block;
    self->block = malloc(self->block_length * frame_bytes);
    if (self->block == NULL)
        return DEVICE_NO_MEMORY;
    if (self->pace == DEVICE_REAL_TIME) {
        self->fifo = malloc(self->fifo_length * frame_bytes);
        if (self->fifo == NULL)
            return DEVICE_NO_MEMORY;
    }
    return DEVICE_OK;
}

static int open_all(const device_config *config, device *self, char *message) {
    int status = device_source_open(config, &self->source, message);
    if (status != DEVICE_OK)
        return status;
    self->sample_rate = device_source_sample_rate(self->source);
    self->channels = device_source_channels(self->source);
    self->block_length = config->block_length;
    self->pace = (device_pace)config->pace;
    status = make_buffers(self, config, message);
    if (status != DEVICE_OK)
        return status;
    self->monitor = device_platform_monitor_new();
    self->wake = device_platform_wake_new();
    return self->monitor == NULL || self->wake == NULL ? DEVICE_NO_MEMORY : DEVICE_OK;
}

static void free_all(device *self) {
    device_source_close(self->source);
    device_platform_wake_free(self->wake);
    device_platform_monitor_free(self->monitor);
    free(self->block);
    free(self->fifo);
    free(self);
}

int device_open(const device_config *config, device **out) {
    if (out != NULL)
        *out = NULL;
    if (config == NULL || out == NULL)
        return DEVICE_NULL_ARGUMENT;
    char message[DEVICE_MESSAGE_SIZE] = "";
    int status = check_config(config, message);
    if (status == DEVICE_OK) {
        device *self = calloc(1, sizeof *self);
        status = self == NULL ? DEVICE_NO_MEMORY : open_all(config, self, message);
        if (status == DEVICE_OK)
            *out = self;
        else if (self != NULL)
            free_all(self);
    }
    if (status != DEVICE_OK && config->message != NULL && config->message_size > 0) {
        const char *words = message[0] != '\0' ? message : device_strerror(status);
        snprintf(config->message, config->message_size, "%s", words);
    }
    return status;
}

int device_limit(device *self, uint64_t frames) {
    if (self == NULL)
        return DEVICE_NULL_ARGUMENT;
    device_platform_lock(self->monitor);
    int status = self->state == DEVICE_IDLE ? DEVICE_OK : DEVICE_ALREADY_STARTED;
    if (status == DEVICE_OK)
        device_source_limit(self->source, frames);
    device_platform_unlock(self->monitor);
    return status;
}

int device_start(device *self, device_callback callback) {
    if (self == NULL || callback == NULL)
        return DEVICE_NULL_ARGUMENT;
    device_platform_lock(self->monitor);
    int status = DEVICE_ALREADY_STARTED;
    if (self->state == DEVICE_IDLE) {
        self->callback = callback;
        self->thread = device_platform_start(device_acquire_run, self);
        status = self->thread == NULL ? DEVICE_NO_THREAD : DEVICE_OK;
        if (status == DEVICE_OK)
            self->state = DEVICE_RUNNING;
    }
    device_platform_unlock(self->monitor);
    return status;
}

/* With the lock held. An ended device's thread is gone, and its number may be another's by now. */
static bool is_in_callback(const device *self) {
    return self->state == DEVICE_RUNNING && self->stats.thread_id == device_platform_thread_id();
}

int device_wait(device *self, uint32_t timeout_ms) {
    if (self == NULL)
        return DEVICE_NULL_ARGUMENT;
    uint64_t until = device_platform_now_ns() / NS_PER_MS + timeout_ms;
    int status = DEVICE_OK;
    device_platform_lock(self->monitor);
    if (self->state == DEVICE_IDLE)
        status = DEVICE_NOT_STARTED;
    else if (is_in_callback(self))
        status = DEVICE_IN_CALLBACK;
    while (status == DEVICE_OK && self->state != DEVICE_ENDED) {
        uint64_t now = device_platform_now_ns() / NS_PER_MS;
        if (now >= until)
            status = DEVICE_TIMEOUT;
        else
            device_platform_wait(self->monitor, until - now);
    }
    if (status == DEVICE_OK)
        status = self->end_status;
    device_platform_unlock(self->monitor);
    return status;
}

int device_stop(device *self) {
    if (self == NULL)
        return DEVICE_NULL_ARGUMENT;
    int status = DEVICE_OK;
    device_platform_lock(self->monitor);
    if (self->state == DEVICE_IDLE)
        status = DEVICE_NOT_STARTED;
    else if (is_in_callback(self))
        status = DEVICE_IN_CALLBACK;
    else if (self->state == DEVICE_RUNNING && !self->stop_requested) {
        self->stop_requested = true;
        device_platform_wake_raise(self->wake);
    }
    while (status == DEVICE_OK && self->state != DEVICE_ENDED)
        device_platform_wait(self->monitor, DEVICE_PLATFORM_FOREVER);
    device_platform_unlock(self->monitor);
    return status;
}

int device_close(device *self) {
    if (self == NULL)
        return DEVICE_OK;
    if (device_stop(self) == DEVICE_IN_CALLBACK)
        return DEVICE_IN_CALLBACK;
    if (self->thread != NULL)
        device_platform_join(self->thread);
    free_all(self);
    return DEVICE_OK;
}

int device_statistics(const device *self, device_stats *out) {
    if (self == NULL || out == NULL)
        return DEVICE_NULL_ARGUMENT;
    device_platform_lock(self->monitor);
    *out = self->stats;
    device_platform_unlock(self->monitor);
    return DEVICE_OK;
}

uint32_t device_sample_rate(const device *self) {
    return self == NULL ? 0 : self->sample_rate;
}

uint32_t device_channels(const device *self) {
    return self == NULL ? 0 : self->channels;
}

size_t device_notice(const device *self, char *buffer, size_t size) {
    if (self == NULL || buffer == NULL || size == 0)
        return 0;
    device_platform_lock(self->monitor);
    snprintf(buffer, size, "%s", self->notice);
    device_platform_unlock(self->monitor);
    return strlen(buffer);
}

uint64_t device_thread_id(void) {
    return device_platform_thread_id();
}

const char *device_strerror(int status) {
    switch ((device_status)status) {
    case DEVICE_OK:
        return "success";
    case DEVICE_NULL_ARGUMENT:
        return "a pointer that must not be null is null";
    case DEVICE_BAD_CONFIG:
        return "the configuration makes no sense";
    case DEVICE_NO_MEMORY:
        return "out of memory";
    case DEVICE_NO_THREAD:
        return "the system gave no thread";
    case DEVICE_NOT_FOUND:
        return "there is no such file";
    case DEVICE_NOT_READABLE:
        return "the recording can't be read";
    case DEVICE_EMPTY:
        return "the recording holds no samples";
    case DEVICE_NOT_WAV:
        return "the recording is not a WAV file";
    case DEVICE_UNSUPPORTED:
        return "the recording is not 16-bit PCM";
    case DEVICE_MALFORMED:
        return "the recording's header contradicts itself";
    case DEVICE_READ_FAILED:
        return "reading the recording failed in the middle";
    case DEVICE_ALREADY_STARTED:
        return "the device was started before; it acquires once";
    case DEVICE_NOT_STARTED:
        return "the device was not started";
    case DEVICE_IN_CALLBACK:
        return "not possible inside the device's callback";
    case DEVICE_TIMEOUT:
        return "the device still acquires";
    }
    return "not a status of the device";
}
