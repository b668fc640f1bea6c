//! The same round trips as calls: C answers from a thread of its own.

use futures_util::{StreamExt, stream};

use super::{Arrivals, runtime};
use crate::foreign::{Pool, in_c};
use crate::harness::{self, Core, Measured};

/// One task, which always has so many calls in flight.
pub(super) fn calls(in_flight: usize, count: usize) -> Measured {
    harness::pin(Core::Consumer); // C's thread inherits it
    let _pool = Pool::new(in_flight);
    harness::pin(Core::Producer);
    let mut arrivals = Arrivals::of(count);
    let numbers = stream::iter(0..count as u64);
    let calls = numbers.map(<in_c::InCImpl as in_c::InC>::echo).buffered(in_flight);
    runtime().block_on(calls.for_each(|number| {
        arrivals.see(number);
        std::future::ready(())
    }));
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}
