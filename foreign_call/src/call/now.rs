//! Sync calls: the answer comes on the same thread, before the peer's function returns.
//!
//! So the place for it can lie on the stack. What the peer gets is not its address but a number that
//! no other call of this process ever has; the calls that this thread is in form a chain, and only
//! what is found in it is followed. An answer that comes late, or on another thread, finds nothing.

use std::any::TypeId;
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::raw::{Answer, Functions, RawCall, TAKEN, read, refuse};
use crate::{CallError, FromRef};

/// A call that this thread is in.
struct Frame {
    handle: usize,
    /// Of the answer.
    kind: TypeId,
    /// Points to an [`Answer`]'s cell of this kind, on the stack of `call_now`.
    place: *const (),
    answered: Cell<bool>,
    /// The call around this one: Rust may be called by the peer, and call it again.
    around: *const Frame,
}

/// A thread's calls. Only the thread itself ever looks at it.
struct Frames {
    innermost: Cell<*const Frame>,
    next: Cell<usize>,
    end: Cell<usize>,
}

thread_local! {
    static FRAMES: Frames = const {
        Frames { innermost: Cell::new(ptr::null()), next: Cell::new(0), end: Cell::new(0) }
    };
}

impl Frames {
    #[inline]
    fn handle(&self) -> usize {
        if self.next.get() == self.end.get() {
            self.refill();
        }
        self.next.replace(self.next.get() + 1)
    }

    /// Numbers are taken in lots, so that a call needs no atomic.
    #[cold]
    fn refill(&self) {
        static NEXT: AtomicUsize = AtomicUsize::new(LOT);
        const LOT: usize = 1 << 20;
        // Relaxed: only that no two threads get the same matters. Pairs with itself.
        let first = NEXT.fetch_add(LOT, Ordering::Relaxed);
        self.next.set(first);
        self.end.set(first + LOT);
    }

    fn find(&self, handle: usize) -> Option<&Frame> {
        let mut frame = self.innermost.get();
        // SAFETY: null, or the frame of a call that this thread is in: it lies on the stack below
        // us, and leaves the chain before it goes.
        while let Some(found) = unsafe { frame.as_ref() } {
            if found.handle == handle {
                return Some(found);
            }
            frame = found.around;
        }
        None
    }
}

/// Takes the innermost frame out of the chain, also when `call` panics.
struct Leave<'a>(&'a Frames, *const Frame);

impl Drop for Leave<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.innermost.set(self.1);
    }
}

/// Calls, and returns what was answered meanwhile.
///
/// # Errors
///
/// As [`CallError`] says.
#[inline]
pub fn call_now<T: FromRef + 'static>(call: impl FnOnce(RawCall)) -> Result<T, CallError> {
    let place = Cell::new(Err(CallError::Unanswered));
    FRAMES.with(|frames| {
        let frame = Frame {
            handle: frames.handle(),
            kind: TypeId::of::<T>(),
            place: ptr::from_ref::<Cell<Answer<T>>>(&place).cast(),
            answered: Cell::new(false),
            around: frames.innermost.get(),
        };
        frames.innermost.set(&raw const frame);
        let _leave = Leave(frames, frame.around);
        call(RawCall { handle: frame.handle, rust: const { &Functions { answer: answer::<T> } } });
    });
    place.into_inner()
}

/// # Safety
///
/// As [`read`].
unsafe extern "C" fn answer<T: FromRef + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    FRAMES.with(|frames| {
        let frame = frames.find(handle).filter(|frame| frame.kind == TypeId::of::<T>());
        let Some(frame) = frame.filter(|frame| !frame.answered.replace(true)) else {
            return refuse();
        };
        // SAFETY: the caller's promise.
        let answer = unsafe { read::<T>(status, view) };
        // SAFETY: of this type, as the frame says; on the stack of a call that we are in.
        let place = unsafe { &*frame.place.cast::<Cell<Answer<T>>>() };
        place.set(answer);
        TAKEN
    })
}
