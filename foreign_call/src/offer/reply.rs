//! Where an answer goes: the caller's function, which gets a view and keeps nothing of it.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::thread::Result as Caught;

use super::failure::{Failed, Failure, panicked};
use crate::call::{ANSWERED, FAILED, FailureRef, GIVEN_UP};
use crate::convert::Room;
use crate::{StringRef, ToRef};

/// Takes the caller's user data, a status, the answer's view, and a failure's: `Demo_name_answer` in
/// C. What the status does not speak of is null.
pub type AnswerFunction = unsafe extern "C" fn(
    user_data: *mut c_void,
    status: u32,
    answer: *const c_void,
    failure: *const c_void,
);

/// The caller's function and what it wants to get with the answer.
#[derive(Debug, Clone, Copy)]
pub struct Reply {
    function: Option<AnswerFunction>,
    user_data: *mut c_void,
}

impl Reply {
    /// To this function, or to nobody.
    ///
    /// # Safety
    ///
    /// The function may be called once with the user data: on this thread until the peer's call
    /// returns, and for an async one also later and on any thread.
    #[inline]
    pub unsafe fn new(function: Option<AnswerFunction>, user_data: *mut c_void) -> Reply {
        Reply { function, user_data }
    }

    /// Sends the view of a value. `sending` is called when nothing can go wrong any more.
    #[inline]
    pub(super) fn answer<T: ToRef>(self, value: &T, sending: impl FnOnce()) {
        let Some(function) = self.function else { return sending() };
        let mut size = 0;
        value.to_size(&mut size);
        let mut room = Room::new(size);
        let view = value.to_ref(&mut room.writer());
        sending();
        // SAFETY: `new`'s promise; the view lives until this returns, and the value with it.
        unsafe { function(self.user_data, ANSWERED, (&raw const view).cast(), ptr::null()) }
    }

    #[cold]
    pub(super) fn fail(self, failure: &Failure) {
        let Some(function) = self.function else { return };
        let Failure::Told { code, message } = failure else { return self.give_up() };
        let failure = FailureRef { code: *code, message: StringRef::new(message) };
        let failure = (&raw const failure).cast();
        // SAFETY: `new`'s promise; the failure lives until this returns.
        unsafe { function(self.user_data, FAILED, ptr::null(), failure) }
    }

    #[cold]
    pub(super) fn give_up(self) {
        let Some(function) = self.function else { return };
        // SAFETY: `new`'s promise.
        unsafe { function(self.user_data, GIVEN_UP, ptr::null(), ptr::null()) }
    }
}

/// The call was made, and its answer sent if there is one.
pub(super) const MADE: u32 = 0;
/// It was not, or has panicked.
pub(super) const NOT_MADE: u32 = 1;

/// A sync call: does the work and sends its answer, or why there is none. Never unwinds.
#[inline]
pub fn answer_now<T: ToRef>(reply: Reply, work: impl FnOnce() -> Result<T, Failed>) -> u32 {
    let sent = Cell::new(false);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let value = work()?;
        reply.answer(&value, || sent.set(true));
        Ok(())
    }));
    match caught {
        Ok(Ok(())) => MADE,
        other => end(reply, sent.get(), other),
    }
}

/// A one-way call: does the work, and sends only why it could not. Never unwinds.
#[inline]
pub fn tell(reply: Reply, work: impl FnOnce() -> Result<(), Failed>) -> u32 {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(())) => MADE,
        other => end(reply, false, other),
    }
}

/// The end of a call that did not go well. Where the caller has its answer, or somebody is to send
/// it, a panic can only be counted.
#[cold]
pub(super) fn end(reply: Reply, sent: bool, caught: Caught<Result<(), Failed>>) -> u32 {
    let Err(failed) = caught.unwrap_or_else(|panic| Err(panicked(panic))) else { return MADE };
    if sent {
        return MADE;
    }
    reply.fail(&failed);
    NOT_MADE
}
