//! Waiting by the clock: a consumer that looks by itself, so that no callback has to wake it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};
use std::task::Waker;
use std::thread;
use std::time::{Duration, Instant};

use crate::quiet::quietly;

/// Sleeps as exactly as the system can: on Linux with the thread's timer slack set to 1 ns, which
/// otherwise makes each sleep up to 50 us longer. It stays so: setting it back
/// each time would be two more system calls a sleep.
pub(super) fn nap(time: Duration) {
    thread_local! {
        static SHARP: Cell<bool> = const { Cell::new(false) };
    }
    if !SHARP.replace(true) {
        sharpen();
    }
    thread::sleep(time);
}

#[cfg(all(target_os = "linux", not(miri)))]
fn sharpen() {
    let nanoseconds: libc::c_ulong = 1;
    // SAFETY: it only takes a number, for the thread that asks. Where it is refused, sleeps are
    // less exact.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
fn sharpen() {}

/// One consumer's place with the library's thread: it wakes the consumer's task once its time has
/// come. Giving it up forgets the task.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    /// 0 as long as it was never used.
    number: u64,
}

impl Ticket {
    /// Has `waker` called after `time`; in place of what was asked for before.
    pub(super) fn wake_after(&mut self, time: Duration, waker: &Waker) {
        if self.number == 0 {
            static NUMBERS: AtomicU64 = AtomicU64::new(1);
            self.number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        }
        let Some(due) = Instant::now().checked_add(time) else { return };
        Ticker::get().add(self.number, due, waker.clone());
    }

    /// Nobody is to be woken any more.
    pub(super) fn forget(&mut self) {
        if self.number != 0 {
            Ticker::get().remove(self.number);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.forget();
    }
}

type Due = BTreeMap<u64, (Instant, Waker)>;

/// The library's one thread: started when the first task waits by the clock, asleep while none
/// does.
#[derive(Debug)]
struct Ticker {
    due: Mutex<Due>,
    changed: Condvar,
}

impl Ticker {
    fn get() -> &'static Ticker {
        static TICKER: OnceLock<Ticker> = OnceLock::new();
        static STARTED: OnceLock<()> = OnceLock::new();
        let ticker =
            TICKER.get_or_init(|| Ticker { due: Mutex::new(Due::new()), changed: Condvar::new() });
        STARTED.get_or_init(|| {
            let thread = thread::Builder::new().name("callback_bridge".into());
            thread.spawn(|| ticker.run()).expect("a thread");
        });
        ticker
    }

    fn add(&self, number: u64, at: Instant, waker: Waker) {
        // Wakers are dropped and called outside of the lock only: they are others' code.
        let mut due = self.lock();
        let first = due.values().map(|(due, _)| *due).min();
        let replaced = due.insert(number, (at, waker));
        drop(due);
        drop(replaced);
        if first.is_none_or(|first| at < first) {
            self.changed.notify_one();
        }
    }

    fn remove(&self, number: u64) {
        let removed = self.lock().remove(&number);
        drop(removed);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        sharpen();
        let mut due = self.lock();
        loop {
            let first = due.iter().map(|(number, (at, _))| (*at, *number)).min();
            let Some((at, number)) = first else {
                due = self.changed.wait(due).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let Some((_, waker)) = due.remove(&number) else { continue };
                drop(due);
                // A waker that panics ends its own task's ticks, not everybody's.
                quietly(|| waker.wake());
                due = self.lock();
            } else {
                let waited = self.changed.wait_timeout(due, left);
                due = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}
