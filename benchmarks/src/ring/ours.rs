//! `foreign_call::ring`, with both ends in this process.

use foreign_call::ring::{Connection, Options, channel};

use super::{Arrivals, ROOM, beside, runtime};
use crate::harness::Measured;

pub(super) fn options() -> Options {
    Options::fixed(ROOM, size_of::<u64>())
}

pub(super) fn number(message: &[u8]) -> u64 {
    u64::from_ne_bytes(message.try_into().expect("8 bytes"))
}

pub(super) fn one_way(arrivals: Arrivals, count: usize, wake_ups: u64) -> Measured {
    let wake_ups = wake_ups as f64 / count as f64;
    vec![("ns a message", arrivals.nanoseconds(count)), ("wake-ups a message", wake_ups)]
}

/// A task at each end, each of a runtime of its own.
pub(super) fn tasks_one_way(count: usize) -> Measured {
    let (mut sender, mut receiver) = channel(&options());
    let thread = beside(move || {
        runtime().block_on(async {
            for number in 0..count as u64 {
                sender.send_async(&number.to_ne_bytes()).await.expect("it is received");
            }
        });
        sender.wake_ups()
    });
    let mut arrivals = Arrivals::of(count);
    runtime().block_on(async {
        for _ in 0..count {
            arrivals.see(number(receiver.recv_async().await.expect("it is sent")));
        }
    });
    let wake_ups = receiver.wake_ups() + thread.join().expect("no panic");
    one_way(arrivals, count, wake_ups)
}

/// A thread at each end.
pub(super) fn threads_one_way(count: usize) -> Measured {
    let (mut sender, mut receiver) = channel(&options());
    let thread = beside(move || {
        for number in 0..count as u64 {
            sender.send(&number.to_ne_bytes()).expect("it is received");
        }
        sender.wake_ups()
    });
    let mut arrivals = Arrivals::of(count);
    for _ in 0..count {
        arrivals.see(number(receiver.recv().expect("it is sent")));
    }
    let wake_ups = receiver.wake_ups() + thread.join().expect("no panic");
    one_way(arrivals, count, wake_ups)
}

pub(super) fn tasks(in_flight: usize, count: usize) -> Measured {
    let (mut here, mut there) = Connection::pair(&options());
    let thread = beside(move || {
        runtime().block_on(async {
            for _ in 0..count {
                let number = number(there.receiver.recv_async().await.expect("it is sent"));
                there.sender.send_async(&number.to_ne_bytes()).await.expect("it is received");
            }
        });
    });
    let mut arrivals = Arrivals::of(count);
    runtime().block_on(async {
        for number_sent in 0..(count + in_flight) as u64 {
            if number_sent >= in_flight as u64 {
                let message = here.receiver.recv_async().await.expect("it is answered");
                arrivals.see(number(message));
            }
            if number_sent < count as u64 {
                let message = number_sent.to_ne_bytes();
                here.sender.send_async(&message).await.expect("it is received");
            }
        }
    });
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}

pub(super) fn threads(in_flight: usize, count: usize) -> Measured {
    let (mut here, mut there) = Connection::pair(&options());
    let thread = beside(move || {
        for _ in 0..count {
            let number = number(there.receiver.recv().expect("it is sent"));
            there.sender.send(&number.to_ne_bytes()).expect("it is received");
        }
    });
    let mut arrivals = Arrivals::of(count);
    for number_sent in 0..(count + in_flight) as u64 {
        if number_sent >= in_flight as u64 {
            let message = here.receiver.recv().expect("it is answered");
            arrivals.see(number(message));
        }
        if number_sent < count as u64 {
            here.sender.send(&number_sent.to_ne_bytes()).expect("it is received");
        }
    }
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}
