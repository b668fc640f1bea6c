//! How a side sleeps, and how it wakes the other one.

use std::task::Context;

use callback_bridge::fence::Fence;

use super::error::Disconnected;
use super::sync::hint;

/// How a side wakes the other one. Each end has one: [`Local`](super::Local) or another of this
/// module's.
///
/// Nobody else can implement it: it is called where a wake-up may be lost.
pub trait Notify: sealed::Notify {}

/// A way of waiting on a thread.
pub trait Block: Notify + sealed::Block {}

/// A way of waiting in a task.
pub trait Poll: Notify + sealed::Poll {}

impl<N: sealed::Notify> Notify for N {}
impl<N: Notify + sealed::Block> Block for N {}
impl<N: Notify + sealed::Poll> Poll for N {}

pub(super) mod sealed {
    use super::{Context, Disconnected, Fence};

    #[allow(unnameable_types, reason = "sealed")]
    pub trait Notify {
        /// Which fences both ends use.
        fn fence() -> Fence;

        /// Wakes the other side. It was asleep when we asked, once for each time it is asked.
        fn wake(&mut self);

        /// Whether the other side was found to be gone. Looking happens while sleeping and waking.
        fn gone(&self) -> bool;
    }

    /// In this order: `prepare`, say that one sleeps, look again, `sleep`.
    #[allow(unnameable_types, reason = "sealed")]
    pub trait Block {
        /// A wake-up after this ends the next `sleep`, or keeps it from beginning.
        fn prepare(&mut self);

        /// Sleeps until woken, or for no reason.
        fn sleep(&mut self) -> Result<(), Disconnected>;
    }

    /// In this order: `register`, say that one sleeps, look again, return `Pending`.
    #[allow(unnameable_types, reason = "sealed")]
    pub trait Poll {
        /// A wake-up after this wakes the task.
        fn register(&mut self, context: &mut Context<'_>) -> Result<(), Disconnected>;
    }
}

/// How often to look before sleeping: about as long as a wake-up would take.
const LOOKS: u32 = if cfg!(loom) { 0 } else { 10 };

/// How often a task has itself polled again before it sleeps, with all else that its runtime has to do
/// in between: less than a wake-up would take.
pub(super) const TASK_POLLS: u32 = if cfg!(loom) { 0 } else { 8 };

/// How often it looks in each of them: to be polled again may take as long as all of these.
pub(super) const TASK_LOOKS: u32 = if cfg!(loom) { 1 } else { 4 };

/// Looks for a while, longer each time in between: looking takes the word's line away from the
/// other side.
pub(super) fn look_for_a_while(
    mut look: impl FnMut() -> Result<bool, Disconnected>,
) -> Result<bool, Disconnected> {
    for round in 0..LOOKS {
        if look()? {
            return Ok(true);
        }
        pause(u32::min(4 << round, 64));
    }
    Ok(false)
}

/// Before a receiver that waits looks again, after it found so many messages the last time. The more
/// come, the longer it lets them gather: the lines in which they come then cross from core to core
/// once for many, and the sender is not held up by each.
pub(super) fn gather(found: u64) {
    pause(found.saturating_mul(8).clamp(16, 128) as u32);
}

fn pause(spins: u32) {
    if !cfg!(loom) {
        (0..spins).for_each(|_| hint::spin_loop());
    }
}
