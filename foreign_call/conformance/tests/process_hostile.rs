//! Between Rust and C stands somebody who changes bytes: an error, and neither side is worse off. C is
//! built with the sanitizers, where the compiler has them.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use foreign_call::ring::{Connection, Events, Receiver, Sender};
use foreign_call::{CallError, refused_answers, within};
use foreign_call_conformance::process::{Far as _, FarImpl as Impl};
use foreign_call_conformance::*;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

#[allow(dead_code, reason = "not every test needs all of it")]
mod far;
#[allow(dead_code, reason = "not every test needs all of them")]
mod values;
use far::{CLOSED, alone, options, run, start};
use values::all;

/// xorshift64*: the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides
    }

    /// Changes what follows the first two words: bytes, words that might be places, the end.
    fn spoil(&mut self, message: &mut Vec<u8>) {
        const HEAD: usize = 16;
        for _ in 0..=self.roll(3) {
            let words = (message.len() - HEAD) / 8;
            if words == 0 {
                return;
            }
            let word = HEAD + 8 * self.roll(words);
            match self.roll(6) {
                0 => message.truncate(word),
                1 => message[word..word + 8].fill(0xff),
                2 => {
                    let place = 8 * self.roll(message.len()) as u64;
                    message[word..word + 8].copy_from_slice(&place.to_ne_bytes());
                }
                3 => {
                    let from = HEAD + 8 * self.roll(words);
                    message.copy_within(from..from + 8, word);
                }
                _ => message[word + self.roll(8)] = self.roll(256) as u8,
            }
        }
    }
}

/// Hands on what comes, as `change` makes it, until either side has ended.
fn hand_on(
    mut from: Receiver<Events>,
    mut to: Sender<Events>,
    mut change: impl FnMut(Vec<u8>, &mut dyn FnMut(&[u8])) + Send + 'static,
) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        while let Ok(message) = from.recv() {
            let mut ended = false;
            change(message.to_vec(), &mut |message| ended |= to.send(message).is_err());
            if ended {
                return;
            }
        }
    })
}

/// Stands between Rust and C, and passes on what they say before the first message.
fn between(near: &UnixStream, far: &UnixStream) -> [Connection<Events>; 2] {
    let here = Connection::accept(near, &options()).expect("Rust's offer");
    let there = Connection::offer(far, &options()).expect("C accepts");
    for (mut from, mut to) in [(near, far), (far, near)] {
        let mut number = [0; 8];
        from.read_exact(&mut number).expect("a number");
        to.write_all(&number).expect("and on");
    }
    [here, there]
}

/// The places of functions in the trait.
const ALL: u64 = 2;
const NONE: u64 = 1000;

/// Runs a test with somebody in between. C ends in good order.
fn spoiled<T>(
    to_c: impl FnMut(Vec<u8>, &mut dyn FnMut(&[u8])) + Send + 'static,
    to_rust: impl FnMut(Vec<u8>, &mut dyn FnMut(&[u8])) + Send + 'static,
    test: impl FnOnce() -> T,
) -> T {
    let _alone = alone();
    let (socket, near) = UnixStream::pair().expect("sockets");
    let (far, mut child) = start();
    let ends = thread::spawn(move || between(&near, &far));
    Impl::connect(&socket, &options()).expect("C serves");
    let [here, there] = ends.join().expect("no panic");
    let there_to_here = hand_on(there.receiver, here.sender, to_rust);
    let here_to_there = hand_on(here.receiver, there.sender, to_c);
    let result = test();
    Impl::disconnect();
    here_to_there.join().expect("no panic");
    let status = child.wait().expect("it is ours");
    assert_eq!(status.code(), Some(CLOSED), "{status}");
    there_to_here.join().expect("no panic");
    result
}

fn values(count: usize) -> Vec<All> {
    let mut runner = TestRunner::deterministic();
    let tree = |_| all().new_tree(&mut runner).expect("a value").current();
    (0..count).map(tree).collect()
}

#[test]
fn c_refuses_arguments_that_are_none_and_counts_them() {
    let mut dice = Dice(0xc0ffee);
    let to_c = move |mut message: Vec<u8>, send: &mut dyn FnMut(&[u8])| {
        if message[..8] == ALL.to_ne_bytes() {
            dice.spoil(&mut message);
        }
        send(&message);
    };
    let to_rust = |message: Vec<u8>, send: &mut dyn FnMut(&[u8])| send(&message);
    spoiled(to_c, to_rust, || {
        let mut refused = 0;
        for value in values(500) {
            match run(Impl::all(&value)) {
                // What is wrong only for Rust: a text that is no UTF-8, a key that comes twice.
                Ok(_) | Err(CallError::Invalid(_)) => {}
                Err(CallError::Failed { code, message }) => {
                    assert_eq!((code, &*message), (i32::MIN + 2, "an argument is not valid"));
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(refused > 100, "only {refused}");
        assert_eq!(run(Impl::refused()), Ok(refused));
    });
}

#[test]
fn rust_refuses_answers_that_are_none() {
    let mut dice = Dice(0xbeef);
    let to_c = |message: Vec<u8>, send: &mut dyn FnMut(&[u8])| send(&message);
    let to_rust = move |mut message: Vec<u8>, send: &mut dyn FnMut(&[u8])| {
        dice.spoil(&mut message);
        send(&message);
    };
    spoiled(to_c, to_rust, || {
        let (mut taken, mut invalid) = (0, 0);
        for value in values(500) {
            match run(Impl::all(&value)) {
                Ok(_) => taken += 1,
                Err(CallError::Invalid(_)) => invalid += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(taken > 10 && invalid > 100, "{taken} taken, {invalid} invalid");
    });
}

#[test]
fn messages_that_are_none_are_counted_and_forged_answers_reach_nobody() {
    let forged = Arc::new(AtomicU64::new(0));
    let counts = Arc::clone(&forged);
    let to_c = |message: Vec<u8>, send: &mut dyn FnMut(&[u8])| {
        send(b"");
        send(&[0xff; 15]);
        send([NONE, 1].map(u64::to_ne_bytes).as_flattened());
        // A list that is longer than the message, to a one-way function.
        send([0, 0, 40, u64::MAX].map(u64::to_ne_bytes).as_flattened());
        send(&message);
    };
    let to_rust = move |message: Vec<u8>, send: &mut dyn FnMut(&[u8])| {
        let mut other = message.clone();
        for bit in 0..64 {
            let ticket = u64::from_ne_bytes(message[..8].try_into().expect("a word"));
            other[..8].copy_from_slice(&(ticket ^ 1 << bit).to_ne_bytes());
            send(&other);
        }
        send(&[0; 15]);
        send(&message);
        send(&message);
        counts.fetch_add(64 + 1 + 1, Ordering::Relaxed);
    };
    let refused = refused_answers();
    spoiled(to_c, to_rust, || {
        for number in 0..50_u64 {
            assert_eq!(run(Impl::sum(vec![number; 2])), Ok(2 * number));
            assert_eq!(run(Impl::refused()), Ok(4 * (2 * number + 2)));
        }
    });
    // The receiving thread has ended with its session, or is about to.
    far::until("each forged answer is counted", || {
        refused_answers() - refused == forged.load(Ordering::Relaxed)
    });
}

#[test]
fn an_answer_that_never_comes_keeps_nothing() {
    let to_c = |message: Vec<u8>, send: &mut dyn FnMut(&[u8])| send(&message);
    let to_rust = |_: Vec<u8>, _: &mut dyn FnMut(&[u8])| ();
    spoiled(to_c, to_rust, || {
        let late = within(Duration::from_millis(5), Impl::sum(vec![1]));
        assert_eq!(run(late), Err(CallError::Deadline));
    });
}
