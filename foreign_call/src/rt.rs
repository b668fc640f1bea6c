//! What the macros write refers to.

#[cfg(unix)]
pub use std::os::unix::net::UnixStream;
pub use std::time::Duration;

#[cfg(all(unix, not(loom)))]
pub use crate::call::mem::{
    Answering, End, Link, answering, answering_items, call_over, lend_over, stream_over, tell_over,
};
#[cfg(all(target_os = "linux", not(loom)))]
pub use crate::call::process::{Outgoing, Packer, Process, ask_process, prepare, tell_process};
pub use crate::call::{
    Answer, Interface, Items, RawCall, Scalar, answered, call_later, call_now, call_stream, lend,
};
pub use crate::convert::{Room, place_size};
pub use crate::offer::{
    AnswerFunction, Later, Reply, Slot, Spawn, answer_later, answer_now, begin, list, owned,
    scalar, tell, text,
};
pub use crate::shape::{ABI, Shape};

use crate::CallError;
use crate::convert::{ConvertError, Problem};

/// An enum has no variant of this number.
#[cold]
pub fn no_variant<T>(tag: u32, of: &'static str) -> Result<T, ConvertError> {
    Err(ConvertError::new(Problem::Tag { tag, of }))
}

/// For a function whose answer has no room for an error.
#[inline]
#[track_caller]
pub fn or_panic<T>(function: &str, outcome: Answer<T>) -> T {
    match outcome {
        Ok(answer) => answer,
        Err(error) => failed(function, &error),
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn failed(function: &str, error: &CallError) -> ! {
    panic!("`{function}`: {error}")
}

/// The peer was made for another trait of this name.
#[cold]
#[track_caller]
pub fn other_interface(name: &str, ours: u64, theirs: u64) -> ! {
    panic!(
        "the peer's side of `{name}` was generated from another version of the trait or its types \
         ({theirs:016x}, but this program has {ours:016x}): run foreign-call-cli again and rebuild \
         the peer"
    )
}
