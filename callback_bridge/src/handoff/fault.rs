//! What the models leave out, one at a time, to see that they notice.
//!
//! Outside of the models nothing is ever left out, and the question costs nothing.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The consumer sleeps without the fence between "I sleep" and its second look.
    SleepWithoutFence,
    /// The consumer sleeps without its second look.
    SleepWithoutLook,
    /// The producer does not fence between "published" and "does somebody sleep?".
    PublishWithoutFence,
    /// The producer ends without waking a consumer that sleeps.
    EndWithoutWake,
    /// The producer does not fence between "ended" and "does somebody sleep?".
    EndWithoutFence,
    /// The block with which the threshold is reached wakes nobody.
    ThresholdWithoutWake,
    /// The waiting producer sleeps without its second look.
    WaitWithoutLook,
    /// The waiting producer does not fence between "I wait" and its second look.
    WaitWithoutFence,
    /// The consumer does not fence between making room and "does the producer wait?".
    ReleaseWithoutFence,
    /// The consumer closes without waking a producer that waits for room.
    CloseWithoutWake,
    /// The consumer says that it is gone before it wrote where it stopped reading.
    GoneBeforeLeft,
    /// The producer drops the oldest block without asking whether the consumer took it.
    DropWithoutAsking,
    /// The producer forgets that the consumer holds a block.
    DropForgetsHeld,
    /// The producer goes back from a chunk to a ring that still holds blocks.
    SpillBackEarly,
    /// The consumer gives a block back and then looks at it.
    DrainGivesBackFirst,
    /// The consumer sleeps with the waker of before.
    WakerKept,
    /// The consumer replaces the waker that a producer is using.
    WakerReplacedWhileWaking,
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
