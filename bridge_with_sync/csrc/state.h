/* Where the device's callback finds the channel's sender: the state of bridge_with_tokio, with this
 * crate's name. It does not care what kind of channel it is.
 *
 * There is no lock, because the order of calls is the lock:
 *   set(sender)  before device_start: creating the control thread publishes the pointer to it;
 *   get          inside the callback, on the control thread, and nowhere else;
 *   set(NULL)    after device_stop or device_wait has said that no callback follows.
 */
#ifndef BRIDGE_WITH_SYNC_STATE_H
#define BRIDGE_WITH_SYNC_STATE_H

/* Keeps `sender` until the next set. C never looks behind it and never frees it. */
void bridge_with_sync_state_set(void *sender);

/* What was set last; null before the first set and after set(NULL). */
void *bridge_with_sync_state_get(void);

#endif
