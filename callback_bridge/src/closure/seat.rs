//! A thread's seat: the callback that it may enter with plain loads and stores.
//!
//! A thread remembers the callback that it ran last: its key, the handle, and where the closure is.
//! To enter it again, it marks its seat busy and looks whether `data` is still there; to leave, it
//! marks the seat idle and looks whether it was interrupted. Nobody else writes `idle` and `handle`,
//! so neither needs a locked instruction. Who wants to close a callback (or to take it from its owning
//! thread) first changes the gate, then interrupts every seat that remembers the handle, which takes
//! `data` away, then makes every thread of the process pass a barrier, and only then looks who is
//! busy:
//!
//! ```text
//! the thread:  idle = busy    light()            look at data
//! the closer:  data = closed  Seats::barrier()   look at idle
//! ```
//!
//! One of the two sees what the other wrote. On Linux `barrier` is `membarrier`, and `light` only
//! keeps the compiler from reordering. Where there is no such barrier, nobody ever sits down: every
//! call counts itself in the gate.

use std::ptr;

use super::fault::{Fault, broken};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering, fence};

// What `idle` holds is odd while the thread is outside and even while it is inside. None of these
// values is a handle, or anything that C may pass for one: null, -1, an address, a handle that is off
// by a little.

/// What `idle` holds while the thread is inside a callback that has user data.
const BUSY: usize = usize::MAX - 0x5ea7;
/// What `idle` holds while no callback is remembered.
const EMPTY: usize = usize::MAX - 0x5ea6;
/// What `idle` holds while slot 0 of the thunks is remembered; the following slots are below.
const FIRST_THUNK: usize = usize::MAX - 0x5ea7_0000;
/// Inside a thunk, `idle` holds its key with this bit changed: to leave, the trampoline need not know
/// which thunk it serves.
const INSIDE: usize = 1;

/// What a seat knows the thunk of a slot by.
#[inline(always)]
pub(crate) const fn key_of_thunk(slot: usize) -> usize {
    FIRST_THUNK - 2 * slot
}

/// What a seat remembers of a callback.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Remembered {
    /// What the trampoline compares: the handle or, in a thunk, which knows no handle,
    /// [`key_of_thunk`].
    pub(crate) key: usize,
    pub(crate) handle: usize,
    /// Where the closure is.
    pub(crate) data: *mut (),
    /// What takes the place of `data` once somebody has changed the gate; nothing that `data` can be.
    pub(crate) closed: *mut (),
}

/// One thread's seat. Lives in that thread's thread-local storage.
#[derive(Debug)]
pub(crate) struct Seat {
    /// Outside: the remembered key, or `EMPTY`. Written by the seat's own thread only.
    idle: AtomicUsize,
    /// The remembered handle, also while busy. Written by the seat's own thread only.
    handle: AtomicUsize,
    /// The closure of the remembered callback. Whoever changes its gate puts `closed` there.
    data: AtomicPtr<()>,
    /// Whoever changes the remembered callback's gate sets it to 1.
    interrupted: AtomicUsize,
    /// The thread has ended the callback inside of it: 1. Written by the seat's own thread only.
    ended: AtomicUsize,
}

impl Seat {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Seat {
        Seat {
            idle: AtomicUsize::new(EMPTY),
            handle: AtomicUsize::new(EMPTY),
            data: AtomicPtr::new(ptr::null_mut()),
            interrupted: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Seat {
        Seat {
            idle: AtomicUsize::new(EMPTY),
            handle: AtomicUsize::new(EMPTY),
            data: AtomicPtr::new(ptr::null_mut()),
            interrupted: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
        }
    }

    /// Who the thread is, as long as it lives.
    #[inline]
    pub(crate) fn id(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Whether this thread ran the callback last and is not inside of it. Own thread only.
    #[inline(always)]
    pub(crate) fn remembers(&self, key: usize) -> bool {
        own(&self.idle) == key
    }

    /// Enters the callback with user data that is remembered. Own thread only.
    ///
    /// The closure stays where it is until [`Seat::leave`]. Null: somebody has changed the gate, and
    /// nobody is inside.
    #[inline(always)]
    pub(crate) fn sit_down(&self) -> *mut () {
        let data = self.sit_down_as(BUSY);
        if data.is_null() {
            self.idle.store(EMPTY, Ordering::Release);
        }
        data
    }

    /// Enters the thunk that is remembered, whose key this is. Own thread only.
    ///
    /// What is remembered as `closed`: somebody has changed the gate, and [`Seat::forget`] has to
    /// follow. Otherwise the closure stays until [`Seat::leave_thunk`].
    #[inline(always)]
    pub(crate) fn sit_down_in_thunk(&self, key: usize) -> *mut () {
        self.sit_down_as(key ^ INSIDE)
    }

    #[inline(always)]
    fn sit_down_as(&self, busy: usize) -> *mut () {
        // Pairs with `Seats::barrier`, which runs before `is_busy_with` reads this.
        self.idle.store(busy, Ordering::Relaxed);
        light();
        // Acquire: pairs with the Release in `interrupt`.
        self.data.load(Ordering::Acquire)
    }

    /// Leaves the callback with user data. `true`: the closure may be this thread's to drop; call
    /// [`Seat::forget`] and see.
    #[inline(always)]
    pub(crate) fn leave(&self, exclusive: bool) -> bool {
        self.leave_to(own(&self.handle), exclusive)
    }

    /// Leaves the thunk. As [`Seat::leave`].
    #[inline(always)]
    pub(crate) fn leave_thunk(&self, exclusive: bool) -> bool {
        // Relaxed: it is this thread's own. No plain read, so that all of it is one instruction.
        self.leave_to(self.idle.load(Ordering::Relaxed) ^ INSIDE, exclusive)
    }

    /// Leaves the callback that has this key. As [`Seat::leave`].
    #[inline(always)]
    pub(crate) fn leave_to(&self, key: usize, exclusive: bool) -> bool {
        // Release: pairs with the Acquire in `is_busy_with`; what the closure did happens before it
        // is freed.
        self.idle.store(key, Ordering::Release);
        if exclusive {
            // Only this thread itself can leave the closure to be dropped.
            return own(&self.ended) != 0;
        }
        light();
        // Acquire: pairs with the Release in `interrupt`.
        self.interrupted.load(Ordering::Acquire) != 0
    }

    /// The handle of the remembered callback, if any is. Own thread only.
    #[cfg(not(loom))]
    pub(crate) fn handle(&self) -> usize {
        own(&self.handle)
    }

    /// Remembers nothing any more. Own thread only, and not while inside.
    pub(crate) fn forget(&self) {
        // Release, both: pairs with the Acquire loads in `is_busy_with`.
        self.idle.store(EMPTY, Ordering::Release);
        self.handle.store(EMPTY, Ordering::Release);
        // Should C pass `EMPTY` for a handle, there is no closure behind it.
        self.change_data(ptr::null_mut());
        // Relaxed: for this thread.
        self.ended.store(0, Ordering::Relaxed);
    }

    /// Leaves a thunk that was found closed, and remembers nothing. Says which slot's. Own thread
    /// only.
    #[cfg(not(loom))]
    pub(crate) fn forget_thunk(&self) -> usize {
        let slot = (FIRST_THUNK - (own(&self.idle) ^ INSIDE)) / 2;
        self.forget();
        slot
    }

    /// Whether this thread is inside a callback through its seat. Own thread only.
    pub(crate) fn is_inside(&self) -> bool {
        is_busy(own(&self.idle))
    }

    /// Remembers the callback and enters it. Own thread only, and not while inside.
    ///
    /// `still_open` is asked once the handle can be seen. `false`: the gate has changed meanwhile.
    pub(crate) fn sit(&self, callback: Remembered, still_open: impl FnOnce() -> bool) -> bool {
        let Remembered { key, handle, data, .. } = callback;
        self.idle.store(EMPTY, Ordering::Release);
        self.change_data(data);
        self.interrupted.store(0, Ordering::Relaxed);
        self.handle.store(handle, Ordering::Release);
        // Pairs with the fence in `interrupt_all`: either it finds the handle here and interrupts
        // after us, or we see the gate that was changed before.
        if !broken(Fault::FenceWhenSittingDown) {
            fence(Ordering::SeqCst);
        }
        let busy = if key == handle { BUSY } else { key ^ INSIDE };
        if still_open() && self.sit_down_as(busy) == data {
            return true;
        }
        self.forget();
        false
    }

    /// An exchange rather than a store: it has one order with those of `interrupt`, and what comes
    /// later in it is not undone. (A store would do, but loom does not know that.)
    fn change_data(&self, data: *mut ()) {
        // AcqRel: what was exchanged before happens before.
        self.data.swap(data, Ordering::AcqRel);
    }

    /// The thread has ended this callback. If it is inside of it through its seat, it sees to the
    /// closure when it leaves. Own thread only.
    pub(crate) fn end(&self, handle: usize) {
        if self.is_busy_with(handle) && !broken(Fault::Ended) {
            self.ended.store(1, Ordering::Relaxed);
        }
    }

    /// Any thread.
    fn interrupt(&self, callback: Remembered) {
        let Remembered { handle, data, closed, .. } = callback;
        if self.handle.load(Ordering::Acquire) != handle {
            return;
        }
        // The thread may be about to remember another callback, whose closure stays: `closed` fits
        // the callers of this one only.
        if broken(Fault::OtherCallback) {
            self.data.store(closed, Ordering::Release);
        } else {
            // AcqRel: pairs with the Acquire loads of `data`, and with `change_data`. Where it fails,
            // there is nothing to do.
            let _ = self.data.compare_exchange(data, closed, Ordering::AcqRel, Ordering::Relaxed);
        }
        // Release: pairs with the Acquire in `leave_to`. Another callback takes a longer way once.
        self.interrupted.store(1, Ordering::Release);
    }

    /// Whether the thread is inside the callback. Any thread, after [`Seats::barrier`].
    pub(crate) fn is_busy_with(&self, handle: usize) -> bool {
        // Acquire: pairs with the Release in `leave_to`, so what the closure did happens before it is
        // freed; and with the Release stores in `sit`, so that the handle belongs to what was read.
        is_busy(self.idle.load(Ordering::Acquire)) && self.handle.load(Ordering::Acquire) == handle
    }
}

/// What `idle` tells.
fn is_busy(idle: usize) -> bool {
    idle & INSIDE == 0
}

/// The seats of all threads.
pub(crate) trait Seats {
    /// Visits every seat.
    fn each(&self, visit: &mut dyn FnMut(&Seat));

    /// Every thread passes a full barrier between the beginning and the end of this call.
    fn barrier(&self);

    /// Whether any thread is inside the callback through its seat.
    fn any_busy_with(&self, handle: usize) -> bool {
        let mut busy = false;
        self.each(&mut |seat| busy |= seat.is_busy_with(handle));
        busy
    }

    /// Makes every thread that remembers the callback look at its gate again. Afterwards
    /// [`Seats::any_busy_with`] tells the truth. To be called after the gate was changed.
    fn interrupt_all(&self, callback: Remembered) {
        // Pairs with the fence in `Seat::sit`.
        fence(Ordering::SeqCst);
        self.each(&mut |seat| seat.interrupt(callback));
        self.barrier();
    }
}

/// Reads a word that only the calling thread ever writes.
#[inline(always)]
fn own(word: &AtomicUsize) -> usize {
    #[cfg(not(loom))]
    // SAFETY: the pointer comes from a reference. No other thread writes the word, so a plain read
    // races with nothing; it can become part of the comparison, which an atomic load can't.
    unsafe {
        word.as_ptr().read()
    }
    #[cfg(loom)]
    word.load(Ordering::Relaxed)
}

/// This thread's half of [`Seats::barrier`]. `membarrier` turns it into a full fence when one is
/// needed; a model has no `membarrier`, so there it is one.
#[inline(always)]
fn light() {
    #[cfg(not(loom))]
    std::sync::atomic::compiler_fence(Ordering::SeqCst);
    #[cfg(loom)]
    if !broken(Fault::LightFence) {
        fence(Ordering::SeqCst);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::{EMPTY, Remembered, Seat, ptr};

    #[test]
    fn a_seat_that_remembers_nothing_leads_to_no_closure() {
        let seat = Seat::new();
        for _ in 0..2 {
            // As a trampoline does when C passes this for user data.
            assert!(seat.remembers(EMPTY));
            assert!(seat.sit_down().is_null());
            let (data, closed) = (ptr::dangling_mut(), ptr::null_mut());
            let callback = Remembered { key: 0x101, handle: 0x101, data, closed };
            assert!(seat.sit(callback, || true));
            assert!(!seat.leave(true));
            seat.forget();
        }
    }
}
