//! Why a call from the peer has no answer, as the peer gets to know it.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{CallError, ConvertError};

/// Codes of the library's own failures. An implementation's own should be none of these.
const UNAVAILABLE: i32 = i32::MIN;
const OTHER_INTERFACE: i32 = i32::MIN + 1;
const INVALID: i32 = i32::MIN + 2;
const PANICKED: i32 = i32::MIN + 3;

/// Why a call has no answer. Boxed, as it is rare, and every answer would carry its room.
pub type Failed = Box<Failure>;

/// What the peer is told.
#[derive(Debug)]
pub enum Failure {
    /// That it failed.
    Told {
        /// A number for it.
        code: i32,
        /// In words.
        message: String,
    },
    /// That it has been given up.
    GivenUp,
}

/// Statistics: they order nothing, so `Relaxed`, and pair with nothing.
static REFUSALS: AtomicU64 = AtomicU64::new(0);
static PANICS: AtomicU64 = AtomicU64::new(0);

/// So many calls of the peer were refused in this process so far: nobody offered the trait, the
/// caller was made for another version of it, or an argument was not valid.
pub fn refused_calls() -> u64 {
    REFUSALS.load(Ordering::Relaxed)
}

/// So many panics of offered instances were caught in this process so far. The caller gets to know
/// of each, but for those in a `drop` after the answer, which nobody waits for.
pub fn panicked_calls() -> u64 {
    PANICS.load(Ordering::Relaxed)
}

#[cold]
pub(super) fn nobody_offers(name: &str) -> Failed {
    refused(UNAVAILABLE, format!("nobody offers `{name}`"))
}

#[cold]
pub(super) fn other_interface(name: &str, ours: u64, theirs: u64) -> Failed {
    let message = format!(
        "the caller's side of `{name}` was generated from another version of the trait or its types \
         ({theirs:016x}, but this program has {ours:016x}): run foreign-call-cli again and rebuild \
         the caller"
    );
    refused(OTHER_INTERFACE, message)
}

#[cold]
pub(super) fn invalid(error: ConvertError) -> Failed {
    refused(INVALID, format!("an argument is not valid: {error}"))
}

fn refused(code: i32, message: String) -> Failed {
    REFUSALS.fetch_add(1, Ordering::Relaxed);
    Box::new(Failure::Told { code, message })
}

#[cold]
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Failed {
    PANICS.fetch_add(1, Ordering::Relaxed);
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    let message = format!("the implementation panicked: {}", text.unwrap_or("(no text)"));
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(panic))) {
        // What panics when it is dropped may throw what does so, too, and for ever: leaked.
        let _leaked = Box::into_raw(again);
    }
    Box::new(Failure::Told { code: PANICKED, message })
}

/// What an implementation returned in place of an answer.
impl From<CallError> for Failed {
    #[cold]
    fn from(error: CallError) -> Failed {
        Box::new(match error {
            CallError::Failed { code, message } => Failure::Told { code, message },
            CallError::Unanswered => Failure::GivenUp,
            other => Failure::Told { code: UNAVAILABLE, message: other.to_string() },
        })
    }
}
