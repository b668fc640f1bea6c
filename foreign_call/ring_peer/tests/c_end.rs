//! A connection whose other end is in C, on a thread of its own.
#![cfg(unix)]

use std::hint;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use foreign_call::ring::{Connection, Disconnected, Events, Options, Peer};
use foreign_call_ring_peer::{
    CLOSED, NOT_A_RING, OK, WRONG_LENGTH, consume, echo, produce, publish_in_turn, receive_in_turn,
    send_in_turn,
};

fn connection(slots: usize) -> (Connection<Events>, Peer) {
    connection_of(&Options::new(slots, 24))
}

fn connection_of(options: &Options) -> (Connection<Events>, Peer) {
    let (ours, theirs) = Connection::with_descriptors(options).expect("descriptors");
    (ours, Peer::new(theirs))
}

const COUNT: u64 = 100_000;

#[test]
fn c_produces_and_rust_consumes() {
    let (mut ours, theirs) = connection(8);
    let c = thread::spawn(move || produce(&theirs, COUNT));
    for number in 0..COUNT {
        assert_eq!(ours.receiver.recv(), Ok(&number.to_ne_bytes()[..]));
    }
    assert_eq!(ours.receiver.recv(), Err(Disconnected::Closed));
    assert_eq!(c.join().expect("no panic"), OK);
}

#[test]
fn rust_produces_and_c_consumes() {
    let (mut ours, theirs) = connection(8);
    let c = thread::spawn(move || consume(&theirs));
    for number in 0..COUNT {
        ours.sender.send(&number.to_ne_bytes()).expect("C is there");
    }
    drop(ours);
    assert_eq!(c.join().expect("no panic"), (CLOSED, COUNT));
}

#[test]
fn c_echoes_messages_of_every_length_one_at_a_time() {
    let (mut ours, theirs) = connection(2);
    let c = thread::spawn(move || echo(&theirs));
    for round in 0..2_000_usize {
        let message: Vec<u8> = (0..round % 25).map(|byte| (round + byte) as u8).collect();
        ours.sender.send(&message).expect("C is there");
        assert_eq!(ours.receiver.recv(), Ok(&*message));
    }
    drop(ours);
    assert_eq!(c.join().expect("no panic"), CLOSED);
}

/// C tells fewer blocks of the arena apart than there are messages on their way back, and the arena is
/// used many times over.
#[test]
fn c_echoes_long_messages_many_at_once() {
    const UNDER_WAY: usize = 50;
    let options = Options::new(64, 8).arena(4000);
    let (mut ours, theirs) = Connection::with_descriptors(&options).expect("descriptors");
    let theirs = Peer::new(theirs);
    let tail = theirs.meta().send.ring.cast::<u8>().wrapping_add(128) as usize;
    let message = |number: usize| -> Vec<u8> {
        (0..9 + number * 7 % 40).map(|byte| (number + byte) as u8).collect()
    };
    let c = thread::spawn(move || echo(&theirs));
    for number in 0..2_000 {
        ours.sender.send(&message(number)).expect("C is there");
        // SAFETY: C's tail lies there, an atomic, and the ring is alive while C is its end.
        let tail = unsafe { &*(tail as *const AtomicU64) };
        until(|| (tail.load(Ordering::Relaxed) == number as u64 + 1).then_some(()));
        if number >= UNDER_WAY {
            assert_eq!(ours.receiver.try_recv(), Ok(&*message(number - UNDER_WAY)));
        }
    }
    drop(ours);
    assert_eq!(c.join().expect("no panic"), CLOSED);
}

#[test]
fn c_echoes_messages_of_one_length_one_at_a_time_and_many_at_once() {
    for length in [1, 8, 13, 24] {
        let (mut ours, theirs) = connection_of(&Options::fixed(64, length));
        let c = thread::spawn(move || echo(&theirs));
        let message = |number: usize| vec![number as u8; length];
        ours.sender.send(&message(7)).expect("C is there");
        assert_eq!(ours.receiver.recv(), Ok(&*message(7)));
        let messages: Vec<_> = (0..64).map(message).collect();
        for _ in 0..50 {
            ours.sender.send_many(&messages).expect("C is there");
            let mut echoed = Vec::new();
            while echoed.len() < messages.len() {
                let each = |message: &[u8]| echoed.push(message.to_vec());
                ours.receiver.recv_many(usize::MAX, each).expect("C is there");
            }
            assert_eq!(echoed, messages);
        }
        drop(ours);
        assert_eq!(c.join().expect("no panic"), CLOSED);
    }
}

#[test]
fn c_refuses_to_send_a_message_of_another_length() {
    let (mut ours, theirs) = connection_of(&Options::fixed(4, 7));
    assert_eq!(produce(&theirs, 1), WRONG_LENGTH, "its numbers have 8 bytes");
    drop(theirs);
    assert_eq!(ours.receiver.recv(), Err(Disconnected::Closed));
}

#[test]
fn c_refuses_rings_whose_messages_are_longer_than_their_slots() {
    for length in [0, 9] {
        let (_ours, theirs) = connection_of(&Options::fixed(4, 8));
        for ring in [theirs.meta().send.ring, theirs.meta().receive.ring] {
            // SAFETY: the place lies in the ring.
            let place = unsafe { ring.cast::<u8>().add(20) };
            // SAFETY: an atomic lies there, and the ring is alive while the end is lent.
            unsafe { &*place.cast::<AtomicU32>() }.store(length, Ordering::Relaxed);
        }
        assert_eq!(echo(&theirs), NOT_A_RING);
    }
}

#[test]
fn a_task_of_tokio_talks_to_c() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
    runtime.expect("a runtime").block_on(async {
        let (Connection { mut sender, mut receiver }, theirs) = connection(4);
        let c = thread::spawn(move || echo(&theirs));
        let sending = tokio::spawn(async move {
            for number in 0..20_000_u64 {
                sender.send_async(&number.to_ne_bytes()).await.expect("C is there");
            }
        });
        for number in 0..20_000_u64 {
            assert_eq!(receiver.recv_async().await, Ok(&number.to_ne_bytes()[..]));
        }
        sending.await.expect("no panic");
        assert_eq!(receiver.recv_async().await, Err(Disconnected::Closed));
        assert_eq!(c.join().expect("no panic"), CLOSED);
    });
}

#[test]
fn c_that_waits_is_woken_when_rust_goes_away() {
    let (Connection { sender, receiver }, theirs) = connection(2);
    // It fills the ring and sleeps, or is about to.
    let producing = thread::spawn(move || produce(&theirs, COUNT));
    drop((sender, receiver));
    assert_eq!(producing.join().expect("no panic"), CLOSED);
}

#[test]
fn an_end_that_c_closed_is_closed_once_more_by_rust() {
    let (mut ours, theirs) = connection(2);
    assert_eq!(produce(&theirs, 2), OK);
    drop(theirs);
    assert_eq!(ours.receiver.recv(), Ok(&0_u64.to_ne_bytes()[..]));
    assert_eq!(ours.receiver.recv(), Ok(&1_u64.to_ne_bytes()[..]));
    assert_eq!(ours.receiver.recv(), Err(Disconnected::Closed));
    assert_eq!(ours.sender.send(b"1"), Err(Disconnected::Closed.into()));
}

/// Tries until it succeeds: this side never sleeps, so it only meets C awake or asleep. C that is not
/// woken would be waited for in vain.
fn until<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        for _ in 0..1000 {
            if let Some(value) = attempt() {
                return value;
            }
            hint::spin_loop();
        }
        assert!(start.elapsed() < Duration::from_secs(30), "C lost a wake-up");
        thread::yield_now();
    }
}

/// A pause of some nanoseconds, another one each time, so that every moment of falling asleep is met.
fn pause(round: u64) {
    for step in 0..round % 131 {
        hint::black_box(step);
    }
}

const ROUNDS: u64 = 30_000;

#[test]
fn c_that_falls_asleep_over_an_empty_ring_misses_no_message() {
    let (mut ours, theirs) = connection(1);
    let turn = Arc::new(AtomicU64::new(0));
    let c = {
        let turn = Arc::clone(&turn);
        thread::spawn(move || receive_in_turn(&theirs, &turn, ROUNDS))
    };
    for round in 0..ROUNDS {
        turn.store(2 * round + 1, Ordering::Release);
        pause(round);
        ours.sender.try_send(&round.to_ne_bytes()).expect("C took the last one");
        until(|| (turn.load(Ordering::Acquire) == 2 * round + 2).then_some(()));
    }
    assert_eq!(c.join().expect("no panic"), OK);
}

#[test]
fn c_that_falls_asleep_over_a_full_ring_misses_no_room() {
    let (mut ours, theirs) = connection(1);
    let turn = Arc::new(AtomicU64::new(0));
    let c = {
        let turn = Arc::clone(&turn);
        thread::spawn(move || send_in_turn(&theirs, &turn, ROUNDS))
    };
    until(|| ours.receiver.ready().then_some(())); // full, from here on
    for round in 0..ROUNDS {
        turn.store(2 * round + 1, Ordering::Release);
        pause(round);
        assert_eq!(ours.receiver.try_recv(), Ok(&round.to_ne_bytes()[..]));
        until(|| (turn.load(Ordering::Acquire) == 2 * round + 2).then_some(()));
    }
    assert_eq!(c.join().expect("no panic"), OK);
}

/// Both do it at the same moment, so that only a fence on each side keeps one of them from missing
/// the other.
#[test]
fn c_that_publishes_wakes_whoever_falls_asleep() {
    let (mut ours, theirs) = connection(1);
    let turn = Arc::new(AtomicU64::new(0));
    let c = {
        let turn = Arc::clone(&turn);
        thread::spawn(move || publish_in_turn(&theirs, &turn, ROUNDS))
    };
    for round in 0..ROUNDS {
        turn.store(2 * round + 1, Ordering::Release);
        pause(round);
        let ready = ours.receiver.ready();
        until(|| (turn.load(Ordering::Acquire) == 2 * round + 2).then_some(()));
        let mut entry = libc::pollfd {
            fd: ours.receiver.as_fd().as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which lives across the call.
        let woken = unsafe { libc::poll(&raw mut entry, 1, 0) };
        assert!(ready || woken == 1, "round {round}: it was neither seen nor told");
        assert_eq!(ours.receiver.try_recv(), Ok(&round.to_ne_bytes()[..]));
    }
    assert_eq!(c.join().expect("no panic"), OK);
}
