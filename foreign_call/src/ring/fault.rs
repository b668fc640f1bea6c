//! What the models leave out, one at a time, to see that they notice.
//!
//! Outside of the models nothing is ever left out, and the question costs nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The receiver sleeps without the fence between "I sleep" and its second look.
    SleepWithoutFence,
    /// The receiver sleeps without its second look.
    SleepWithoutLook,
    /// The sender does not fence between "published" and "does the receiver sleep?".
    PublishWithoutFence,
    /// The sender that waits for room sleeps without the fence before its second look.
    WaitWithoutFence,
    /// The sender that waits for room sleeps without its second look.
    WaitWithoutLook,
    /// The receiver does not fence between "taken" and "does the sender wait?".
    ReleaseWithoutFence,
    /// The receiver gives a slot back and then reads it.
    ReleaseBeforeCopy,
    /// The sender publishes a slot and then writes it.
    PublishBeforeWrite,
    /// The sender uses the arena's bytes again before the message that lies there was taken.
    ReuseBeforeTaken,
    /// The receiver looks for messages first and for the end afterwards.
    EndBeforeLook,
    /// A side closes without a fence between "closed" and "does the other one sleep?".
    CloseWithoutFence,
    /// A side closes without waking the other one.
    CloseWithoutWake,
    /// A side takes back what woke it, and then sleeps until something wakes it.
    ClearBeforeSleep,
    /// A message goes into the ring while others, sent before it, are in the spill.
    SpillOvertaken,
}

#[cfg(all(test, loom))]
mod chosen {
    use std::cell::Cell;

    use super::Fault;

    thread_local! {
        // A model's threads all run on the thread that called it.
        static CHOSEN: Cell<Option<Fault>> = const { Cell::new(None) };
    }

    pub(in super::super) fn choose(fault: Option<Fault>) {
        CHOSEN.set(fault);
    }

    pub(in super::super) fn fault(fault: Fault) -> bool {
        CHOSEN.get() == Some(fault)
    }
}

#[cfg(all(test, loom))]
pub(super) use chosen::{choose, fault};

#[cfg(not(all(test, loom)))]
#[inline(always)]
pub(super) const fn fault(_fault: Fault) -> bool {
    false
}
