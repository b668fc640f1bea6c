//! A call that answers before it returns.

use std::ffi::c_void;
use std::thread::{self, ThreadId};
use std::{error, fmt, slice};

use crate::Request;
use crate::ffi::{self, status};
use crate::views::Views;

/// What Go found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether all users pass.
    pub passed: bool,
    /// Go's own words.
    pub words: String,
    /// The thread on which Go answered.
    pub thread: ThreadId,
}

/// Why there is no verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Go panicked, with these words.
    Panicked(String),
    /// What Go answered is no answer.
    Invalid,
    /// Go returned, and had not answered.
    Unanswered,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Panicked(words) => write!(f, "Go panicked: {words}"),
            Error::Invalid => f.write_str("Go's answer is not valid"),
            Error::Unanswered => f.write_str("Go did not answer"),
        }
    }
}

impl error::Error for Error {}

/// Whether these users pass.
///
/// # Errors
///
/// Where Go panics: it does so where the request has fewer than two limits.
pub fn check(request: &Request) -> Result<Verdict, Error> {
    type Slot = Option<Result<Verdict, Error>>;

    unsafe extern "C" fn answer(slot: *mut c_void, status: u32, words: *const u8, length: usize) {
        // SAFETY: the slot of `check`, of this type. It is alive, and `check` does not look at it:
        // it waits for Go. Go answers before it returns, on this same thread.
        let slot = unsafe { &mut *slot.cast::<Slot>() };
        // SAFETY: Go lends them until this returns.
        *slot = Some(unsafe { verdict(status, words, length) });
    }

    let views = Views::new(request);
    let mut slot: Slot = None;
    // SAFETY: `answer` expects such a slot, which outlives the call.
    unsafe { ffi::bridge_with_go_check(views.request(), answer, (&raw mut slot).cast()) };
    slot.unwrap_or(Err(Error::Unanswered))
}

/// Makes Go's answer Rust's own: copies the words, and checks all of it.
///
/// # Safety
///
/// The words are readable, or there are none.
pub(crate) unsafe fn verdict(
    status: u32,
    words: *const u8,
    length: usize,
) -> Result<Verdict, Error> {
    let words = match length {
        0 => Vec::new(), // null is no slice
        // SAFETY: as the caller promises.
        _ => unsafe { slice::from_raw_parts(words, length) }.to_vec(),
    };
    let words = String::from_utf8(words).map_err(|_| Error::Invalid)?;
    let thread = thread::current().id();
    match status {
        status::PASSED => Ok(Verdict { passed: true, words, thread }),
        status::REFUSED => Ok(Verdict { passed: false, words, thread }),
        status::PANICKED => Err(Error::Panicked(words)),
        _ => Err(Error::Invalid),
    }
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    fn answered(status: u32, words: &[u8]) -> Result<Verdict, Error> {
        // SAFETY: a slice is readable.
        unsafe { verdict(status, words.as_ptr(), words.len()) }
    }

    #[test]
    fn an_answer_that_is_none_is_an_error_and_not_altered() {
        assert_eq!(answered(3, b"a status that nobody knows"), Err(Error::Invalid));
        assert_eq!(answered(status::PASSED, b"not UTF-8: \xff"), Err(Error::Invalid));
        assert_eq!(answered(status::PANICKED, b"\xf0\x9f"), Err(Error::Invalid));
    }

    #[test]
    fn no_words_come_as_null() {
        // SAFETY: there are none.
        let verdict = unsafe { verdict(status::REFUSED, ptr::null(), 0) }.expect("a verdict");
        assert_eq!((verdict.passed, &*verdict.words), (false, ""));
    }
}
