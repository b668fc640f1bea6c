/* The control thread. It is the only caller of the callback, and calls it with no lock held. */
#include "acquire.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND 1000000000u
/* The longest sleep. A block may take minutes to fill, and the source may end before it is full. */
#define LONGEST_SLEEP_NS (NS_PER_SECOND / 10)

static bool should_stop(device *self) {
    device_platform_lock(self->monitor);
    bool stop = self->stop_requested;
    device_platform_unlock(self->monitor);
    return stop;
}

/* Gives the callback the first `frames` frames of the block. */
static void deliver(device *self, size_t frames) {
    size_t count = frames * self->channels;
    uint64_t begin = device_platform_now_ns();
    self->callback(self->block, count);
    uint64_t taken = device_platform_now_ns() - begin;

    device_platform_lock(self->monitor);
    self->stats.blocks += 1;
    self->stats.samples += count;
    if (taken > self->stats.longest_callback_ns)
        self->stats.longest_callback_ns = taken;
    device_platform_unlock(self->monitor);
}

/* Reads frames (null: skips them), and keeps what the source has to say. */
static device_source_result take(device *self, int16_t *samples, size_t frames, size_t *got) {
    int status = DEVICE_OK;
    char message[DEVICE_MESSAGE_SIZE];
    message[0] = '\0';
    device_source_result result =
        device_source_read(self->source, self->wake, samples, frames, got, &status, message);
    if (message[0] != '\0') {
        device_platform_lock(self->monitor);
        snprintf(self->notice, sizeof self->notice, "%s", message);
        self->end_status = status;
        device_platform_unlock(self->monitor);
    }
    return result;
}

static void run_flat_out(device *self) {
    device_source_result result = DEVICE_SOURCE_MORE;
    while (result == DEVICE_SOURCE_MORE && !should_stop(self)) {
        size_t frames;
        result = take(self, self->block, self->block_length, &frames);
        if (frames > 0)
            deliver(self, frames);
    }
}

/* Real time: a converter fills the FIFO by the clock, whatever the callback does. Nobody empties
 * it while a callback runs, so once it is full samples are lost until the callback returns. */
typedef struct converter {
    uint64_t start_ns; /* when frame 0 was due */
    uint64_t acquired; /* frames since then, the lost ones included */
    size_t first;      /* where the oldest frame in the FIFO is */
    size_t held;       /* frames in the FIFO; it wraps around at its end */
    bool ended;        /* the source has no more */
} converter;

/* How many frames the clock has acquired by now. Split, so that no product exceeds 64 bits. */
static uint64_t frames_due(const device *self, const converter *adc) {
    uint64_t elapsed = device_platform_now_ns() - adc->start_ns;
    return elapsed / NS_PER_SECOND * self->sample_rate +
           elapsed % NS_PER_SECOND * self->sample_rate / NS_PER_SECOND;
}

/* How long it is until so many frames are due, rounded up. */
static uint64_t ns_until(const device *self, const converter *adc, uint64_t frames) {
    uint64_t rest = frames % self->sample_rate * NS_PER_SECOND;
    uint64_t due = frames / self->sample_rate * NS_PER_SECOND +
                   (rest + self->sample_rate - 1) / self->sample_rate;
    uint64_t elapsed = device_platform_now_ns() - adc->start_ns;
    return due > elapsed ? due - elapsed : 0;
}

/* Acquires frames into the FIFO, or loses them where it is full. Returns how many. */
static size_t convert_some(device *self, converter *adc, uint64_t wanted) {
    size_t room = self->fifo_length - adc->held;
    size_t at = (adc->first + adc->held) % self->fifo_length;
    size_t most = SIZE_MAX;
    if (room > 0) /* up to where the free space ends, or the memory */
        most = room < self->fifo_length - at ? room : self->fifo_length - at;
    int16_t *into = room > 0 ? self->fifo + at * self->channels : NULL;
    size_t got;
    adc->ended =
        take(self, into, wanted < most ? (size_t)wanted : most, &got) != DEVICE_SOURCE_MORE;
    if (room > 0) {
        adc->held += got;
    } else {
        device_platform_lock(self->monitor);
        self->stats.overruns += (uint64_t)got * self->channels;
        device_platform_unlock(self->monitor);
    }
    return got;
}

/* Brings the FIFO up to what the clock says has been acquired by now. */
static void convert(device *self, converter *adc) {
    uint64_t due = frames_due(self, adc), begin = device_platform_now_ns();
    while (!adc->ended && adc->acquired < due)
        adc->acquired += convert_some(self, adc, due - adc->acquired);
    /* A recording that comes slowly through a pipe is late, not lost: the clock waits for it. */
    if (device_source_is_recording(self->source))
        adc->start_ns += device_platform_now_ns() - begin;
}

static void deliver_from_fifo(device *self, converter *adc, size_t frames) {
    size_t channels = self->channels;
    size_t unwrapped = self->fifo_length - adc->first; /* frames before the FIFO's memory ends */
    size_t ahead = frames < unwrapped ? frames : unwrapped;
    memcpy(self->block, self->fifo + adc->first * channels, ahead * channels * sizeof *self->fifo);
    memcpy(
        self->block + ahead * channels, self->fifo,
        (frames - ahead) * channels * sizeof *self->fifo);
    adc->first = (adc->first + frames) % self->fifo_length;
    adc->held -= frames;
    deliver(self, frames);
}

static void run_real_time(device *self) {
    converter adc = {.start_ns = device_platform_now_ns()};
    bool stop = false;
    while (!stop && !adc.ended) {
        stop = should_stop(self); /* asked first: what was acquired until then still comes */
        convert(self, &adc);
        if (adc.held >= self->block_length) {
            deliver_from_fifo(self, &adc, self->block_length);
        } else if (!stop && !adc.ended) {
            uint64_t ns = ns_until(self, &adc, adc.acquired + self->block_length - adc.held);
            device_platform_sleep(self->wake, ns < LONGEST_SLEEP_NS ? ns : LONGEST_SLEEP_NS);
        }
    }
    while (adc.held > 0)
        deliver_from_fifo(
            self, &adc, adc.held < self->block_length ? adc.held : self->block_length);
}

void device_acquire_run(void *context) {
    device *self = context;
    device_platform_lock(self->monitor);
    self->stats.thread_id = device_platform_thread_id();
    device_platform_unlock(self->monitor);

    if (self->pace == DEVICE_REAL_TIME)
        run_real_time(self);
    else
        run_flat_out(self);

    device_platform_lock(self->monitor);
    self->state = DEVICE_ENDED;
    device_platform_notify_all(self->monitor);
    device_platform_unlock(self->monitor);
}
