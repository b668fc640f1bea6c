//! Experiment 12: what its chapter claims.

use std::collections::VecDeque;
use std::sync::mpsc;
use std::thread;

use bridge_with_ring::ring::{CAPACITY, Receiver, Sender, ring, ring_after};
use bridge_with_ring::{Service, ffi};

#[derive(Debug, Clone, Copy)]
enum Language {
    Rust,
    C,
}

fn send(by: Language, sender: &mut Sender, value: i64) -> bool {
    match by {
        Language::Rust => sender.send(value),
        // SAFETY: the ring is alive, and nobody else sends.
        Language::C => unsafe { ffi::bridge_with_ring_ring_send(sender.as_ptr(), value) },
    }
}

fn receive(by: Language, receiver: &mut Receiver) -> Option<i64> {
    let mut value = 0;
    match by {
        Language::Rust => receiver.receive(),
        // SAFETY: the ring is alive, nobody else receives, and `value` can be written.
        Language::C => unsafe {
            ffi::bridge_with_ring_ring_receive(receiver.as_ptr(), &raw mut value).then_some(value)
        },
    }
}

const PAIRS: [(Language, Language); 4] = [
    (Language::Rust, Language::Rust),
    (Language::Rust, Language::C),
    (Language::C, Language::Rust),
    (Language::C, Language::C),
];

/// Pseudo-random numbers below 256.
fn noise(seed: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(seed), |state| {
        Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223))
    })
    .map(|state| state >> 24)
}

#[test]
fn c_squares_what_rust_sends() {
    let report = bridge_with_ring::run().expect("the experiment runs");
    assert_eq!((report.sent, report.received, report.wrong), (100_000, 100_000, 0));
    assert_eq!(report.sum, (1..=100_000_i64).map(|number| number.pow(2)).sum::<i64>());
}

#[test]
fn whatever_the_languages_each_value_arrives_once_and_in_order() {
    for (from, to) in PAIRS {
        let (mut sender, mut receiver) = ring();
        let sending = thread::spawn(move || {
            for value in 0..200_000 {
                assert!(send(from, &mut sender, value));
            }
        });
        for value in 0..200_000 {
            assert_eq!(receive(to, &mut receiver), Some(value), "{from:?} to {to:?}");
        }
        assert_eq!(receive(to, &mut receiver), None, "{from:?} to {to:?}");
        sending.join().expect("no panic");
    }
}

#[test]
fn with_pauses_at_both_ends_nobody_sleeps_for_ever() {
    for (from, to) in PAIRS {
        let (mut sender, mut receiver) = ring();
        let sending = thread::spawn(move || {
            for (value, noise) in (0..50_000).zip(noise(1)) {
                // Long enough, now and then, for the other side to fall asleep.
                (0..if noise == 0 { 64 } else { 0 }).for_each(|_| thread::yield_now());
                assert!(send(from, &mut sender, value));
            }
        });
        for (value, noise) in (0..50_000).zip(noise(2)) {
            (0..if noise == 0 { 64 } else { 0 }).for_each(|_| thread::yield_now());
            assert_eq!(receive(to, &mut receiver), Some(value), "{from:?} to {to:?}");
        }
        sending.join().expect("no panic");
    }
}

#[test]
fn it_is_a_queue_with_a_bound_and_the_counts_may_wrap_around() {
    let (mut sender, mut receiver) = ring_after(u32::MAX - 100);
    let (mut queue, mut full, mut empty) = (VecDeque::new(), 0, 0);
    for (value, noise) in (0..100_000).zip(noise(3)) {
        if noise < 130 {
            let has_room = queue.len() < CAPACITY as usize;
            assert_eq!(sender.try_send(value), has_room);
            match has_room {
                true => queue.push_back(value),
                false => full += 1,
            }
        } else {
            empty += u32::from(queue.is_empty());
            assert_eq!(receiver.try_receive(), queue.pop_front());
        }
    }
    assert!(full > 0 && empty > 0, "it was full {full} times and empty {empty} times");
}

#[test]
fn while_nobody_sleeps_no_bell_is_rung() {
    let (mut sender, mut receiver) = ring();
    for value in 0..1_000 {
        assert!(sender.send(value));
        assert_eq!(receiver.receive(), Some(value));
    }
    assert_eq!(receiver.rung(), 0);
}

#[test]
fn what_was_sent_before_the_end_can_still_be_received() {
    for (from, to) in PAIRS {
        let (mut sender, mut receiver) = ring();
        assert!(send(from, &mut sender, 1) && send(from, &mut sender, 2));
        drop(sender);
        let received = [(); 4].map(|()| receive(to, &mut receiver));
        assert_eq!(received, [Some(1), Some(2), None, None], "{from:?} to {to:?}");
    }
}

#[test]
fn a_receiver_that_waits_is_released_when_the_sender_goes() {
    for (_, to) in PAIRS {
        let (sender, mut receiver) = ring();
        let (waits, waiting) = mpsc::channel();
        let receiving = thread::spawn(move || {
            waits.send(()).expect("the test waits");
            receive(to, &mut receiver)
        });
        waiting.recv().expect("no panic");
        drop(sender);
        assert_eq!(receiving.join().expect("no panic"), None);
    }
}

#[test]
fn a_sender_that_waits_for_room_is_released_when_the_receiver_goes() {
    for (from, _) in PAIRS {
        let (mut sender, receiver) = ring();
        let (is_full, full) = mpsc::channel();
        let sending = thread::spawn(move || {
            for value in 0..i64::from(CAPACITY) {
                assert!(send(from, &mut sender, value));
            }
            is_full.send(()).expect("the test waits");
            send(from, &mut sender, -1)
        });
        full.recv().expect("no panic");
        drop(receiver);
        assert!(!sending.join().expect("no panic"), "it is not sent");
    }
}

#[test]
fn the_service_ends_when_nobody_wants_its_squares() {
    let (mut numbers, numbers_in_c) = ring();
    let (squares_in_c, squares) = ring();
    let service = Service::start(numbers_in_c, squares_in_c).expect("C has memory and threads");
    drop(squares);
    while numbers.send(3) {} // C finds its ring closed, and closes the other one
    drop(service);
}

#[test]
fn a_square_that_is_too_large_wraps_around() {
    let (mut numbers, numbers_in_c) = ring();
    let (squares_in_c, mut squares) = ring();
    let _service = Service::start(numbers_in_c, squares_in_c).expect("C has memory and threads");
    for number in [-3, i64::MAX, i64::MIN] {
        assert!(numbers.send(number));
        assert_eq!(squares.receive(), Some(number.wrapping_mul(number)));
    }
    drop(numbers);
    assert_eq!(squares.receive(), None);
}

#[test]
fn without_the_fences_wake_ups_are_lost_and_with_them_none() {
    let one_core = thread::available_parallelism().is_ok_and(|cores| cores.get() == 1);
    // On a machine that is busy the two may never run at once, in one run.
    let lost = (0..20).any(|_| {
        let output = support::run("release_acquire", &[]);
        let words = support::stdout(&output);
        let mut lines = words.lines().map(|line| line.split_whitespace().nth(2).expect("a count"));
        let (without, with) = (lines.next().expect("a line"), lines.next().expect("a line"));
        assert_eq!(with, "0");
        without != "0"
    });
    assert!(lost || one_core, "this machine never changes the order of a store and a load");
}
