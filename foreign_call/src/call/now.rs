//! Sync calls: the answer comes on the same thread, before the peer's function returns.
//!
//! So the place for it can lie on the stack. What the peer gets is not its address but a number that
//! no other call of this process ever has; the calls that this thread is in form a chain, and only
//! what is found in it is followed. An answer that comes late, or on another thread, finds nothing.

use std::any::TypeId;
use std::cell::{Cell, UnsafeCell};
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::raw::{self, Answer, Functions, RawCall, TAKEN, read, read_plain, refuse};
use crate::{CallError, FromRef};

/// A call that this thread is in.
struct Frame {
    handle: usize,
    /// Of the answer.
    kind: TypeId,
    /// Points to the [`Place`] for an answer of this kind, on the stack of `call_now`.
    place: *const (),
    /// The place is taken, and full by the time the peer's function returns.
    answered: Cell<bool>,
    /// The call around this one: Rust may be called by the peer, and call it again.
    around: *const Frame,
}

/// Where an answer goes: written once, by the one answer that finds its frame not answered.
type Place<T> = UnsafeCell<MaybeUninit<Answer<T>>>;

/// What a thread knows of its calls. Only the thread itself ever looks at it.
struct Thread {
    /// The call that it is in.
    innermost: Cell<*const Frame>,
    /// The last number that it gave to a call.
    last: Cell<usize>,
}

thread_local! {
    static THREAD: Thread =
        const { Thread { innermost: Cell::new(ptr::null()), last: Cell::new(LOT - 1) } };
}

/// Numbers are taken in lots, so that a call needs no atomic. A lot begins with a number that no
/// call gets, so there is no call 0.
const LOT: usize = 1 << 20;

impl Thread {
    #[inline]
    fn new_handle(&self) -> usize {
        let mut handle = self.last.get() + 1;
        if handle.is_multiple_of(LOT) {
            handle = new_lot() + 1;
        }
        self.last.set(handle);
        handle
    }
}

#[cold]
#[inline(never)]
fn new_lot() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(LOT);
    // Relaxed: only that no two threads get the same matters. Pairs with itself.
    NEXT.fetch_add(LOT, Ordering::Relaxed)
}

/// The frame of a call that this thread is in, or null.
#[inline]
fn find(handle: usize) -> *const Frame {
    let mut frame = THREAD.with(|thread| thread.innermost.get());
    // SAFETY: null, or the frame of a call that this thread is in: it lies on the stack below us,
    // and leaves the chain before it goes.
    while let Some(found) = unsafe { frame.as_ref() } {
        if found.handle == handle {
            break;
        }
        frame = found.around;
    }
    frame
}

/// Takes the innermost frame out of the chain, also when `call` panics.
struct Leave<'a>(&'a Thread, &'a Frame);

impl Drop for Leave<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.innermost.set(self.1.around);
    }
}

/// Calls, and returns what was answered meanwhile.
///
/// # Errors
///
/// As [`CallError`] says.
#[inline]
pub fn call_now<T: FromRef + 'static>(call: impl FnOnce(RawCall)) -> Answer<T> {
    let place: Place<T> = UnsafeCell::new(MaybeUninit::uninit());
    let answered = THREAD.with(|thread| {
        let frame = Frame {
            handle: thread.new_handle(),
            kind: TypeId::of::<T>(),
            place: (&raw const place).cast(),
            answered: Cell::new(false),
            around: thread.innermost.get(),
        };
        thread.innermost.set(&raw const frame);
        let leave = Leave(thread, &frame);
        let rust = const { &Functions { answer: answer::<T>, state, wait_for_room: None } };
        call(RawCall { handle: frame.handle, rust });
        drop(leave);
        frame.answered.get()
    });
    if !answered {
        return Err(unanswered());
    }
    // SAFETY: whoever has set `answered` has written it, and has returned since.
    unsafe { place.into_inner().assume_init() }
}

#[cold]
#[inline(never)]
fn unanswered() -> Box<CallError> {
    Box::new(CallError::Unanswered)
}

/// # Safety
///
/// As [`read`].
unsafe extern "C" fn answer<T: FromRef + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    // SAFETY: null, or on the stack of a call that we are in.
    let frame = unsafe { find(handle).as_ref() };
    let frame = frame.filter(|frame| frame.kind == TypeId::of::<T>());
    let Some(frame) = frame.filter(|frame| !frame.answered.replace(true)) else {
        return refuse();
    };
    let place = frame.place.cast::<Place<T>>();
    // SAFETY: of this type, as the frame says; on the same stack as the frame.
    let place = unsafe { &*place };
    // SAFETY: the caller's promise.
    if let Some(value) = unsafe { read_plain::<T>(status, view) } {
        // SAFETY: nobody else has set `answered`, and nobody reads before we have returned.
        unsafe { (*place.get()).write(Ok(value)) };
        return TAKEN;
    }
    // SAFETY: likewise, and the caller's promise.
    unsafe { answer_with_care(place, status, view) }
}

/// What may fail. A function of its own, so that what needs nothing of it is short.
///
/// # Safety
///
/// As [`read`], and the place must be the caller's alone.
#[inline(never)]
unsafe fn answer_with_care<T: FromRef>(place: &Place<T>, status: u32, view: *const c_void) -> u32 {
    // SAFETY: the caller's promise.
    let answer = unsafe { read::<T>(status, view) };
    // SAFETY: likewise.
    unsafe { (*place.get()).write(answer) };
    TAKEN
}

/// Another thread can't answer, so there nobody waits for it.
extern "C" fn state(handle: usize) -> u32 {
    // SAFETY: null, or on the stack of a call that we are in.
    let frame = unsafe { find(handle).as_ref() };
    raw::state(frame.is_some_and(|frame| !frame.answered.get()))
}
