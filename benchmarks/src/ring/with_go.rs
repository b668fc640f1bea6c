//! Round trips to Go, in this process: over a ring, by calls, and through a socket.
//!
//! No thread is kept on a core here, as in `foreign`. What counts is the time of all threads, those of
//! Go's runtime with them.

use std::future::Future;
use std::io::BufReader;
use std::os::fd::IntoRawFd;
use std::os::unix::net::UnixStream;
use std::thread;

use foreign_call::ring::{Connection, Events, Peer};
use futures_util::{StreamExt, stream};
use rust2go_calls as rust2go;

use super::ours::{number, options};
use super::{Arrivals, runtime, socket};
use crate::ffi;
use crate::foreign::in_go;
use crate::harness::Measured;

/// The times, and the wake-ups of both sides for the two messages of each round trip.
fn over_a_ring(count: usize, ask: impl FnOnce(&mut Connection<Events>) -> Arrivals) -> Measured {
    let ends = Connection::with_descriptors(&options()).expect("descriptors");
    let (mut here, there) = ends;
    let go = thread::spawn(move || {
        let there = Peer::new(there);
        // SAFETY: the end is alive until Go has returned.
        unsafe { ffi::foreign_go_ring_echo(&there.meta()) }
    });
    let arrivals = ask(&mut here);
    let mut measured = arrivals.with_cpu_time(count);
    let ours = here.sender.wake_ups() + here.receiver.wake_ups();
    drop(here);
    let wake_ups = ours + go.join().expect("no panic");
    measured.push(("wake-ups a message", wake_ups as f64 / (2 * count) as f64));
    measured
}

/// A thread here.
pub(super) fn thread(in_flight: usize, count: usize) -> Measured {
    over_a_ring(count, |here| {
        let mut arrivals = Arrivals::of(count);
        for number_sent in 0..(count + in_flight) as u64 {
            if number_sent >= in_flight as u64 {
                arrivals.see(number(here.receiver.recv().expect("it is answered")));
            }
            if number_sent < count as u64 {
                here.sender.send(&number_sent.to_ne_bytes()).expect("it is received");
            }
        }
        arrivals
    })
}

/// A task here, which waits for the descriptors in tokio's reactor.
pub(super) fn task(in_flight: usize, count: usize) -> Measured {
    over_a_ring(count, |here| {
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
        arrivals
    })
}

/// A call for each, in one task that always has so many in flight.
fn by_calls<F: Future<Output = u64>>(
    in_flight: usize,
    count: usize,
    echo: impl FnMut(u64) -> F,
) -> Measured {
    let mut arrivals = Arrivals::of(count);
    let calls = stream::iter(0..count as u64).map(echo).buffered(in_flight);
    runtime().block_on(calls.for_each(|number| {
        arrivals.see(number);
        std::future::ready(())
    }));
    arrivals.with_cpu_time(count)
}

pub(super) fn calls(in_flight: usize, count: usize) -> Measured {
    by_calls(in_flight, count, <in_go::InGoImpl as in_go::InGo>::echo)
}

pub(super) fn rust2go(in_flight: usize, count: usize) -> Measured {
    // SAFETY: each future is polled until it is ready.
    let echo = |number| unsafe { <rust2go::InGoImpl as rust2go::InGo>::echo(number) };
    by_calls(in_flight, count, echo)
}

/// Go reads and writes without blocking; this side blocks.
pub(super) fn unix_socket(in_flight: usize, count: usize) -> Measured {
    let (here, there) = UnixStream::pair().expect("a pair of sockets");
    let there = there.into_raw_fd();
    // SAFETY: the socket is open, and Go's from here on.
    let go = thread::spawn(move || unsafe { ffi::foreign_go_socket_echo(there) });
    let (mut arrivals, mut answers) = (Arrivals::of(count), BufReader::new(&here));
    for number in 0..(count + in_flight) as u64 {
        if number >= in_flight as u64 {
            arrivals.see(socket::receive(&mut answers));
        }
        if number < count as u64 {
            socket::send(&here, number);
        }
    }
    let measured = arrivals.with_cpu_time(count);
    drop(here);
    go.join().expect("no panic");
    measured
}
