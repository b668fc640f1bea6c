//! Work that takes long: how C learns that nobody waits for it any more.

use foreign_call::{CallError, Stream, r2g};

/// About numbers, by trial and error. C works on one of these calls after the other.
#[r2g]
pub trait Numbers {
    /// The smallest factor of a number above 1. Dropped half-way, C stops.
    #[cancel]
    async fn smallest_factor(number: u64) -> Result<u64, CallError>;
    /// The primes from this number on, for as long as somebody receives them.
    #[buffer(8)]
    fn primes(from: u64) -> impl Stream<Item = u64>;
    /// So many searches have stopped early.
    fn stopped() -> u32;
}
