//! What can go wrong.

use std::fmt;
use std::io;

/// Why the other side gets nothing more, or nothing more comes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disconnected {
    /// The other side closed its end.
    Closed,
    /// The other process is gone, or let go of its descriptors, without having closed its end.
    Gone,
    /// The other side wrote what nobody writes who keeps to the layout.
    Corrupt(Corrupt),
    /// Waiting failed: the kernel or the runtime refused it.
    Waiting(io::ErrorKind),
}

/// What is wrong in the shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corrupt {
    /// The other side's index is further from ours than the ring has slots, or a receiver's has gone
    /// back.
    Index {
        /// What the other side wrote.
        theirs: u64,
        /// What we have written.
        ours: u64,
    },
    /// A message says that it is longer than a slot.
    Length(u64),
    /// A message says that it lies where the arena is not.
    Place {
        /// How many bytes behind the beginning of the arena.
        at: u64,
        /// How many bytes it has.
        length: u64,
    },
}

/// Why [`Sender::try_send`](super::Sender::try_send) did not accept a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrySendError {
    /// There is no room now, neither in the ring nor in the spill.
    Full,
    /// It is longer than any message of this ring.
    TooLong {
        /// The most bytes that a message may have.
        longest: usize,
    },
    /// All messages of this ring have the same length, and this one has another.
    WrongLength {
        /// Its bytes.
        length: usize,
        /// The bytes of each message.
        each: usize,
    },
    /// It would not be received. Nor were, perhaps, the ones before it.
    Disconnected(Disconnected),
}

/// Why a message was not accepted by a call that waits for room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError {
    /// It is longer than any message of this ring.
    TooLong {
        /// The most bytes that a message may have.
        longest: usize,
    },
    /// All messages of this ring have the same length, and this one has another.
    WrongLength {
        /// Its bytes.
        length: usize,
        /// The bytes of each message.
        each: usize,
    },
    /// It would not be received. Nor were, perhaps, the ones before it.
    Disconnected(Disconnected),
}

/// Why [`Receiver::try_recv`](super::Receiver::try_recv) has no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryRecvError {
    /// There is none now.
    Empty,
    /// None will come.
    Disconnected(Disconnected),
}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disconnected::Closed => f.write_str("the other side closed its end"),
            Disconnected::Gone => f.write_str("the other side is gone"),
            Disconnected::Corrupt(what) => write!(f, "the other side broke the ring: {what}"),
            Disconnected::Waiting(kind) => write!(f, "waiting for the other side failed: {kind}"),
        }
    }
}

impl fmt::Display for Corrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Corrupt::Index { theirs, ours } => {
                write!(f, "its index is {theirs} where ours is {ours}")
            }
            Corrupt::Length(length) => write!(f, "a message has a length of {length}"),
            Corrupt::Place { at, length } => {
                write!(f, "a message of {length} bytes lies at {at}, outside of the arena")
            }
        }
    }
}

fn wrong_length(f: &mut fmt::Formatter<'_>, length: usize, each: usize) -> fmt::Result {
    write!(f, "the message has {length} bytes, and each of this ring has {each}")
}

fn too_long(f: &mut fmt::Formatter<'_>, longest: usize) -> fmt::Result {
    write!(f, "the message is longer than {longest} bytes")
}

impl fmt::Display for TrySendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TrySendError::Full => f.write_str("the ring is full"),
            TrySendError::TooLong { longest } => too_long(f, *longest),
            TrySendError::WrongLength { length, each } => wrong_length(f, *length, *each),
            TrySendError::Disconnected(why) => why.fmt(f),
        }
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SendError::TooLong { longest } => too_long(f, *longest),
            SendError::WrongLength { length, each } => wrong_length(f, *length, *each),
            SendError::Disconnected(why) => why.fmt(f),
        }
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryRecvError::Empty => f.write_str("the ring is empty"),
            TryRecvError::Disconnected(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for Disconnected {}
impl std::error::Error for Corrupt {}
impl std::error::Error for TrySendError {}
impl std::error::Error for SendError {}
impl std::error::Error for TryRecvError {}

impl From<Corrupt> for Disconnected {
    fn from(what: Corrupt) -> Disconnected {
        Disconnected::Corrupt(what)
    }
}

impl From<Disconnected> for TrySendError {
    fn from(why: Disconnected) -> TrySendError {
        TrySendError::Disconnected(why)
    }
}

impl From<Disconnected> for SendError {
    fn from(why: Disconnected) -> SendError {
        SendError::Disconnected(why)
    }
}

impl From<SendError> for TrySendError {
    fn from(why: SendError) -> TrySendError {
        match why {
            SendError::TooLong { longest } => TrySendError::TooLong { longest },
            SendError::WrongLength { length, each } => TrySendError::WrongLength { length, each },
            SendError::Disconnected(why) => TrySendError::Disconnected(why),
        }
    }
}

impl From<Disconnected> for TryRecvError {
    fn from(why: Disconnected) -> TryRecvError {
        TryRecvError::Disconnected(why)
    }
}
