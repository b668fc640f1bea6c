//! The same, where each end takes what is there, up to [`MANY`], and sends as many at once.
//!
//! With 512 in flight that is a part of them: who takes all of them leaves the other end nothing to do,
//! and the two work in turns.

use std::ops::Range;

use foreign_call::ring::{Connection, channel};

use super::ours::{number, one_way, options};
use super::{Arrivals, beside, runtime};
use crate::harness::Measured;

/// Messages that are taken and sent at once, at most.
const MANY: usize = 64;

/// The numbers that are next, at most so many, as messages.
fn next(numbers: &mut Range<u64>, most: usize) -> impl Iterator<Item = [u8; 8]> {
    numbers.take(most).map(u64::to_ne_bytes)
}

/// A task at each end, which sends and takes up to [`MANY`] at once.
pub(super) fn tasks_one_way(count: usize) -> Measured {
    let (mut sender, mut receiver) = channel(&options());
    let thread = beside(move || {
        let (mut left, mut messages) = (0..count as u64, Vec::new());
        runtime().block_on(async {
            while !left.is_empty() {
                messages.extend(next(&mut left, MANY));
                sender.send_many_async(&messages).await.expect("they are received");
                messages.clear();
            }
        });
        sender.wake_ups()
    });
    let mut arrivals = Arrivals::of(count);
    runtime().block_on(async {
        let mut taken = 0;
        while taken < count {
            let each = |message: &[u8]| arrivals.see(number(message));
            taken += receiver.recv_many_async(MANY, each).await.expect("they are sent");
        }
    });
    let wake_ups = receiver.wake_ups() + thread.join().expect("no panic");
    one_way(arrivals, count, wake_ups)
}

/// A thread at each end, which does the same.
pub(super) fn threads_one_way(count: usize) -> Measured {
    let (mut sender, mut receiver) = channel(&options());
    let thread = beside(move || {
        let (mut left, mut messages) = (0..count as u64, Vec::new());
        while !left.is_empty() {
            messages.extend(next(&mut left, MANY));
            sender.send_many(&messages).expect("they are received");
            messages.clear();
        }
        sender.wake_ups()
    });
    let (mut arrivals, mut taken) = (Arrivals::of(count), 0);
    while taken < count {
        let each = |message: &[u8]| arrivals.see(number(message));
        taken += receiver.recv_many(MANY, each).expect("they are sent");
    }
    let wake_ups = receiver.wake_ups() + thread.join().expect("no panic");
    one_way(arrivals, count, wake_ups)
}

/// A task at each end, which answers at once what it takes at once: up to [`MANY`].
pub(super) fn tasks(in_flight: usize, count: usize) -> Measured {
    let (mut here, mut there) = Connection::pair(&options());
    let thread = beside(move || {
        runtime().block_on(async {
            let (mut answered, mut messages) = (0, Vec::new());
            while answered < count {
                let each = |message: &[u8]| messages.push(number(message).to_ne_bytes());
                answered += there.receiver.recv_many_async(MANY, each).await.expect("questions");
                there.sender.send_many_async(&messages).await.expect("they are received");
                messages.clear();
            }
        });
    });
    let (mut arrivals, mut left) = (Arrivals::of(count), 0..count as u64);
    runtime().block_on(async {
        let mut messages: Vec<_> = next(&mut left, in_flight).collect();
        let mut taken = 0;
        while taken < count {
            here.sender.send_many_async(&messages).await.expect("they are received");
            messages.clear();
            let each = |message: &[u8]| arrivals.see(number(message));
            let more = here.receiver.recv_many_async(MANY, each).await.expect("answers");
            messages.extend(next(&mut left, more));
            taken += more;
        }
    });
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}

/// A thread at each end, which does the same.
pub(super) fn threads(in_flight: usize, count: usize) -> Measured {
    let (mut here, mut there) = Connection::pair(&options());
    let thread = beside(move || {
        let (mut answered, mut messages) = (0, Vec::new());
        while answered < count {
            let each = |message: &[u8]| messages.push(number(message).to_ne_bytes());
            answered += there.receiver.recv_many(MANY, each).expect("questions");
            there.sender.send_many(&messages).expect("they are received");
            messages.clear();
        }
    });
    let (mut arrivals, mut left) = (Arrivals::of(count), 0..count as u64);
    let mut messages: Vec<_> = next(&mut left, in_flight).collect();
    let mut taken = 0;
    while taken < count {
        here.sender.send_many(&messages).expect("they are received");
        messages.clear();
        let each = |message: &[u8]| arrivals.see(number(message));
        let more = here.receiver.recv_many(MANY, each).expect("answers");
        messages.extend(next(&mut left, more));
        taken += more;
    }
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}
