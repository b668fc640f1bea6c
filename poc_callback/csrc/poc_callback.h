/* Two callbacks for the device, and what they noted.
 *
 * There is one set of notes in the whole process, because the device gives a callback nothing but
 * the samples. Only one device at a time may have one of these callbacks. */
#ifndef POC_CALLBACK_H
#define POC_CALLBACK_H

#include <stddef.h>
#include <stdint.h>

enum { POC_CALLBACK_PAUSE_MS = 500 };

typedef struct poc_callback_notes {
    uint64_t thread_id; /* the thread that the callback ran on, as device_thread_id counts */
    uint64_t blocks;    /* how often it was called */
    uint64_t samples;   /* what it was given */
    uint64_t missing;   /* samples of the built-in signal that should have come in between */
} poc_callback_notes;

/* Two device_callbacks. They run on the device's thread, keep no pointer, and take the samples for
 * the built-in signal from its beginning, one channel, on its first rise. The slow one stays for
 * POC_CALLBACK_PAUSE_MS the first time, as if it had to wait for a disk. */
void poc_callback_quick(const int16_t *samples, size_t count);
void poc_callback_slow(const int16_t *samples, size_t count);

/* Forgets all notes; gives a copy of them. Any thread, but only while no device runs with one of
 * the callbacks: nothing guards the notes. */
void poc_callback_forget(void);
poc_callback_notes poc_callback_read(void);

/* How this C compiler lays the struct out: its size, then the offset of each member, in bytes. */
extern const size_t poc_callback_notes_layout[5];

#endif
