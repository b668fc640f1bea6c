//! A thread's seat: the callback that it may enter with plain loads and stores.
//!
//! A thread remembers the callback that it ran last: the handle, and where the closure is. To enter
//! it again, it marks its seat busy and looks whether `data` is still there; to leave, it marks the
//! seat idle and looks again. Nobody else writes `idle` and `handle`, so neither needs a locked
//! instruction. Who wants to close a callback (or to take it from its owning thread) first changes
//! the gate, then empties `data` in every seat that remembers the handle, then makes every thread of
//! the process pass a barrier, and only then looks who is busy:
//!
//! ```text
//! the thread:  idle = BUSY    light()            look at data
//! the closer:  data = null    Seats::barrier()   look at idle
//! ```
//!
//! One of the two sees what the other wrote. On Linux `barrier` is `membarrier`, and `light` only
//! keeps the compiler from reordering. Where there is no such barrier, nobody ever sits down: every
//! call counts itself in the gate.

use std::ptr;

use super::fault::{Fault, broken};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering, fence};

/// What `idle` holds while the thread is inside the callback. No handle has this value, nor has
/// anything that C may pass for one: null, -1, an address, a handle that is off by a little.
const BUSY: usize = usize::MAX - 0x5ea6;
/// What `idle` holds while no callback is remembered.
const EMPTY: usize = usize::MAX - 0x5ea7;

/// One thread's seat. Lives in that thread's thread-local storage.
#[derive(Debug)]
pub(crate) struct Seat {
    /// The remembered handle, `BUSY` or `EMPTY`. Written by the seat's own thread only.
    idle: AtomicUsize,
    /// The remembered handle, also while busy. Written by the seat's own thread only.
    handle: AtomicUsize,
    /// The closure of the remembered callback. Whoever changes its gate sets it to null.
    data: AtomicPtr<()>,
    /// The remembered handle. Whoever changes its gate sets it to 0.
    back: AtomicUsize,
}

impl Seat {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Seat {
        Seat {
            idle: AtomicUsize::new(EMPTY),
            handle: AtomicUsize::new(EMPTY),
            data: AtomicPtr::new(ptr::null_mut()),
            back: AtomicUsize::new(0),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Seat {
        Seat {
            idle: AtomicUsize::new(EMPTY),
            handle: AtomicUsize::new(EMPTY),
            data: AtomicPtr::new(ptr::null_mut()),
            back: AtomicUsize::new(0),
        }
    }

    /// Who the thread is, as long as it lives.
    #[inline]
    pub(crate) fn id(&self) -> usize {
        ptr::from_ref(self).addr()
    }

    /// Whether this thread ran the callback last and is not inside of it. Own thread only.
    #[inline(always)]
    pub(crate) fn remembers(&self, handle: usize) -> bool {
        own(&self.idle) == handle
    }

    /// Enters the callback that is remembered. Own thread only.
    ///
    /// The closure stays where it is until [`Seat::leave`]. Null: somebody has changed the gate, and
    /// nobody is inside.
    #[inline(always)]
    pub(crate) fn sit_down(&self) -> *mut () {
        // Pairs with `Seats::barrier`, which runs before `is_busy_with` reads this.
        self.idle.store(BUSY, Ordering::Relaxed);
        light();
        // Acquire: pairs with the Release in `interrupt`.
        let data = self.data.load(Ordering::Acquire);
        if data.is_null() {
            self.idle.store(EMPTY, Ordering::Release);
        }
        data
    }

    /// Leaves the callback. `true`: somebody changed its gate meanwhile, call [`Seat::forget`] and
    /// see whether the closure is this thread's to drop.
    ///
    /// Of an exclusive callback only this thread itself can leave the closure to be dropped, so it
    /// may look before it leaves.
    #[inline(always)]
    pub(crate) fn leave(&self, exclusive: bool) -> bool {
        if exclusive {
            // Relaxed: what it is to see, this thread has stored.
            let back = self.back.load(Ordering::Relaxed);
            // Release: pairs with the Acquire in `is_busy_with`; what the closure did happens before
            // it is freed.
            self.idle.store(back, Ordering::Release);
            return back == 0;
        }
        self.idle.store(own(&self.handle), Ordering::Release);
        light();
        self.data.load(Ordering::Acquire).is_null()
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
        // Relaxed: for this thread. Should C pass `EMPTY` for a handle, there is no closure behind it.
        self.data.store(ptr::null_mut(), Ordering::Relaxed);
    }

    /// Whether this thread is inside a callback through its seat. Own thread only.
    pub(crate) fn is_inside(&self) -> bool {
        own(&self.idle) == BUSY
    }

    /// Remembers the callback and enters it. Own thread only, and not while inside.
    ///
    /// `still_open` is asked once the handle can be seen. `false`: the gate has changed meanwhile.
    pub(crate) fn sit(
        &self,
        handle: usize,
        data: *mut (),
        still_open: impl FnOnce() -> bool,
    ) -> bool {
        self.idle.store(EMPTY, Ordering::Release);
        self.data.store(data, Ordering::Release);
        self.back.store(handle, Ordering::Relaxed);
        self.handle.store(handle, Ordering::Release);
        // Pairs with the fence in `interrupt_all`: either it finds the handle here and empties
        // `data` after us, or we see the gate that was changed before.
        if !broken(Fault::FenceWhenSittingDown) {
            fence(Ordering::SeqCst);
        }
        if still_open() && !self.sit_down().is_null() {
            return true;
        }
        self.forget();
        false
    }

    /// Any thread.
    fn interrupt(&self, handle: usize) {
        if self.handle.load(Ordering::Acquire) == handle {
            // Release: pairs with the Acquire loads of `data`.
            self.data.store(ptr::null_mut(), Ordering::Release);
            self.back.store(0, Ordering::Relaxed);
        }
    }

    /// Whether the thread is inside the callback. Any thread, after [`Seats::barrier`].
    pub(crate) fn is_busy_with(&self, handle: usize) -> bool {
        // Acquire: pairs with the Release in `leave`, so what the closure did happens before it is
        // freed; and with the Release stores in `sit`, so that the handle belongs to what was read.
        self.idle.load(Ordering::Acquire) == BUSY && self.handle.load(Ordering::Acquire) == handle
    }
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
    fn interrupt_all(&self, handle: usize) {
        // Pairs with the fence in `Seat::sit`.
        fence(Ordering::SeqCst);
        self.each(&mut |seat| seat.interrupt(handle));
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
    use super::{EMPTY, Seat, ptr};

    #[test]
    fn a_seat_that_remembers_nothing_leads_to_no_closure() {
        let seat = Seat::new();
        for _ in 0..2 {
            // As a trampoline does when C passes this for user data.
            assert!(seat.remembers(EMPTY));
            assert!(seat.sit_down().is_null());
            assert!(seat.sit(0x101, ptr::dangling_mut(), || true));
            assert!(!seat.leave(true));
            seat.forget();
        }
    }
}
