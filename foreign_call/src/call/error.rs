use std::{error, fmt, io};

use crate::ConvertError;
use crate::ring::Disconnected;

/// Why a call has no answer.
///
/// A function of a trait that returns `Result<T, CallError>`, or a `Result` with any other error that
/// is `From<CallError>`, gives it as a value. Any other function panics with it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum CallError {
    /// The peer says so.
    Failed {
        /// The peer's own number for it.
        code: i32,
        /// The peer's words.
        message: String,
    },
    /// What the peer answered is no value of the answer's type.
    Invalid(ConvertError),
    /// The peer gave the call up, or returned from a sync call without an answer.
    Unanswered,
    /// The peer has not answered in time.
    Deadline,
    /// Making the value from its view panicked, with this message.
    Panicked(String),
    /// Too many async calls are in flight: more than a million.
    Exhausted,
    /// The trait has no ring yet (`#[mem]`), and none could be made: the system has no more
    /// descriptors or threads, or the peer can't serve. The next call tries again. Of a trait that
    /// another process serves: there is none.
    NoRing(io::ErrorKind),
    /// The other process has the call, or would have had it, and is gone. Whether its function ran,
    /// nobody knows.
    Gone(Disconnected),
    /// The message to another process would be too long; nothing was called.
    TooLong {
        /// All of it.
        bytes: usize,
        /// The most that a message of this ring may have.
        longest: usize,
    },
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallError::Failed { code, message } => write!(f, "{message} (code {code})"),
            CallError::Invalid(error) => write!(f, "the peer's answer is not valid: {error}"),
            CallError::Unanswered => f.write_str("the peer did not answer, or gave the call up"),
            CallError::Deadline => f.write_str("the peer has not answered in time"),
            CallError::Panicked(message) => write!(f, "reading the answer panicked: {message}"),
            CallError::Exhausted => f.write_str("too many calls in flight"),
            CallError::NoRing(kind) => write!(f, "no ring to the peer: {kind}"),
            CallError::Gone(why) => write!(f, "the other process does not answer: {why}"),
            CallError::TooLong { bytes, longest } => {
                write!(f, "a message of {bytes} bytes, where the ring has room for {longest}")
            }
        }
    }
}

impl error::Error for CallError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            CallError::Invalid(error) => Some(error),
            _ => None,
        }
    }
}
