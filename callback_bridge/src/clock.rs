//! Waiting by the clock, on any runtime: the library's one thread wakes whoever asked for it.
//!
//! The thread is started when somebody first waits, and sleeps until the earliest time that is asked
//! for. So a deadline costs two locked insertions, and no thread of its own.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use crate::quiet::quietly;

/// Ready after `time`, counted from now. A time that no clock will ever show is never over.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use std::time::{Duration, Instant};
///
/// let start = Instant::now();
/// callback_bridge::clock::after(Duration::from_millis(5)).await;
/// assert!(start.elapsed() >= Duration::from_millis(5));
/// # }
/// ```
pub fn after(time: Duration) -> After {
    After { due: Instant::now().checked_add(time), ticket: Ticket::default() }
}

/// The future of [`after`]. Dropping it forgets the waker of its last poll at once.
#[must_use = "it does nothing unless it is polled"]
pub struct After {
    /// `None`: never.
    due: Option<Instant>,
    ticket: Ticket,
}

impl Future for After {
    type Output = ();

    /// # Panics
    ///
    /// If it is the first in this process that waits, and no thread can be started.
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let Some(due) = self.due else { return Poll::Pending };
        if Instant::now() >= due {
            return Poll::Ready(());
        }
        self.ticket.wake_at(due, context.waker());
        Poll::Pending
    }
}

impl fmt::Debug for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("After").field("due", &self.due).finish_non_exhaustive()
    }
}

/// One place with the library's thread: it wakes a task once its time has come. Giving it up forgets
/// the task.
#[derive(Debug, Default)]
pub(crate) struct Ticket(Option<Key>);

/// When, and a number of its own.
type Key = (Instant, u64);

impl Ticket {
    /// Has `waker` called at that time; in place of what was asked for before.
    pub(crate) fn wake_at(&mut self, due: Instant, waker: &Waker) {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        self.forget();
        // Relaxed: only that no two are the same matters.
        let key = (due, NUMBERS.fetch_add(1, Ordering::Relaxed));
        Ticker::get().add(key, waker.clone());
        self.0 = Some(key);
    }

    /// Likewise, after `time`.
    pub(crate) fn wake_after(&mut self, time: Duration, waker: &Waker) {
        if let Some(due) = Instant::now().checked_add(time) {
            self.wake_at(due, waker);
        }
    }

    /// Nobody is to be woken any more.
    pub(crate) fn forget(&mut self) {
        if let Some(key) = self.0.take() {
            Ticker::get().remove(key);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.forget();
    }
}

type Due = BTreeMap<Key, Waker>;

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

    fn add(&self, key: Key, waker: Waker) {
        let mut due = self.lock();
        due.insert(key, waker);
        let is_first = due.first_key_value().is_some_and(|(first, _)| *first == key);
        drop(due);
        if is_first {
            self.changed.notify_one();
        }
    }

    fn remove(&self, key: Key) {
        // Wakers are dropped and called outside of the lock only: they are others' code.
        let removed = self.lock().remove(&key);
        drop(removed);
    }

    fn lock(&self) -> MutexGuard<'_, Due> {
        self.due.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self) {
        sharpen();
        let mut due = self.lock();
        loop {
            let Some((&(at, _), _)) = due.first_key_value() else {
                due = self.changed.wait(due).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let Some((_, waker)) = due.pop_first() else { continue };
                drop(due);
                // A waker that panics ends its own task's wait, not everybody's.
                quietly(|| waker.wake());
                due = self.lock();
            } else {
                let waited = self.changed.wait_timeout(due, left);
                due = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

/// Lets this thread sleep as exactly as the system can: on Linux with its timer slack set to 1 ns,
/// which otherwise makes each sleep up to 50 us longer.
#[cfg(all(target_os = "linux", not(miri)))]
pub(crate) fn sharpen() {
    let nanoseconds: libc::c_ulong = 1;
    // SAFETY: it only takes a number, for the thread that asks. Where it is refused, sleeps are
    // less exact.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanoseconds) };
}

#[cfg(not(all(target_os = "linux", not(miri))))]
pub(crate) fn sharpen() {}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::mpsc::{Sender, channel};
    use std::task::Wake;

    use super::*;

    struct Tell(Sender<&'static str>, &'static str);

    impl Wake for Tell {
        fn wake(self: Arc<Self>) {
            self.0.send(self.1).expect("the test waits");
        }
    }

    fn waiting() -> usize {
        Ticker::get().lock().len()
    }

    /// One test, as it looks at the list of all.
    #[test]
    fn who_asks_is_woken_in_the_order_of_the_times_and_who_is_dropped_is_forgotten() {
        let (told, tells) = channel();
        let poll = |after: Pin<&mut After>, name| {
            let waker = Waker::from(Arc::new(Tell(told.clone(), name)));
            after.poll(&mut Context::from_waker(&waker))
        };
        let mut never = pin!(after(Duration::MAX));
        assert!(poll(never.as_mut(), "never").is_pending());
        assert_eq!(waiting(), 0, "no clock will show it");
        {
            let mut first = pin!(after(Duration::from_secs(3600)));
            assert!(poll(first.as_mut(), "dropped").is_pending());
            assert!(poll(first.as_mut(), "dropped").is_pending());
            assert_eq!(waiting(), 1, "the last poll counts");
        }
        assert_eq!(waiting(), 0);
        // Long enough to be polled before, however slow the machine is.
        let mut late = pin!(after(Duration::from_millis(1_200)));
        let mut early = pin!(after(Duration::from_millis(1_000)));
        assert!(poll(late.as_mut(), "late").is_pending());
        assert!(poll(early.as_mut(), "early").is_pending());
        let guard = Duration::from_secs(60);
        assert_eq!(tells.recv_timeout(guard), Ok("early"));
        assert!(poll(early.as_mut(), "early").is_ready());
        assert_eq!(tells.recv_timeout(guard), Ok("late"));
        assert!(poll(late.as_mut(), "late").is_ready());
        assert_eq!(waiting(), 0);
        assert!(after(Duration::ZERO).ticket.0.is_none());
    }
}
