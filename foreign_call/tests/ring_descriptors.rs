//! Ends that are woken through descriptors.
#![cfg(unix)]

use std::os::fd::{AsFd, AsRawFd};
use std::thread;

use foreign_call::ring::{Connection, Disconnected, Events, Options, Peer, TrySendError};

fn ends(slots: usize) -> (Connection<Events>, Connection<Events>) {
    Connection::with_descriptors(&Options::new(slots, 8)).expect("descriptors")
}

/// Whether the descriptor is readable now.
fn readable(end: &impl AsFd) -> bool {
    let mut entry = libc::pollfd { fd: end.as_fd().as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: one entry, which lives across the call.
    let ready = unsafe { libc::poll(&raw mut entry, 1, 0) };
    assert!(ready >= 0);
    ready == 1
}

#[test]
fn a_descriptor_becomes_readable_once_for_many_messages() {
    let (mut one, mut two) = ends(8);
    assert!(!two.receiver.ready());
    assert!(!readable(&two.receiver));
    for message in [b"1", b"2", b"3"] {
        one.sender.try_send(message).expect("room");
    }
    assert!(readable(&two.receiver));
    assert_eq!(one.sender.wake_ups(), 1);
    assert!(two.receiver.ready());
    assert!(!readable(&two.receiver), "taken back");
    assert_eq!(two.receiver.try_recv(), Ok(&b"1"[..]));
}

#[test]
fn a_receiver_that_is_awake_costs_no_wake_up() {
    let (mut one, mut two) = ends(8);
    one.sender.try_send(b"1").expect("room");
    assert!(two.receiver.ready());
    one.sender.try_send(b"2").expect("room");
    assert_eq!(one.sender.wake_ups(), 0);
    assert!(!readable(&two.receiver));
}

#[test]
fn a_sender_that_waits_for_room_is_told_of_it() {
    let (mut one, mut two) = ends(1);
    assert!(one.sender.ready());
    one.sender.try_send(b"1").expect("room");
    assert!(!one.sender.ready());
    assert_eq!(one.sender.try_send(b"2"), Err(TrySendError::Full));
    assert!(!readable(&one.sender));
    assert_eq!(two.receiver.try_recv(), Ok(&b"1"[..]));
    assert!(readable(&one.sender));
    assert_eq!(two.receiver.wake_ups(), 1);
    assert!(one.sender.ready());
}

#[test]
fn the_end_makes_a_descriptor_readable() {
    let (one, mut two) = ends(1);
    assert!(!two.receiver.ready() && two.sender.ready());
    drop(one);
    assert!(readable(&two.receiver));
    assert!(two.receiver.ready());
    assert_eq!(two.receiver.recv(), Err(Disconnected::Closed));
}

#[test]
fn every_number_arrives_once_and_in_order_both_ways() {
    let (one, mut two) = ends(4);
    let echo = thread::spawn(move || {
        while let Ok(message) = two.receiver.recv() {
            two.sender.send(message).expect("the other end is there");
        }
    });
    let Connection { mut sender, mut receiver } = one;
    let sending = thread::spawn(move || {
        for number in 0..50_000_u64 {
            sender.send(&number.to_ne_bytes()).expect("the echo is there");
        }
    });
    for number in 0..50_000_u64 {
        assert_eq!(receiver.recv(), Ok(&number.to_ne_bytes()[..]));
    }
    sending.join().expect("no panic");
    assert_eq!(receiver.recv(), Err(Disconnected::Closed));
    echo.join().expect("no panic");
}

#[test]
#[should_panic(expected = "this end is in use")]
fn an_end_that_was_used_is_not_lent() {
    let (_one, mut two) = ends(1);
    two.sender.try_send(b"1").expect("room");
    let _ = Peer::new(two);
}
