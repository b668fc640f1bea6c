/* Where the device's callback, which is given nothing but samples, finds the channel's sender.
 *
 * One pointer, set and got, as in pass_rust_object_3. New: it is set on one thread and got on
 * another. There is no lock, because the order of calls is the lock:
 *   set(sender)  before device_start: creating the control thread publishes the pointer to it;
 *   get          inside the callback, on the control thread, and nowhere else;
 *   set(NULL)    after device_stop or device_wait has said that no callback follows.
 */
#ifndef BRIDGE_WITH_TOKIO_STATE_H
#define BRIDGE_WITH_TOKIO_STATE_H

/* Keeps `sender` until the next set. C never looks behind it and never frees it. */
void bridge_with_tokio_state_set(void *sender);

/* What was set last; null before the first set and after set(NULL). */
void *bridge_with_tokio_state_get(void);

#endif
