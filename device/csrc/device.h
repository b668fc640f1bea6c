/* device: the vendor's library.
 *
 * A device owns a control thread. The thread acquires samples and calls you back whenever a block
 * is full. While your callback runs the thread does nothing else: copy what you need and return.
 * The callback gets no user data; that is how this vendor made it.
 *
 * Units. A sample is one signed 16-bit number. A frame is one sample of every channel, and samples
 * are interleaved: left, right, left, right. Blocks hold whole frames. Times are nanoseconds.
 *
 * Threads. Every function but device_open and device_close may be called from any thread while the
 * device is open. device_close must be the last call on its device, with no other call running.
 */
#ifndef DEVICE_H
#define DEVICE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum device_status {
    DEVICE_OK = 0,
    DEVICE_NULL_ARGUMENT,   /* a pointer that must not be null was null */
    DEVICE_BAD_CONFIG,      /* a number in device_config makes no sense */
    DEVICE_NO_MEMORY,       /* the system gave no memory */
    DEVICE_NO_THREAD,       /* the system gave no thread */
    DEVICE_NOT_FOUND,       /* there is no such file */
    DEVICE_NOT_READABLE,    /* it is there, but can't be read: a directory, no permission, ... */
    DEVICE_EMPTY,           /* it holds not one whole frame */
    DEVICE_NOT_WAV,         /* it does not begin as a WAV file does */
    DEVICE_UNSUPPORTED,     /* a WAV file, but not 16-bit PCM */
    DEVICE_MALFORMED,       /* a WAV file that contradicts itself */
    DEVICE_READ_FAILED,     /* reading failed in the middle of the recording */
    DEVICE_ALREADY_STARTED, /* a device acquires once; open it again to acquire again */
    DEVICE_NOT_STARTED,     /* nothing to stop or to wait for */
    DEVICE_IN_CALLBACK,     /* refused inside the callback, where it would wait for itself */
    DEVICE_TIMEOUT          /* still acquiring when the time was over */
} device_status;

typedef enum device_source_kind {
    DEVICE_SOURCE_SIGNAL = 0, /* the built-in triangle wave, see device_signal */
    DEVICE_SOURCE_WAV,        /* a WAV file, 16-bit PCM */
    DEVICE_SOURCE_RAW         /* 16-bit little-endian samples and nothing else */
} device_source_kind;

typedef enum device_pace {
    DEVICE_REAL_TIME = 0, /* sample_rate frames a second; a slow callback makes overruns */
    DEVICE_FLAT_OUT       /* as fast as the callback allows; nothing is ever lost */
} device_pace;

enum {
    DEVICE_MESSAGE_SIZE = 1024,             /* enough for every sentence of this library */
    DEVICE_LARGEST_BLOCK = 16 * 1024 * 1024 /* samples in one block, and frames in the FIFO */
};

/* Everything is copied by device_open; nothing in here is kept. */
typedef struct device_config {
    uint32_t source;       /* a device_source_kind */
    uint32_t pace;         /* a device_pace */
    const char *path;      /* recordings: UTF-8 on Windows, bytes elsewhere; "-": standard input */
    uint32_t block_length; /* frames in a block; 1 or more */
    uint32_t fifo_length;  /* frames kept while a callback runs (real time only); 0: the usual
                              quarter of a second, or four blocks where that is more */
    uint32_t sample_rate;  /* frames a second, of the signal and of raw samples */
    uint32_t channels;     /* samples in a frame, of the signal and of raw samples */
    char *message;         /* where device_open writes its sentence when it fails; may be null */
    size_t message_size;   /* bytes there */
} device_config;

typedef struct device_stats {
    uint64_t blocks;              /* callbacks that have returned */
    uint64_t samples;             /* what they were given */
    uint64_t overruns;            /* samples lost because a callback took too long */
    uint64_t longest_callback_ns; /* the longest time that the device stood still */
    uint64_t thread_id;           /* the control thread, as device_thread_id counts; 0: not yet */
} device_stats;

typedef struct device device;

/* Runs on the control thread. `samples` is the device's own memory and valid until the callback
 * returns, no longer. `count` is in samples: block_length times the channels, less in the last
 * block. No C++ exception, longjmp or unwinding may leave it. */
typedef void (*device_callback)(const int16_t *samples, size_t count);

/* Opens the source and checks it. For a WAV this reads the header, so on a pipe it waits for it,
 * and only the pipe's writer can end that.
 * On success *out is a device that the caller owns and gives back with device_close.
 * On failure *out is null and config->message says why, naming the file. */
int device_open(const device_config *config, device **out);

/* Before device_start: the source ends after so many frames, if it does not end before. Without it
 * the signal runs until the device is stopped. Later it is DEVICE_ALREADY_STARTED. */
int device_limit(device *self, uint64_t frames);

/* Starts the control thread. It calls `callback` until the source ends or device_stop is called.
 * A device starts once: the second time is DEVICE_ALREADY_STARTED, also after it has ended. */
int device_start(device *self, device_callback callback);

/* Waits until the source has ended or the device was stopped, `timeout_ms` at the most.
 * DEVICE_OK: it ended, and the callback won't be called again. DEVICE_TIMEOUT: it still runs.
 * DEVICE_EMPTY, DEVICE_READ_FAILED: it ended because of that; device_notice has the sentence. */
int device_wait(device *self, uint32_t timeout_ms);

/* Ends acquisition, delivers what was acquired so far (in real time all that the FIFO holds; the
 * last block may be shorter), and returns after the last callback has returned: when it returns
 * DEVICE_OK the callback's data may be freed.
 * A device that waits for input is woken. Stopping a device that has ended is DEVICE_OK, one that
 * was never started DEVICE_NOT_STARTED, and inside the callback it is DEVICE_IN_CALLBACK. */
int device_stop(device *self);

/* Stops the device if it runs, and frees it. Inside the callback: DEVICE_IN_CALLBACK, and nothing
 * happens. Null is DEVICE_OK. */
int device_close(device *self);

/* What has happened so far. Cheap; may be called at any time, also inside the callback. */
int device_statistics(const device *self, device_stats *out);

/* Frames a second and samples a frame of the source: of a WAV, what its header says.
 * 0 where `self` is null. */
uint32_t device_sample_rate(const device *self);
uint32_t device_channels(const device *self);

/* What was wrong with the recording so far (a truncated data chunk, a frame cut in half, a failed
 * read), as a sentence in `buffer`; an empty one where nothing was. Returns the sentence's length,
 * cut to what `size` holds. */
size_t device_notice(const device *self, char *buffer, size_t size);

/* The built-in signal: the sample with number `index`, of a triangle wave that rises by 1 from 0 to
 * 32767, falls to -32768 and rises again. It repeats after DEVICE_SIGNAL_PERIOD samples, so a
 * receiver that counts sees every gap, repeat or swap shorter than that. */
#define DEVICE_SIGNAL_PERIOD 131070u
int16_t device_signal(uint64_t index);

/* The system's number for the calling thread. */
uint64_t device_thread_id(void);

/* A status in words; static, never null, also for numbers that are no status. */
const char *device_strerror(int status);

#ifdef __cplusplus
}
#endif

#endif
