/* The state: it holds an object, and hands it to a callback whenever it is asked to.
 *
 * It keeps both in global variables, without a lock: one thread at a time. */
#ifndef PASS_RUST_OBJECT_2_STATE_H
#define PASS_RUST_OBJECT_2_STATE_H

#include <stdint.h>

/* Runs on the thread that calls pass_rust_object_2_state_call. It may write to `object`.
 * Nothing may unwind out of it. */
typedef void (*pass_rust_object_2_state_callback)(void *object, int32_t value);

/* Keeps both until the next set; two nulls make it forget. The caller owns `object`, keeps it
 * alive and in its place that long, and sees to it that it may be written.
 * C never looks into it. */
void pass_rust_object_2_state_set(void *object, pass_rust_object_2_state_callback callback);

/* Calls callback(object, value) once, on the calling thread. Does nothing where nothing is set. */
void pass_rust_object_2_state_call(int32_t value);

#endif
