//! A Unix socket: one message is one write; whoever reads takes all that is there.

use std::io::{BufReader, Read, Write};
use std::os::unix::net::UnixStream;

use super::{Arrivals, beside};
use crate::harness::Measured;

pub(super) fn send(mut socket: &UnixStream, number: u64) {
    socket.write_all(&number.to_ne_bytes()).expect("somebody reads");
}

pub(super) fn receive(socket: &mut BufReader<&UnixStream>) -> u64 {
    let mut bytes = [0; size_of::<u64>()];
    socket.read_exact(&mut bytes).expect("somebody writes");
    u64::from_ne_bytes(bytes)
}

pub(super) fn one_way(count: usize) -> Measured {
    let (here, there) = UnixStream::pair().expect("a pair of sockets");
    let thread = beside(move || (0..count as u64).for_each(|number| send(&there, number)));
    let (mut arrivals, mut here) = (Arrivals::of(count), BufReader::new(&here));
    for _ in 0..count {
        arrivals.see(receive(&mut here));
    }
    thread.join().expect("no panic");
    vec![("ns a message", arrivals.nanoseconds(count))]
}

pub(super) fn round_trips(in_flight: usize, count: usize) -> Measured {
    let (here, there) = UnixStream::pair().expect("a pair of sockets");
    let thread = beside(move || {
        let mut numbers = BufReader::new(&there);
        for _ in 0..count {
            send(&there, receive(&mut numbers));
        }
    });
    let (mut arrivals, mut answers) = (Arrivals::of(count), BufReader::new(&here));
    for number in 0..(count + in_flight) as u64 {
        if number >= in_flight as u64 {
            arrivals.see(receive(&mut answers));
        }
        if number < count as u64 {
            send(&here, number);
        }
    }
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}
