//! Waiting without a runtime: the thread parks, and its waker unparks it.

use std::sync::Arc;
use std::task::{Wake, Waker};

use crate::sync::thread::{self, Thread};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(Arc::new(Unpark(thread::current())))
}

/// Calls `wait` once, with the waker of this thread, which is made once a thread. It is lent, not
/// cloned: most answers are there by now, and need none.
#[cfg(not(loom))]
pub(super) fn with_waker<R>(mut wait: impl FnMut(&Waker) -> R) -> R {
    thread_local!(static WAKER: Waker = waker());
    // Gone where the thread ends already and waits in a destructor.
    WAKER.try_with(&mut wait).unwrap_or_else(|_| wait(&waker()))
}

/// A model's threads share one thread, so each wait makes a waker.
#[cfg(loom)]
pub(super) fn with_waker<R>(mut wait: impl FnMut(&Waker) -> R) -> R {
    wait(&waker())
}
