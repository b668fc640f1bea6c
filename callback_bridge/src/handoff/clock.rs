//! Waiting by the clock: a consumer that looks by itself, so that no callback has to wake it.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use crate::clock::sharpen;

/// Sleeps as exactly as the system can. The thread's timer slack stays as [`sharpen`] has set it:
/// setting it back each time would be two more system calls a sleep.
pub(super) fn nap(time: Duration) {
    thread_local! {
        static SHARP: Cell<bool> = const { Cell::new(false) };
    }
    if !SHARP.replace(true) {
        sharpen();
    }
    thread::sleep(time);
}
