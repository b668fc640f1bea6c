//! Where a sleeping consumer leaves its waker, and where a producer finds it.
//!
//! One word says whose the slot is. `IDLE`: the consumer's. `ARMED`: the consumer sleeps or is
//! about to; whoever turns it into `WAKING` may use the waker. `WAKING`: that producer's, until it
//! turns it into `IDLE`. The waker stays in its slot, so that a callback never drops one.

use std::task::Waker;

use super::fault::{Fault, fault};
#[cfg(not(loom))]
use crate::sync::fence;
use crate::sync::{AtomicU32, AtomicU64, Ordering, UnsafeCell};

const IDLE: u32 = 0;
const ARMED: u32 = 1;
const WAKING: u32 = 2;

#[derive(Debug)]
pub(super) struct Signal {
    state: AtomicU32,
    waker: UnsafeCell<Option<Waker>>,
    wake_ups: AtomicU64,
}

// SAFETY: `state` says who may touch `waker`, and a `Waker` may be used and dropped on any thread.
unsafe impl Send for Signal {}
// SAFETY: as above.
unsafe impl Sync for Signal {}

impl Signal {
    pub(super) fn new() -> Signal {
        Signal {
            state: AtomicU32::new(IDLE),
            waker: UnsafeCell::new(None),
            wake_ups: AtomicU64::new(0),
        }
    }

    /// The consumer's: leaves the waker for whoever publishes next. False if a producer wakes just
    /// now, with the waker of before: then the consumer doesn't sleep, but comes again.
    ///
    /// After this the consumer tells the producers to look, fences, and looks again itself.
    pub(super) fn arm(&self, waker: &Waker) -> bool {
        if !self.disarm() && !fault(Fault::WakerReplacedWhileWaking) {
            return false;
        }
        self.waker.with_mut(|slot| {
            // SAFETY: the state is IDLE, so the slot is the consumer's, and there is one consumer.
            let slot = unsafe { &mut *slot };
            // Where a clone panics, the slot holds what it held, and the state is IDLE.
            let keep = |old: &Waker| old.will_wake(waker) || fault(Fault::WakerKept);
            if !slot.as_ref().is_some_and(keep) {
                *slot = Some(waker.clone());
            }
        });
        // Release: hands the slot to the Acquire in `wake`.
        self.state.store(ARMED, Ordering::Release);
        true
    }

    /// The consumer's: it is awake. False if a producer is using the waker.
    pub(super) fn disarm(&self) -> bool {
        // Acquire: pairs with the Release of IDLE in `wake`, which gives the slot back.
        let taken = self.state.compare_exchange(ARMED, IDLE, Ordering::Acquire, Ordering::Acquire);
        taken.is_ok() || taken == Err(IDLE)
    }

    /// A producer's, after it published and fenced: wakes the consumer if it sleeps, once.
    pub(super) fn wake(&self) {
        // Acquire: pairs with the Release in `arm`. Of several producers, one gets it.
        let armed =
            self.state.compare_exchange(ARMED, WAKING, Ordering::Acquire, Ordering::Relaxed);
        if armed.is_err() {
            return;
        }
        /// Gives the slot back, even where a waker panics.
        struct GiveBack<'a>(&'a AtomicU32);
        impl Drop for GiveBack<'_> {
            fn drop(&mut self) {
                // Release: pairs with the Acquire in `disarm`.
                self.0.store(IDLE, Ordering::Release);
            }
        }
        let _give_back = GiveBack(&self.state);
        self.wake_ups.fetch_add(1, Ordering::Relaxed);
        self.waker.with(|slot| {
            // SAFETY: the state is WAKING, so the slot is ours, and nobody writes to it.
            let slot = unsafe { &*slot };
            if let Some(waker) = slot {
                waker.wake_by_ref();
            }
        });
    }

    /// Wakes the consumer if it sleeps, from anywhere, after what it is to see was written.
    #[cfg(not(loom))]
    pub(super) fn wake_for(&self) {
        // Pairs with the consumer's heavy fence, which ends with one of its own: it sees what was
        // written, or we see that it sleeps.
        fence(Ordering::SeqCst);
        self.wake();
    }

    /// How often a producer woke the consumer.
    pub(super) fn wake_ups(&self) -> u64 {
        self.wake_ups.load(Ordering::Relaxed)
    }
}
