//! The slots of the thunks: which closure a plain function pointer stands for.

use std::any::TypeId;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::statistics::GLOBAL;
use super::thunk::Thunk;

pub(crate) const CAPACITY: usize = Thunk::CAPACITY;

pub(crate) static SLOTS: [Slot; CAPACITY] = [const { Slot::new() }; CAPACITY];

static USES: Mutex<[Use; CAPACITY]> = Mutex::new([Use::Never; CAPACITY]);

/// What a thunk reads.
#[derive(Debug)]
pub(crate) struct Slot {
    /// The closure's handle, or 0.
    handle: AtomicUsize,
    /// The trampoline that belongs to it; its type follows from the slot's signature.
    trampoline: AtomicPtr<()>,
}

/// A signature is the `TypeId` of the function pointer that C is given. Once a slot has one, it
/// keeps it: a stale pointer never runs with arguments of another signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Use {
    Never,
    Now(TypeId),
    /// No call follows: it may serve again.
    Before(TypeId),
    /// A call may follow: it never serves again.
    Retired,
}

impl Slot {
    const fn new() -> Slot {
        Slot { handle: AtomicUsize::new(0), trampoline: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The handle first, then the trampoline. `store` writes them the other way round: whoever
    /// sees a handle sees its trampoline or one that was stored later, and in that case the handle
    /// is closed, so the trampoline refuses it without a look at the closure.
    #[inline(always)]
    pub(crate) fn load(&self) -> (usize, *mut ()) {
        // Acquire: pairs with the Release in `store`.
        let handle = self.handle.load(Ordering::Acquire);
        // Acquire: pairs with the Release in `store`; if it is a newer one, all that was done to
        // close the handle is seen, too.
        (handle, self.trampoline.load(Ordering::Acquire))
    }

    pub(crate) fn store(&self, handle: usize, trampoline: *mut ()) {
        self.trampoline.store(trampoline, Ordering::Release);
        self.handle.store(handle, Ordering::Release);
    }
}

/// Finds a slot that may serve this signature.
pub(crate) fn take(signature: TypeId) -> Option<usize> {
    let mut uses = USES.lock().unwrap_or_else(PoisonError::into_inner);
    let again = uses.iter().position(|&slot| slot == Use::Before(signature));
    let slot = again.or_else(|| uses.iter().position(|&slot| slot == Use::Never))?;
    uses[slot] = Use::Now(signature);
    Some(slot)
}

/// Finds a slot that has never served.
pub(crate) fn take_new(signature: TypeId) -> Option<usize> {
    let mut uses = USES.lock().unwrap_or_else(PoisonError::into_inner);
    let slot = uses.iter().position(|&slot| slot == Use::Never)?;
    uses[slot] = Use::Now(signature);
    Some(slot)
}

/// Gives a slot back whose callback is closed, or retires it.
pub(crate) fn give_back(slot: usize, no_call_follows: bool) {
    SLOTS[slot].handle.store(0, Ordering::Release);
    let mut uses = USES.lock().unwrap_or_else(PoisonError::into_inner);
    uses[slot] = match uses[slot] {
        Use::Now(signature) if no_call_follows => Use::Before(signature),
        _ => {
            GLOBAL.retired_thunks.fetch_add(1, Ordering::Relaxed);
            Use::Retired
        }
    };
}
