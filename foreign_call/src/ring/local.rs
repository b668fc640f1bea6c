//! Both ends in this process, and in Rust: a side leaves its waker where the other one finds it.

use std::fmt;
use std::mem;
use std::sync::Arc;
use std::task::{Context, Waker};

use callback_bridge::fence::Fence;

use super::error::Disconnected;
use super::notify::sealed;
use super::sync::{Condvar, Mutex, MutexGuard};

/// Wakes tasks of any runtime, and threads. It needs nothing of the operating system.
pub struct Local {
    own: Arc<Bed>,
    other: Arc<Bed>,
}

impl Local {
    /// For the two ends of one ring.
    pub(super) fn pair() -> (Local, Local) {
        let (one, two) = (Arc::default(), Arc::default());
        let first = Local { own: Arc::clone(&one), other: Arc::clone(&two) };
        (first, Local { own: two, other: one })
    }
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Local")
    }
}

impl sealed::Notify for Local {
    /// Both ends are ours, and in this process.
    fn fence() -> Fence {
        Fence::best()
    }

    fn wake(&mut self) {
        match self.other.put(Sleeper::Nobody) {
            Sleeper::Nobody => {}
            Sleeper::Thread => self.other.changed.notify_one(),
            Sleeper::Task(waker) => waker.wake(),
        }
    }

    /// Who goes away in this process closes its end.
    fn gone(&self) -> bool {
        false
    }
}

impl sealed::Block for Local {
    fn prepare(&mut self) {
        self.own.put(Sleeper::Thread);
    }

    fn sleep(&mut self) -> Result<(), Disconnected> {
        let mut sleeper = self.own.lock();
        while matches!(*sleeper, Sleeper::Thread) {
            sleeper = self.own.changed.wait(sleeper).expect(NO_PANIC);
        }
        Ok(())
    }
}

impl sealed::Poll for Local {
    fn register(&mut self, context: &mut Context<'_>) -> Result<(), Disconnected> {
        self.own.put(Sleeper::Task(context.waker().clone()));
        Ok(())
    }
}

/// Whom to wake.
enum Sleeper {
    Nobody,
    /// The one that waits for `changed`, or is about to.
    Thread,
    Task(Waker),
}

/// Where a side sleeps. Locked only to fall asleep and to wake.
struct Bed {
    sleeper: Mutex<Sleeper>,
    changed: Condvar,
}

const NO_PANIC: &str = "nothing panics under this lock";

impl Default for Bed {
    fn default() -> Bed {
        Bed { sleeper: Mutex::new(Sleeper::Nobody), changed: Condvar::new() }
    }
}

impl Bed {
    fn lock(&self) -> MutexGuard<'_, Sleeper> {
        self.sleeper.lock().expect(NO_PANIC)
    }

    /// Who was there. No code of the user runs under the lock: wakers are cloned before, and woken
    /// and dropped afterwards.
    fn put(&self, sleeper: Sleeper) -> Sleeper {
        mem::replace(&mut *self.lock(), sleeper)
    }
}
