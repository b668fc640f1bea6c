/* The library. Its callback is plain: it is given a value, and no user data.
 *
 * It keeps its callback in a global variable, without a lock: one thread at a time. */
#ifndef PASS_RUST_OBJECT_MAIN_H
#define PASS_RUST_OBJECT_MAIN_H

#include <stdint.h>

typedef enum pass_rust_object_main_status {
    PASS_RUST_OBJECT_MAIN_OK = 0,
    PASS_RUST_OBJECT_MAIN_NO_CALLBACK, /* none is registered, so nobody got the value */
} pass_rust_object_main_status;

/* Runs on the thread that delivers. Nothing may unwind out of it. */
typedef void (*pass_rust_object_main_callback)(int32_t value);

/* Keeps `callback` until the next one takes its place. Null: none. */
void pass_rust_object_main_register(pass_rust_object_main_callback callback);

/* Calls the callback once, on the calling thread, and returns when it has returned. */
int pass_rust_object_main_deliver(int32_t value);

#endif
