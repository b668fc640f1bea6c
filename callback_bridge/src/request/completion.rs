//! The side that answers.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::task::Waker;
use std::{fmt, ptr};

use super::pool::pools;
use super::slot::{INDEX_MASK, Slot};
use super::{Reason, Refused};
use crate::quiet::quietly;

/// A request as C carries it: as wide as a pointer, but it points to nothing.
///
/// The slot of the request and its generation are in it, so an answer that comes late, twice or from
/// nowhere is refused, and nothing is ever followed as an address. Never null. C sees a `uintptr_t`,
/// or a `void *` through [`Handle::as_ptr`] and [`Handle::from_ptr`].
///
/// ```
/// use callback_bridge::request::{Handle, Reason, complete_raw};
///
/// let user_data = std::ptr::dangling_mut();
/// let refused = complete_raw(Handle::from_ptr(user_data), 5_i32).unwrap_err();
/// assert_eq!(refused.reason, Reason::Forged);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Handle(usize);

impl Handle {
    /// As the user data that C passes through.
    #[inline]
    pub fn as_ptr(self) -> *mut c_void {
        ptr::without_provenance_mut(self.0)
    }

    /// From the user data that C passes back. Any pointer will do: one that is no handle is refused
    /// when it is used.
    #[inline]
    pub fn from_ptr(user_data: *mut c_void) -> Handle {
        Handle(user_data.addr())
    }

    /// As a `uintptr_t`.
    pub fn as_usize(self) -> usize {
        self.0
    }

    /// From a `uintptr_t`, whatever it is.
    pub fn from_usize(number: usize) -> Handle {
        Handle(number)
    }

    #[inline]
    fn slot(self) -> Result<&'static Slot, Reason> {
        pools().slot(self.0 & INDEX_MASK).ok_or(Reason::Forged)
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Handle({:#x})", self.0)
    }
}

/// The right to answer one request, once, from any thread.
///
/// Dropped without an answer, it tells the [`Response`](super::Response) so. To send it through C,
/// turn it into a [`Handle`].
#[must_use = "dropping it tells the response that no answer will come"]
pub struct Completion<T: Send + 'static> {
    slot: &'static Slot,
    handle: Handle,
    /// It takes a `T` in and owns none.
    value: PhantomData<fn(T)>,
}

impl<T: Send + 'static> Completion<T> {
    #[inline]
    pub(super) fn new(slot: &'static Slot, handle: usize) -> Completion<T> {
        Completion { slot, handle: Handle(handle), value: PhantomData }
    }

    /// Answers. Never waits, never allocates; makes a system call only if waking does.
    ///
    /// # Errors
    ///
    /// Gives the value back if the response is gone, or if another holder of this completion's
    /// [handle](Completion::handle) was faster.
    pub fn complete(self, value: T) -> Result<(), Refused<T>> {
        let (slot, handle) = (self.slot, self.into_raw().0);
        answer(slot, handle, value)
    }

    /// Whether somebody waits for an answer. A cheap look, for a peer that can stop early.
    pub fn is_wanted(&self) -> bool {
        self.slot.is_wanted(self.handle.0)
    }

    /// What [`Completion::into_raw`] would return. Whoever has it may answer in this completion's
    /// stead; also handy to name the request to the peer, for instance when cancelling it.
    pub fn handle(&self) -> Handle {
        self.handle
    }

    /// For the way through C. The request now stays open until [`complete_raw`], [`abandon_raw`] or
    /// [`Completion::from_raw`] gets the handle, or the response is dropped, which frees all of it
    /// whatever the peer does; so a peer that may never answer is a case for
    /// [`wait_timeout`](super::Response::wait_timeout) or a runtime's timeout.
    #[must_use = "nothing else can answer the request"]
    #[inline]
    pub fn into_raw(self) -> Handle {
        std::mem::ManuallyDrop::new(self).handle
    }

    /// The completion of a handle that comes back from C, for whoever answers later, or wants the
    /// request to be abandoned when something goes wrong. `None` for a handle that
    /// [`complete_raw`] would refuse, which is counted.
    ///
    /// A handle can be copied, so there may be several completions of one request: the first that
    /// answers counts, and so does the first that is dropped without.
    pub fn from_raw(handle: Handle) -> Option<Completion<T>> {
        let open = |slot: &'static Slot| slot.is_open::<T>(handle.0).map(|()| slot);
        match handle.slot().and_then(open) {
            Ok(slot) => Some(Completion::new(slot, handle.0)),
            Err(reason) => {
                pools().refuse(reason);
                None
            }
        }
    }
}

impl<T: Send + 'static> Drop for Completion<T> {
    fn drop(&mut self) {
        #[cfg(loom)]
        if std::thread::panicking() {
            return; // the model is over, and its atomics are gone
        }
        // Refused where the response is gone already: then there is nobody to tell.
        if let Ok(Some(waker)) = self.slot.abandon(self.handle.0) {
            wake(waker);
        }
    }
}

impl<T: Send + 'static> fmt::Debug for Completion<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion").field("handle", &self.handle).finish_non_exhaustive()
    }
}

/// Answers the request of a handle, from any thread. `T` must be the very type of the request: after an
/// answer of another type the response goes on waiting. So name C's type at both ends (`c_long`, not
/// `i64`, which is the same on Linux and another on Windows), and not one that a cast happens to give.
///
/// Safe for every handle there can be. Never waits, never allocates, never panics.
///
/// # Errors
///
/// Gives the value back, and the [`Reason`], if the request is answered already, if its response is
/// gone, if it wants another type, or if there is no such request; [`stats`](super::stats) counts
/// them.
///
/// ```
/// use callback_bridge::request::{self, Handle, Reason};
/// use std::ffi::c_void;
///
/// // What a C library is given as its callback:
/// extern "C" fn on_answer(user_data: *mut c_void, answer: i32) {
///     let _counted = request::complete_raw(Handle::from_ptr(user_data), answer);
/// }
///
/// let (completion, response) = request::completion::<i32>();
/// let user_data = completion.into_raw().as_ptr();
/// on_answer(user_data, 42);
/// on_answer(user_data, 43); // refused
/// assert_eq!(response.wait(), Ok(42));
/// on_answer(user_data, 44); // refused
/// assert_eq!(request::stats().late, 2);
/// ```
#[inline]
pub fn complete_raw<T: Send + 'static>(handle: Handle, value: T) -> Result<(), Refused<T>> {
    match handle.slot() {
        Ok(slot) => answer(slot, handle.0, value),
        Err(reason) => Err(Refused { value, reason: pools().refuse(reason) }),
    }
}

/// Says that the request of a handle will not be answered, as dropping a [`Completion`] does: for a
/// C library that tells when it gives a request up.
///
/// # Errors
///
/// As [`complete_raw`]; any type will do.
///
/// ```
/// use callback_bridge::request::{self, Abandoned};
///
/// let (completion, response) = request::completion::<String>();
/// let handle = completion.into_raw();
/// request::abandon_raw(handle)?;
/// assert_eq!(response.wait(), Err(Abandoned));
/// # Ok::<(), request::Reason>(())
/// ```
pub fn abandon_raw(handle: Handle) -> Result<(), Reason> {
    match handle.slot().and_then(|slot| slot.abandon(handle.0)) {
        Ok(waker) => {
            if let Some(waker) = waker {
                wake(waker);
            }
            Ok(())
        }
        Err(reason) => Err(pools().refuse(reason)),
    }
}

/// Whether somebody waits for an answer, whatever its type: a cheap look, for a peer that can stop
/// early. Safe for every handle there can be, from any thread; counts nothing.
///
/// ```
/// use callback_bridge::request;
///
/// let (completion, response) = request::completion::<u8>();
/// let handle = completion.into_raw();
/// assert!(request::is_wanted_raw(handle));
/// drop(response);
/// assert!(!request::is_wanted_raw(handle));
/// ```
#[inline]
pub fn is_wanted_raw(handle: Handle) -> bool {
    handle.slot().is_ok_and(|slot| slot.is_wanted(handle.0))
}

#[inline(always)]
fn answer<T: 'static>(slot: &'static Slot, handle: usize, value: T) -> Result<(), Refused<T>> {
    match slot.complete(handle, value) {
        Ok(None) => Ok(()),
        Ok(Some(waker)) => {
            wake(waker);
            Ok(())
        }
        Err(refused) => {
            pools().refuse(refused.reason);
            Err(refused)
        }
    }
}

/// Foreign code, after all of ours: nothing is locked, and the slot is let go of.
#[inline(never)]
fn wake(waker: Waker) {
    with_waker_quietly(|| waker.wake());
}

/// Calls a waker's code on a thread of C's, which no panic may reach.
pub(super) fn with_waker_quietly(call: impl FnOnce()) {
    if !quietly(call) {
        pools().waker_panicked();
    }
}
