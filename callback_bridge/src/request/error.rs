//! What can go wrong, an enum or a struct for each operation.

use std::{error, fmt};

/// Why an answer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The request has been answered already, or its [`Response`](super::Response) is gone.
    Late,
    /// No request ever had this handle.
    Forged,
    /// The request wants an answer of another type.
    OtherType,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::Late => "the request is answered already, or nobody waits for it any more",
            Reason::Forged => "no request has this handle",
            Reason::OtherType => "the request wants an answer of another type",
        })
    }
}

/// An answer that was refused, and the value that was to be the answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Refused<T> {
    /// What would have been the answer.
    pub value: T,
    /// Why it is not.
    pub reason: Reason,
}

impl<T> fmt::Debug for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refused").field("reason", &self.reason).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for Refused<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the answer was refused: {}", self.reason)
    }
}

impl<T> error::Error for Refused<T> {}

/// The [`Completion`](super::Completion) was dropped, or [abandoned](super::abandon_raw), and no
/// answer will come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the request was dropped unanswered")
    }
}

impl error::Error for Abandoned {}

/// Why [`Response::wait_timeout`](super::Response::wait_timeout) or
/// [`Response::try_take`](super::Response::try_take) returned without an answer.
pub enum NotYet<R> {
    /// There is no answer so far. Here is the response again.
    Pending(R),
    /// There will be none: see [`Abandoned`].
    Abandoned,
}

impl<R> fmt::Debug for NotYet<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotYet::Pending(_) => "Pending(..)",
            NotYet::Abandoned => "Abandoned",
        })
    }
}

impl<R> fmt::Display for NotYet<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotYet::Pending(_) => f.write_str("the request is not answered yet"),
            NotYet::Abandoned => Abandoned.fmt(f),
        }
    }
}

impl<R> error::Error for NotYet<R> {}

/// As many requests are in flight as there can be: 1,048,512 where pointers have 64 bits, 16,320
/// where they have 32; in steps of 64. Slots that other threads keep for their next requests (at most
/// 64 of each size) and those for values of another size count as in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted;

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("too many requests in flight")
    }
}

impl error::Error for Exhausted {}

/// What happened to the requests of this process so far. [`stats`](super::stats) fills it in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Answers refused as [`Reason::Late`].
    pub late: u64,
    /// Answers refused as [`Reason::Forged`].
    pub forged: u64,
    /// Answers refused as [`Reason::OtherType`].
    pub other_type: u64,
    /// Slots that exist, free or in use. Their memory is never given back.
    pub slots: usize,
    /// Slots that are never used again, as they ran out of generations: after 2^44 requests each.
    /// Where pointers have 32 bits the generations start again after 2^18 instead.
    pub retired: u64,
    /// Wakers that panicked when they were woken. The panic ends there: it must not go through the C
    /// code that answered.
    pub panicked_wakers: u64,
}
