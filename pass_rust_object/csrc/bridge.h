/* The bridge: it remembers the user data that the library has no place for.
 *
 * It keeps one object and one function in global variables, without a lock: one thread at a time.
 */
#ifndef PASS_RUST_OBJECT_BRIDGE_H
#define PASS_RUST_OBJECT_BRIDGE_H

#include <stdint.h>

#include "main.h"

/* Runs on the thread that delivers, with the object that was set. Nothing may unwind out of it. */
typedef void (*pass_rust_object_bridge_callback)(void *object, int32_t value);

/* Returns a plain function. As long as the bridge is set, it calls callback(object, value).
 * C never looks into `object`. The caller owns it, and keeps it alive and in its place until
 * the next set or clear. There is one place: the next set takes it, and the function stays. */
pass_rust_object_main_callback
pass_rust_object_bridge_set(void *object, pass_rust_object_bridge_callback callback);

/* Forgets object and callback. The plain function does nothing from now on. */
void pass_rust_object_bridge_clear(void);

#endif
