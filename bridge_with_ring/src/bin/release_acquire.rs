//! WRONG: the ring without its two fences, with Release and Acquire alone. Now and then the value is
//! there, the receiver sleeps, and nobody rings.
//!
//! `ring.rs` is the experiment's own, line for line; only `fence` is another. `cargo test` has loom
//! find the order of steps, and `cargo run` counts how often this machine takes it.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::hint::{black_box, spin_loop};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(not(test))]
use bridge_with_ring::ffi; // for `right`

#[path = "../sync.rs"]
#[allow(dead_code, unused_imports, reason = "of these parts some are used, and some replaced")]
mod right;
#[path = "../ring.rs"]
#[allow(dead_code, unreachable_pub, reason = "written as a library, of which this uses a part")]
mod ring;

/// What `ring.rs` is made of here.
mod sync {
    #[cfg(not(test))]
    pub(crate) use super::Bell;
    #[cfg(test)]
    pub(crate) use super::right::Bell;
    pub(crate) use super::right::{AtomicU32, Ordering, UnsafeCell};

    /// WRONG, unless it is told to be right.
    pub(crate) fn fence(ordering: Ordering) {
        if super::FENCED.load(Ordering::Relaxed) {
            super::right::fence(ordering);
        }
    }
}

static FENCED: AtomicBool = AtomicBool::new(false);
static SLEPT: AtomicBool = AtomicBool::new(false);
static RUNG: AtomicBool = AtomicBool::new(false);

/// A bell that nobody waits for: it only notes who would have.
#[cfg(not(test))]
#[derive(Debug)]
struct Bell;

#[cfg(not(test))]
impl Bell {
    fn new() -> Bell {
        Bell
    }

    fn ring(&self) {
        RUNG.store(true, Ordering::Relaxed);
    }

    fn wait(&self) {
        SLEPT.store(true, Ordering::Relaxed);
    }

    fn rung(&self) -> u64 {
        u64::from(RUNG.load(Ordering::Relaxed))
    }
}

/// On a machine that is busy the rounds take long, so there may be fewer.
const ROUNDS: u32 = 500_000;
const LONGEST: Duration = Duration::from_secs(2);
/// Comes after the last round.
const END: u32 = 0;

/// Waits until the other thread has written another number.
fn next(number: &AtomicU32, former: u32) -> u32 {
    for look in 0_u64.. {
        let now = number.load(Ordering::Acquire);
        if now != former {
            return now;
        }
        if look < 200 { spin_loop() } else { thread::yield_now() }
    }
    unreachable!("it looks for ever");
}

/// In each round one thread sends while the other falls asleep. How many wake-ups were lost, of how
/// many?
fn count() -> (u32, u32) {
    let (mut sender, mut receiver) = ring::ring();
    let (begun, done) = (AtomicU32::new(END), AtomicU32::new(END));
    let (mut lost, mut round, start) = (0, END, Instant::now());
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut round = END;
            loop {
                round = next(&begun, round);
                if round == END {
                    break;
                }
                sender.try_send(i64::from(round));
                done.store(round, Ordering::Release);
            }
        });
        while round < ROUNDS && start.elapsed() < LONGEST {
            round += 1;
            SLEPT.store(false, Ordering::Relaxed);
            RUNG.store(false, Ordering::Relaxed);
            begun.store(round, Ordering::Release);
            for step in 0..round % 256 {
                black_box(step); // the other one needs a moment, and it is not known how long
            }
            receiver.sleep();
            next(&done, round - 1);
            lost += u32::from(SLEPT.load(Ordering::Relaxed) && !RUNG.load(Ordering::Relaxed));
            receiver.sleep(); // turns the mark back, as there is a value
            receiver.try_receive();
        }
        begun.store(END, Ordering::Release);
    });
    (lost, round)
}

fn main() {
    let (lost, rounds) = count();
    println!("without fences  {lost} of {rounds} wake-ups lost");
    FENCED.store(true, Ordering::Relaxed);
    let (lost, rounds) = count();
    println!("with fences     {lost} of {rounds} wake-ups lost");
}

#[cfg(test)]
mod model {
    use loom::thread;

    use super::ring::ring;

    #[test]
    #[should_panic(expected = "deadlock")]
    fn loom_finds_the_order_in_which_nobody_rings() {
        loom::model(|| {
            let (mut sender, mut receiver) = ring();
            let sending = thread::spawn(move || assert!(sender.send(1)));
            while receiver.receive().is_some() {}
            sending.join().expect("no panic");
        });
    }
}
