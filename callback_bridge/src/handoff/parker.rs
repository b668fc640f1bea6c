//! One thread that sleeps until it is woken; a wake-up that comes first is kept.
//!
//! std's `park` would do, but its handle allocates on a thread that std did not start, and a
//! callback's thread is one.

use std::task::Wake;
use std::time::Duration;

use crate::sync::{AtomicU32, Ordering};

const EMPTY: u32 = 0;
const NOTIFIED: u32 = 1;
const PARKED: u32 = 2;

#[derive(Debug)]
pub(super) struct Parker {
    state: AtomicU32,
    sleep: Sleep,
}

impl Parker {
    pub(super) fn new() -> Parker {
        Parker { state: AtomicU32::new(EMPTY), sleep: Sleep::new() }
    }

    /// Sleeps until [`Parker::unpark`] was called, at most for `timeout`. One thread at a time.
    pub(super) fn park(&self, timeout: Option<Duration>) {
        // Acquire in both: pairs with the Release in `unpark`.
        let parked =
            self.state.compare_exchange(EMPTY, PARKED, Ordering::Acquire, Ordering::Acquire);
        if parked.is_ok() {
            self.sleep.while_parked(&self.state, timeout);
        }
        self.state.swap(EMPTY, Ordering::Acquire);
    }

    /// Wakes the thread that sleeps, or the next one to come.
    pub(super) fn unpark(&self) {
        // Release: pairs with the Acquire in `park`.
        if self.state.swap(NOTIFIED, Ordering::Release) == PARKED {
            self.sleep.wake(&self.state);
        }
    }
}

impl Wake for Parker {
    fn wake(self: std::sync::Arc<Parker>) {
        self.unpark();
    }

    fn wake_by_ref(self: &std::sync::Arc<Parker>) {
        self.unpark();
    }
}

#[cfg(all(target_os = "linux", not(loom), not(miri)))]
pub(super) use futex::Sleep;
#[cfg(not(all(target_os = "linux", not(loom), not(miri))))]
pub(super) use portable::Sleep;

#[cfg(all(target_os = "linux", not(loom), not(miri)))]
mod futex {
    use std::ptr;
    use std::time::{Duration, Instant};

    use super::PARKED;
    use crate::sync::{AtomicU32, Ordering};

    #[derive(Debug)]
    pub(in super::super) struct Sleep;

    impl Sleep {
        pub(super) fn new() -> Sleep {
            Sleep
        }

        pub(super) fn while_parked(&self, state: &AtomicU32, timeout: Option<Duration>) {
            // A timeout beyond the clock's end is none.
            let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
            // Acquire: pairs with the Release in `unpark`.
            while state.load(Ordering::Acquire) == PARKED {
                let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
                if left.is_some_and(|left| left.is_zero()) {
                    return;
                }
                let left = left.map(|left| libc::timespec {
                    // 68 years are enough, as then it looks again.
                    tv_sec: left.as_secs().try_into().unwrap_or(i32::MAX.into()),
                    tv_nsec: left.subsec_nanos() as libc::c_long,
                });
                let left = left.as_ref().map_or(ptr::null(), ptr::from_ref);
                let operation = libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG;
                // SAFETY: the word and the time live across the call; what the kernel answers
                // (woken, changed, late, interrupted) is all found out by looking again.
                unsafe { libc::syscall(libc::SYS_futex, state.as_ptr(), operation, PARKED, left) };
            }
        }

        pub(super) fn wake(&self, state: &AtomicU32) {
            let operation = libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG;
            // SAFETY: the kernel uses the address as a name only.
            unsafe { libc::syscall(libc::SYS_futex, state.as_ptr(), operation, 1) };
        }
    }
}

#[cfg(any(test, not(all(target_os = "linux", not(loom), not(miri)))))]
mod portable {
    use std::time::Duration;

    use super::PARKED;
    use crate::sync::{AtomicU32, Condvar, Mutex, Ordering};

    #[derive(Debug)]
    #[cfg_attr(
        all(target_os = "linux", not(loom), not(miri)),
        allow(unreachable_pub, reason = "tested only")
    )]
    pub(in super::super) struct Sleep {
        turn: Mutex<()>,
        changed: Condvar,
    }

    impl Sleep {
        pub(super) fn new() -> Sleep {
            Sleep { turn: Mutex::new(()), changed: Condvar::new() }
        }

        pub(super) fn while_parked(&self, state: &AtomicU32, timeout: Option<Duration>) {
            // Nothing panics under this lock.
            let mut turn = self.turn.lock().expect("no panic");
            // Acquire: pairs with the Release in `unpark`.
            while state.load(Ordering::Acquire) == PARKED {
                match timeout {
                    None => turn = self.changed.wait(turn).expect("no panic"),
                    Some(timeout) => {
                        drop(self.changed.wait_timeout(turn, timeout).expect("no panic"));
                        return;
                    }
                }
            }
        }

        pub(super) fn wake(&self, _state: &AtomicU32) {
            // Who sleeps has looked at the state under the lock: after this it waits already.
            drop(self.turn.lock().expect("no panic"));
            self.changed.notify_one();
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use super::portable::Sleep;
    use super::*;

    #[test]
    fn a_wake_up_that_comes_first_is_kept() {
        let parker = Parker::new();
        parker.unpark();
        parker.park(None);
        parker.park(Some(Duration::from_millis(1)));
    }

    #[test]
    fn the_portable_sleep_ends_when_woken_or_in_time() {
        let both = Arc::new((AtomicU32::new(PARKED), Sleep::new()));
        let other = Arc::clone(&both);
        both.1.while_parked(&both.0, Some(Duration::from_millis(1)));
        let waker = thread::spawn(move || {
            other.0.store(NOTIFIED, Ordering::Release);
            other.1.wake(&other.0);
        });
        both.1.while_parked(&both.0, None);
        assert_eq!(both.0.load(Ordering::Relaxed), NOTIFIED);
        waker.join().expect("no panic");
    }
}
