//! Why a call was refused.

use std::fmt;

/// Why C gets the fallback value instead of an answer of the closure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// No callback is registered that the call could be for: it came after unregistering, or (where C
    /// passes user data) with a null pointer or some other value that was never given out.
    Closed,
    /// A guarded (`FnMut`) closure is running already: C called it from within itself, or from two
    /// threads at once.
    Busy,
    /// The closure has panicked before.
    Poisoned,
    /// The closure panics in this call.
    Panicked,
    /// A `FnOnce` closure has been called before.
    Spent,
    /// A scoped closure was called from another thread than the one that lent it.
    OtherThread,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Closed => "the callback is not registered",
            Refusal::Busy => "the closure is running already",
            Refusal::Poisoned => "the closure has panicked before",
            Refusal::Panicked => "the closure panicked",
            Refusal::Spent => "the closure was to be called once",
            Refusal::OtherThread => "the closure belongs to another thread",
        })
    }
}
