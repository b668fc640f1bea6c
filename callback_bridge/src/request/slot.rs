//! One request's place, and the protocol by which it is answered.
//!
//! A slot lies in memory that is never given back ([`super::pool`]), so whoever comes with a stale
//! or invented handle reads a valid slot, finds another generation there, and is refused.
//!
//! All of the protocol is in one word: the generation in the upper bits, these flags in the lower.
//!
//! | flag | set by | meaning |
//! |---|---|---|
//! | `OPEN` | the requester | the answer may be claimed; whoever clears it has the only right to answer |
//! | `FULL` | the completer | a value lies in the place |
//! | `EMPTY` | the completer | there will be no value |
//! | `WAITING` | the response | a waker lies in its cell; the completer that answers takes it |
//! | `COMPLETER_OUT` | the completer | it does not touch the slot any more |
//! | `RESPONSE_OUT` | the response | it does not touch the slot any more |
//! | `DETACHED` | the response | it has let go: whoever ends the request wakes the waker and frees the slot |
//!
//! The response owns the slot. The completer borrows it from the moment it has cleared `OPEN` until
//! it sets `COMPLETER_OUT`. If the response goes away within that time, it sets `RESPONSE_OUT` and
//! leaves the slot to the completer; at any other time it gives the slot back itself, at once. So a
//! peer that never answers keeps nothing alive, unless the response has let go of an open request on
//! purpose: `DETACHED` leaves the slot to the completer that is still to come.
//!
//! Whether there is a waker and whether there is an answer are bits of one word: the completer sees
//! a waker at the very step that publishes the answer, or the response sees the answer at the very
//! step that publishes its waker. There is no moment in between where both miss each other.

use std::any::TypeId;
use std::mem::MaybeUninit;
use std::ptr;
use std::task::Waker;

use super::Reason;
use super::fault::{self, Fault};
use super::lay::{Kind, Lay};
use super::pool::pools;
use crate::sync::{AtomicPtr, AtomicU32, AtomicUsize, Ordering, UnsafeCell};

/// So many low bits of a handle are the slot's index; in the slot's own word they hold the flags.
pub(super) const INDEX_BITS: u32 = if cfg!(target_pointer_width = "64") { 20 } else { 14 };
pub(super) const INDEX_MASK: usize = (1 << INDEX_BITS) - 1;
/// One step of the generation. Generations begin with one, so a handle is never null.
const GENERATION: usize = 1 << INDEX_BITS;

pub(super) const OPEN: usize = 1;
pub(super) const FULL: usize = 1 << 1;
pub(super) const EMPTY: usize = 1 << 2;
pub(super) const WAITING: usize = 1 << 3;
pub(super) const COMPLETER_OUT: usize = 1 << 4;
pub(super) const RESPONSE_OUT: usize = 1 << 5;
/// Never without `WAITING`.
pub(super) const DETACHED: usize = 1 << 6;

/// A request's place. A cache line of its own, so that neighbours don't disturb each other.
#[repr(align(64))]
pub(super) struct Slot {
    /// Generation and flags, see above.
    pub(super) state: AtomicUsize,
    /// The `T` of the request. Written before the slot is opened, read by whoever has a handle.
    kind: AtomicPtr<Kind>,
    /// Written by the response while `WAITING` is clear. Taken by the completer, if its answer met
    /// `WAITING`, and else by the response.
    pub(super) waker: UnsafeCell<MaybeUninit<Waker>>,
    /// Points to the memory for the value, in the same chunk or `inside`; it never changes. The cell
    /// stands for that memory: written by the completer between `OPEN` and `FULL`, read by the
    /// response after.
    pub(super) place: UnsafeCell<*mut u8>,
    /// The free list's; see [`super::pool`].
    pub(super) next: AtomicU32,
    pub(super) index: u32,
    pub(super) class: u8,
    /// The place for a value that is short enough. Reached through `place` only.
    pub(super) inside: Inside,
}

/// Room for a short value, in the slot's own cache line.
pub(super) type Inside = std::cell::UnsafeCell<MaybeUninit<u64>>;

#[cfg(all(not(loom), target_pointer_width = "64"))]
const _: () = assert!(size_of::<Slot>() == 64);

// SAFETY: what is not atomic is reached by one side at a time, as the flags above say; what crosses
// threads in it is `Send` (the value, by the bound on `completion`; a `Waker`).
unsafe impl Sync for Slot {}
// SAFETY: as above; a slot belongs to no thread.
unsafe impl Send for Slot {}

impl Slot {
    /// A free slot, whose place is `place`.
    pub(super) fn new(index: u32, class: u8, place: *mut u8) -> Slot {
        Slot {
            state: AtomicUsize::new(GENERATION),
            kind: AtomicPtr::new(ptr::null_mut()),
            waker: UnsafeCell::new(MaybeUninit::uninit()),
            place: UnsafeCell::new(place),
            next: AtomicU32::new(0),
            index,
            class,
            inside: Inside::new(MaybeUninit::uninit()),
        }
    }

    /// Opens a slot that the caller has to itself, and returns its handle.
    #[inline]
    pub(super) fn open<T: 'static>(&self) -> usize {
        // Relaxed: the free list has made the slot ours; nobody else changes a word that is not open.
        let generation = self.state.load(Ordering::Relaxed) & !INDEX_MASK;
        self.place.with_mut(|place| {
            // SAFETY: the cell's content never changes.
            let place = unsafe { *place };
            // SAFETY: the slot is ours alone, so its place is.
            unsafe { Lay::<T>::prepare(place) };
        });
        self.kind.store(ptr::from_ref(Lay::<T>::kind()).cast_mut(), Ordering::Relaxed);
        // Release: pairs with the Acquire load in `look`, which then sees the kind.
        self.state.store(generation | OPEN, Ordering::Release);
        generation | self.index as usize
    }

    /// Whether the handle may answer now: the word that was seen, or why not.
    #[inline]
    pub(super) fn look(&self, handle: usize) -> Result<usize, Reason> {
        // Acquire: pairs with the Release store in `open`.
        let seen = self.state.load(Ordering::Acquire);
        let (wanted, current) = (handle & !INDEX_MASK, seen & !INDEX_MASK);
        if wanted == current && seen & OPEN != 0 {
            return Ok(seen);
        }
        // Generations begin with one and go up; without flags the current one is not given out yet.
        let given_out = wanted < current || wanted == current && seen != current;
        Err(if given_out && wanted != 0 { Reason::Late } else { Reason::Forged })
    }

    /// As [`Slot::look`], for an answer of type `T`.
    #[inline]
    pub(super) fn look_for<T: 'static>(&self, handle: usize) -> Result<usize, Reason> {
        let seen = self.look(handle)?;
        // Relaxed: `look` has seen the slot open, so this reads its kind or a later one; and if it
        // is a later one, the generation has changed, and the caller's exchange fails.
        let kind = self.kind.load(Ordering::Relaxed);
        let same = ptr::eq(kind, Lay::<T>::kind()) || {
            // SAFETY: every kind that `open` stores is a constant; it can always be read.
            let kind = unsafe { &*kind };
            (kind.id)() == TypeId::of::<T>()
        };
        if same || fault::on(Fault::AnyType) { Ok(seen) } else { Err(Reason::OtherType) }
    }

    /// Whether an answer of this handle and type would be taken now.
    pub(super) fn is_open<T: 'static>(&self, handle: usize) -> Result<(), Reason> {
        self.look_for::<T>(handle).map(drop)
    }

    /// Whether somebody waits for an answer of this handle.
    #[inline]
    pub(super) fn is_wanted(&self, handle: usize) -> bool {
        self.look(handle).is_ok_and(|seen| seen & DETACHED == 0)
    }

    /// Replaces the word that was seen. The generation is in it, so this can only succeed for the
    /// request that the handle was made for.
    #[inline]
    pub(super) fn exchange(&self, seen: usize, new: usize) -> Result<(), usize> {
        // AcqRel, Acquire: each exchange takes over what the other side published with its last one
        // (the value, the waker, that it is out) and publishes what was written before it.
        self.state.compare_exchange(seen, new, Ordering::AcqRel, Ordering::Acquire).map(drop)
    }

    /// The waker as it lies in its cell, to be looked at. Only while `WAITING` is set and seen.
    pub(super) fn with_waker<R>(&self, look: impl FnOnce(&Waker) -> R) -> R {
        self.waker.with(|cell| {
            // SAFETY: whoever has the waker by the flags only reads the cell; nobody writes it.
            let cell = unsafe { &*cell };
            // SAFETY: `WAITING` is set after the waker was written.
            look(unsafe { cell.assume_init_ref() })
        })
    }

    /// No value is in the place, and none will be.
    pub(super) fn clean_place<T: 'static>(&self) {
        self.place.with_mut(|place| {
            // SAFETY: the cell's content never changes.
            let place = unsafe { *place };
            // SAFETY: opened for a `T`, the response's own type, and the place is ours alone.
            unsafe { Lay::<T>::clean(place) };
        });
    }

    /// The same, for whoever does not know the type.
    pub(super) fn clean_place_of_any(&self) {
        // Relaxed: as in `look_for`; the slot is the caller's, so it is its own kind.
        let kind = self.kind.load(Ordering::Relaxed);
        // SAFETY: every kind that `open` stores is a constant; it can always be read.
        let clean = unsafe { (*kind).clean };
        self.place.with_mut(|place| {
            // SAFETY: the cell's content never changes.
            let place = unsafe { *place };
            // SAFETY: opened for the kind's type, and the place is ours alone.
            unsafe { clean(place) };
        });
    }

    /// The value out of the place, and the place cleaned.
    #[inline]
    pub(super) fn read_value<T: 'static>(&self) -> T {
        self.place.with_mut(|place| {
            // SAFETY: the cell's content never changes.
            let place = unsafe { *place };
            // SAFETY: opened for a `T`: the type is the response's own, or was checked.
            let at = unsafe { Lay::<T>::at(place) };
            // SAFETY: written before `FULL`, or by ourselves; whoever comes here is the only one.
            let value = unsafe { at.read() };
            // SAFETY: the value is out.
            unsafe { Lay::<T>::clean(place) };
            value
        })
    }

    /// Moves the waker out. Only for the side whose it is.
    pub(super) fn read_waker(&self) -> Waker {
        // SAFETY: a cell of ours. A read: the response may be comparing it at the same time.
        let waker = self.waker.with(|cell| unsafe { cell.read() });
        // SAFETY: `WAITING` was seen, so it is there; and it is moved out by this side alone.
        unsafe { waker.assume_init() }
    }

    /// Gives the slot back, under a new generation: every handle that is still out is refused from
    /// now on. Only the last one out may do this; here, the response.
    #[inline]
    pub(super) fn release(&'static self) {
        if self.next_generation() {
            pools().give_back(self);
        }
    }

    /// The same for the completer. Its thread keeps no slots: to begin with that would allocate, and
    /// it makes no requests that could use them.
    pub(super) fn release_to_all(&'static self) {
        if self.next_generation() {
            pools().give_to_all(self);
        }
    }

    /// Whether there is one, so that the slot can be used again.
    #[inline]
    fn next_generation(&self) -> bool {
        // Relaxed: nobody else changes a word that is not open and has both sides out.
        let generation = self.state.load(Ordering::Relaxed) & !INDEX_MASK;
        let next = match generation.checked_add(GENERATION) {
            Some(_) if fault::on(Fault::SameGeneration) => generation,
            Some(next) => next,
            // 2^44 requests in one slot: it is never used again, so that no old handle fits.
            None if cfg!(target_pointer_width = "64") => {
                pools().retire();
                return false;
            }
            None => GENERATION,
        };
        // Release: pairs with the Acquire load in `look`; a late answer sees a closed slot.
        self.state.store(next, Ordering::Release);
        true
    }

    /// Puts a free slot into its last generation.
    #[cfg(all(test, not(loom)))]
    pub(super) fn age(&self) {
        self.state.store(
            !INDEX_MASK | self.state.load(Ordering::Relaxed) & INDEX_MASK,
            Ordering::Relaxed,
        );
    }
}
