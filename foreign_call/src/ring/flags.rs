//! What a side says of itself: that it sleeps, that it is closed.
//!
//! Each side writes one word (an index, or its flags) and then reads the other's. Without a full
//! fence between the two on *both* sides, each may miss what the other wrote, and a wake-up is lost.
//! So: the one that is about to sleep says so, fences, and looks again; the other one publishes,
//! fences, and looks whether somebody sleeps. At least one of them sees the other.
//!
//! [`Fence`] says who pays. The one that publishes does so for every message, and its fence has to
//! wait until the other core has given the index's line away. So where both ends are ours, and in one
//! process, the one that is about to sleep fences for both.

use callback_bridge::fence::Fence;

use super::fault::{Fault, fault};
use super::sync::{AtomicU32, Ordering};

/// The owner sleeps, and wants to be woken. Set by the owner; taken back by whoever comes first: the
/// owner that is awake again, or the other side, which then wakes it. So each sleep is ended once.
const ASLEEP: u32 = 1;
/// The owner is closed. Set by the owner, for good.
const CLOSED: u32 = 2;

/// One word of the header. Both sides write it, and only by changing one bit.
#[repr(transparent)]
pub(super) struct Flags(AtomicU32);

/// What the owner of the flags wants of the other side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attention {
    pub(super) wake: bool,
    pub(super) closed: bool,
}

impl Flags {
    #[cfg(loom)]
    pub(super) fn new() -> Flags {
        Flags(AtomicU32::new(0))
    }

    /// The owner's: it is about to sleep. After this it looks again, and sleeps only if there is
    /// nothing.
    pub(super) fn arm(&self, fence: Fence, without_fence: Fault) {
        // Release: pairs with the Acquire in `attend`; whom to wake was written down before.
        self.0.fetch_or(ASLEEP, Ordering::Release);
        if !fault(without_fence) {
            // Pairs with the fence in `attend`.
            fence.heavy();
        }
    }

    /// The owner's: it is awake.
    pub(super) fn disarm(&self) {
        // Relaxed: it hands over nothing.
        self.0.fetch_and(!ASLEEP, Ordering::Relaxed);
    }

    /// The owner's: it is closed.
    pub(super) fn close(&self) {
        // Release: pairs with the Acquire in `closed`; what was published before is seen then.
        self.0.fetch_or(CLOSED, Ordering::Release);
    }

    /// The other side's.
    pub(super) fn closed(&self) -> bool {
        // Acquire: pairs with the Release in `close`.
        self.0.load(Ordering::Acquire) & CLOSED != 0
    }

    /// The other side's, after it wrote what the owner may be waiting for. Where it says `wake`, the
    /// caller has to.
    #[inline]
    pub(super) fn attend(&self, fence: Fence, without_fence: Fault) -> Attention {
        if !fault(without_fence) {
            // Pairs with the fence in `arm`.
            fence.light();
        }
        match self.0.load(Ordering::Relaxed) {
            0 => Attention::default(),
            flags => self.attend_to(flags),
        }
    }

    #[cold]
    fn attend_to(&self, flags: u32) -> Attention {
        // Acquire: pairs with the Release in `arm`.
        let wake =
            flags & ASLEEP != 0 && self.0.fetch_and(!ASLEEP, Ordering::Acquire) & ASLEEP != 0;
        Attention { wake, closed: flags & CLOSED != 0 }
    }
}
