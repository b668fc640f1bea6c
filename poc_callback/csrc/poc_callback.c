#ifndef _WIN32
#define _POSIX_C_SOURCE 199309L /* nanosleep() */
#endif

#include "poc_callback.h"

#include <device.h>

#ifdef _WIN32
#include <windows.h>
#else
#include <time.h>
#endif

const size_t poc_callback_notes_layout[5] = {
    sizeof(poc_callback_notes),
    offsetof(poc_callback_notes, thread_id),
    offsetof(poc_callback_notes, blocks),
    offsetof(poc_callback_notes, samples),
    offsetof(poc_callback_notes, missing),
};

/* A callback that is given nothing of ours can only find it where everybody can: in a static. */
static poc_callback_notes notes;
static uint64_t next_index; /* of the signal's sample that must come now */

static void pause_ms(unsigned ms) {
#ifdef _WIN32
    Sleep(ms);
#else
    struct timespec rest = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&rest, &rest) != 0) {
        /* a signal handler ran: sleep for the rest */
    }
#endif
}

void poc_callback_quick(const int16_t *samples, size_t count) {
    notes.thread_id = device_thread_id();
    notes.blocks += 1;
    notes.samples += count;
    for (size_t i = 0; i < count; i++) {
        for (; device_signal(next_index) != samples[i]; next_index++)
            notes.missing += 1;
        next_index++;
    }
}

void poc_callback_slow(const int16_t *samples, size_t count) {
    poc_callback_quick(samples, count);
    if (notes.blocks == 1)
        pause_ms(POC_CALLBACK_PAUSE_MS);
}

void poc_callback_forget(void) {
    notes = (poc_callback_notes){0};
    next_index = 0;
}

poc_callback_notes poc_callback_read(void) {
    return notes;
}
