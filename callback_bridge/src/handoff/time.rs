//! The time of a block: nanoseconds since the first time that was asked for, so that it fits into
//! a word.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

static BEGINNING: OnceLock<Instant> = OnceLock::new();

/// Called when a channel with times is made, so that a callback never waits for it.
pub(super) fn begin() {
    BEGINNING.get_or_init(Instant::now);
}

pub(super) fn now() -> u64 {
    // 584 years fit.
    BEGINNING.get_or_init(Instant::now).elapsed().as_nanos() as u64
}

pub(super) fn instant(nanoseconds: u64) -> Instant {
    *BEGINNING.get_or_init(Instant::now) + Duration::from_nanos(nanoseconds)
}
