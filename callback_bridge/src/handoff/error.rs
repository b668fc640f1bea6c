//! Why there is no block.

use std::error::Error;
use std::fmt;

/// All producers are gone, and all their blocks were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended;

/// Why [`Consumer::try_recv`](super::Consumer::try_recv) gave no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryRecvError {
    /// None is ready now.
    Empty,
    /// All producers are gone, and all their blocks were taken.
    Ended,
}

/// Why [`Consumer::recv_timeout`](super::Consumer::recv_timeout) gave no block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecvTimeoutError {
    /// None came in time.
    Timeout,
    /// All producers are gone, and all their blocks were taken.
    Ended,
}

const ENDED: &str = "all producers are gone";

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ENDED)
    }
}

impl fmt::Display for TryRecvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryRecvError::Empty => "no block is ready",
            TryRecvError::Ended => ENDED,
        })
    }
}

impl fmt::Display for RecvTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecvTimeoutError::Timeout => "no block came in time",
            RecvTimeoutError::Ended => ENDED,
        })
    }
}

impl Error for Ended {}
impl Error for TryRecvError {}
impl Error for RecvTimeoutError {}
