//! Blocks of samples from a callback to a consumer on another core.
//!
//! Flat out: the producer pushes as fast as it can, the consumer looks again and again, and neither
//! sleeps. Paced: a block every 100 us, and a consumer that sleeps in between. In every run the
//! consumer counts the blocks and sums up all samples.

use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use crate::harness::{self, Core, Effort, Figure, Measured, Subject, Times, ticks};

pub mod channels;
pub mod ours;
mod paced;
pub mod rings;
mod samples;

use samples::{Check, Source};

/// What a callback delivers.
pub type Sample = i32;

/// The subject that is no hand-off: one copy of the block into a warm buffer.
pub const LIMIT: &str = "memcpy, the limit";

/// A hand-off: what the callback has, and what the consumer has.
pub trait Channel: 'static {
    /// As it stands in the table.
    const NAME: &'static str;
    /// The callback's end.
    type Producer: Push;
    /// The other end.
    type Consumer: Pull;
    /// Room for `blocks` blocks of `length` samples.
    fn open(blocks: usize, length: usize) -> (Self::Producer, Self::Consumer);
}

/// The callback's end.
pub trait Push: Send + 'static {
    /// Hands a block over, or says at once that there is no room.
    fn push(&mut self, samples: &[Sample]) -> bool;
}

/// The consumer's end.
pub trait Pull: Send + 'static {
    /// Shows the blocks that are there to `visit`, in order, and returns how many; without waiting.
    fn poll(&mut self, visit: impl FnMut(&[Sample])) -> usize;
    /// The same, but sleeps until there is at least one.
    fn wait(&mut self, visit: impl FnMut(&[Sample])) -> usize;
}

/// A subject of each hand-off that is listed here, for a function that is generic over them. To add
/// one, implement [`Channel`] and name it here.
macro_rules! every_channel {
    ($subjects:ident, $channel:ident => $run:expr) => {
        every_channel!(@ $subjects, $channel, $run,
            ours::AtOnce, ours::Clock, rings::Rtrb, rings::Ringbuf, rings::Bbqueue,
            channels::Thingbuf, channels::Std, channels::Crossbeam, channels::Flume,
            channels::Kanal, channels::Crossfire, channels::Tokio, channels::AsyncChannel)
    };
    (@ $subjects:ident, $channel:ident, $run:expr, $($name:ty),*) => {$({
        type $channel = $name;
        $subjects.push(Subject::new(<$channel as Channel>::NAME, $run));
    })*};
}
use every_channel;

/// Samples in a block, blocks that fit, and blocks of a run.
const SIZES: [(usize, usize, usize); 4] =
    [(1, 1024, 400_000), (64, 1024, 400_000), (1024, 64, 100_000), (16_384, 16, 10_000)];

/// Runs the group.
pub fn run(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    for (length, blocks, count) in SIZES {
        let count = effort.count(count);
        let source = Source::new(length);
        let mut subjects = vec![limit(&source, count, true)];
        every_channel!(subjects, C => {
            let source = Arc::clone(&source);
            move || flat_out::<C>(&source, blocks, count, true)
        });
        let case = format!("callbacks flat out, {}", samples_of(length));
        figures.extend(harness::run("handoff", &case, effort, subjects));

        let mut subjects = vec![limit(&source, count, false)];
        every_channel!(subjects, C => {
            let source = Arc::clone(&source);
            move || flat_out::<C>(&source, blocks, count, false)
        });
        let case = format!("throughput, {}", samples_of(length));
        figures.extend(harness::run("handoff", &case, effort, subjects));
    }
    figures.extend(paced::run(effort));
    figures
}

fn samples_of(length: usize) -> String {
    if length == 1 { "1 sample".to_owned() } else { format!("{length} samples") }
}

/// What a hand-off can't be faster than.
fn limit(source: &Arc<Source>, count: usize, timed: bool) -> Subject {
    let source = Arc::clone(source);
    Subject::new(LIMIT, move || {
        harness::pin(Core::Producer);
        let mut buffer = vec![0; source.length()];
        let mut copy = |samples: &[Sample]| {
            std::hint::black_box(&mut buffer).copy_from_slice(samples);
            true
        };
        let measured = push_all(&source, count, timed, &mut copy);
        assert_eq!(buffer, source.block(warm_up(count) + count - 1), "the last block");
        measured
    })
}

/// Blocks before the first one that is measured.
fn warm_up(count: usize) -> usize {
    count / 10 + 100
}

/// The callback's side: pushes the warm-up, then `count` blocks.
fn push_all(
    source: &Source,
    count: usize,
    timed: bool,
    push: &mut impl FnMut(&[Sample]) -> bool,
) -> Measured {
    let warm_up = warm_up(count);
    let mut until_pushed = |samples: &[Sample]| {
        while !push(samples) {
            std::hint::spin_loop();
        }
    };
    for index in 0..warm_up {
        until_pushed(source.block(index));
    }
    let blocks = warm_up..warm_up + count;
    if !timed {
        let start = Instant::now();
        for index in blocks {
            until_pushed(source.block(index));
        }
        return vec![("ns a block", start.elapsed().as_nanos() as f64 / count as f64)];
    }
    let mut times = Times::default();
    for index in blocks {
        let samples = source.block(index);
        // Only the push that found room is a callback's time; the others wait for the consumer.
        loop {
            let start = ticks();
            let pushed = push(samples);
            let end = ticks();
            if pushed {
                times.add(end - start);
                break;
            }
            std::hint::spin_loop();
        }
    }
    vec![("callback p50 ns", times.percentile(50.0)), ("callback p99 ns", times.percentile(99.0))]
}

fn flat_out<C: Channel>(
    source: &Arc<Source>,
    blocks: usize,
    count: usize,
    timed: bool,
) -> Measured {
    let (mut producer, mut consumer) = C::open(blocks, source.length());
    let total = warm_up(count) + count;
    let ready = Arc::new(Barrier::new(2));
    let (their_source, their_ready) = (Arc::clone(source), Arc::clone(&ready));
    let consuming = thread::spawn(move || {
        harness::pin(Core::Consumer);
        their_ready.wait();
        let mut check = Check::default();
        while check.blocks < total {
            if consumer.poll(|samples| check.see(samples, their_source.length())) == 0 {
                // Looking at the producer's cache line less often makes both faster.
                (0..64).for_each(|_| std::hint::spin_loop());
            }
        }
        check
    });
    harness::pin(Core::Producer);
    ready.wait();
    let measured = push_all(source, count, timed, &mut |samples| producer.push(samples));
    let check = consuming.join().expect("the consumer does not panic");
    assert_eq!(check, source.expected(total), "{}: what came out", C::NAME);
    measured
}
