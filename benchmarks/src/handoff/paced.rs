//! A block about every 100 us, from a thread that sleeps in between, and a consumer that sleeps in between.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::{Duration, Instant};

use super::samples::Source;
use super::{Channel, LIMIT, Pull, Push, Sample, every_channel};
use super::{channels, ours, rings};
use crate::harness::{self, Core, Effort, Figure, Measured, Subject, Times, ticks};

const LENGTH: usize = 64;
const BLOCKS: usize = 256;
/// With a timer slack of 1 ns a sleep takes some 50 us longer than asked for.
const SLEEP: Duration = Duration::from_micros(50);
/// The first samples of a block are the clock's ticks when it was pushed.
const STAMP: usize = size_of::<u64>() / size_of::<Sample>();

pub fn run(effort: Effort) -> Vec<Figure> {
    let count = effort.count(4_000);
    let source = Source::new(LENGTH);
    let their_source = Arc::clone(&source);
    let mut subjects = vec![Subject::new(LIMIT, move || {
        let mut buffer = [0; LENGTH];
        let mut copy = |samples: &[Sample]| {
            std::hint::black_box(&mut buffer).copy_from_slice(samples);
            true
        };
        let times = push_paced(&their_source, count, &mut copy);
        assert_eq!(buffer[STAMP..], their_source.block(count - 1)[STAMP..], "the last block");
        vec![("callback p50 ns", times.percentile(50.0))]
    })];
    every_channel!(subjects, C => {
        let source = Arc::clone(&source);
        move || paced::<C>(&source, count)
    });
    harness::run("handoff", "a block every 100 us, consumer asleep", effort, subjects)
}

fn push_paced(source: &Source, count: usize, push: &mut impl FnMut(&[Sample]) -> bool) -> Times {
    harness::pin(Core::Producer);
    harness::sleep_precisely();
    let mut times = Times::default();
    let mut samples = [0; LENGTH];
    for index in 0..count {
        samples.copy_from_slice(source.block(index));
        // As in a callback's thread, which has slept until its device had a block.
        thread::sleep(SLEEP);
        let start = ticks();
        for (part, sample) in samples[..STAMP].iter_mut().enumerate() {
            *sample = (start >> (32 * part)) as Sample;
        }
        // Only a consumer whose core was taken away for 25 ms leaves no room.
        loop {
            let start = ticks();
            let pushed = push(&samples);
            let end = ticks();
            if pushed {
                times.add(end - start);
                break;
            }
            std::hint::spin_loop();
        }
    }
    times
}

fn paced<C: Channel>(source: &Arc<Source>, count: usize) -> Measured {
    let (mut producer, mut consumer) = C::open(BLOCKS, LENGTH);
    let ready = Arc::new(Barrier::new(2));
    let (their_source, their_ready) = (Arc::clone(source), Arc::clone(&ready));
    let consuming = thread::spawn(move || {
        harness::pin(Core::Consumer);
        harness::sleep_precisely(); // callback_bridge's clock does; so may whoever looks by sleeping
        their_ready.wait();
        let (start, busy) = (Instant::now(), busy_seconds());
        let (mut seen, mut delivery) = (0, Times::default());
        while seen < count {
            consumer.wait(|samples| {
                let now = ticks();
                let stamp =
                    |(part, &sample): (usize, &Sample)| u64::from(sample as u32) << (32 * part);
                let pushed: u64 = samples[..STAMP].iter().enumerate().map(stamp).sum();
                delivery.add(now.saturating_sub(pushed));
                assert_eq!(samples[STAMP..], their_source.block(seen)[STAMP..], "block {seen}");
                seen += 1;
            });
        }
        let share = (busy_seconds() - busy) / start.elapsed().as_secs_f64();
        (delivery, share)
    });
    ready.wait();
    let times = push_paced(source, count, &mut |samples| producer.push(samples));
    let (delivery, share) = consuming.join().expect("the consumer does not panic");
    vec![
        ("callback p50 ns", times.percentile(50.0)),
        ("delivery p50 ns", delivery.percentile(50.0)),
        ("consumer, % of a core", 100.0 * share),
    ]
}

/// Seconds that this thread has run for; zero where the system does not say.
fn busy_seconds() -> f64 {
    #[cfg(target_os = "linux")]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: room for the answer.
        unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    }
    #[cfg(not(target_os = "linux"))]
    0.0
}
