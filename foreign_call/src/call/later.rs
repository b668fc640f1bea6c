//! Async calls: the answer comes on any thread, at any time, to a slot with a generation.

use std::ffi::c_void;

use callback_bridge::quiet::quietly;
use callback_bridge::request::{Completion, Handle, Response, is_wanted_raw, try_completion};

use super::interface::{Notify, Told};
use super::raw::{self, Answer, Functions, RawCall, TAKEN, read, refuse};
use crate::{CallError, FromRef};

/// A call that the peer has.
#[derive(Debug)]
pub struct Called<T: Send + 'static> {
    pub(super) response: Response<Answer<T>>,
    /// When nobody waits any more.
    pub(super) told: Told,
}

/// Calls, and returns where the answer will come. `notify` is for a peer that is told when the
/// future is dropped.
///
/// # Errors
///
/// [`CallError::Exhausted`]; then nothing was called.
#[inline]
pub fn call_later<T: FromRef + Send + 'static>(
    notify: Option<Notify>,
    call: impl FnOnce(RawCall),
) -> Result<Called<T>, Box<CallError>> {
    let (completion, response) =
        try_completion::<Answer<T>>().map_err(|_| Box::new(CallError::Exhausted))?;
    let handle = completion.into_raw().as_usize();
    let rust = const { &Functions { answer: answer::<T>, state, wait_for_room: None } };
    call(RawCall { handle, rust });
    Ok(Called { response, told: Told { handle, notify } })
}

/// What comes there. Dropping the future half-way tells the peer.
///
/// # Errors
///
/// As [`CallError`] says.
pub async fn answered<T: Send + 'static>(called: Result<Called<T>, Box<CallError>>) -> Answer<T> {
    let Called { response, told } = called?;
    let response = response.on_cancel(move || told.dropped());
    response.await.unwrap_or_else(|_| Err(Box::new(CallError::Unanswered)))
}

/// # Safety
///
/// As [`read`].
pub(super) unsafe extern "C" fn answer<T: FromRef + Send + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    // First whether anybody wants it: the view of an answer to another call is not looked at.
    let Some(completion) = Completion::<Answer<T>>::from_raw(Handle::from_usize(handle)) else {
        return refuse();
    };
    // SAFETY: the caller's promise.
    let answer = unsafe { read::<T>(status, view) };
    match completion.complete(answer) {
        Ok(()) => TAKEN,
        // Dropped or answered meanwhile. A value's own drop may panic, but not through the peer.
        Err(refused) => {
            quietly(|| drop(refused));
            refuse()
        }
    }
}

pub(super) extern "C" fn state(handle: usize) -> u32 {
    raw::state(is_wanted_raw(Handle::from_usize(handle)))
}
