//! Random blocks through every kind of hand-off, with stalls on both sides: every sample is
//! accounted for, and what arrives is what was sent.
//!
//! ```text
//! cargo run --release -p callback_bridge --example soak -- 1000000000 1
//! ```
//!
//! The arguments: how many samples, and a seed. Each round draws its policy, its wake-ups, its sizes
//! and its stalls anew.

use std::fmt;
use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use callback_bridge::handoff::{Builder, Consumer, Overflow, Producer, PushError, WakeUps};

/// Small, fast and the same everywhere (xorshift).
#[derive(Clone, Debug)]
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// Now and then one side does something else.
    fn stall(&mut self) {
        match self.below(20_000) {
            0 => thread::sleep(Duration::from_micros(self.below(300))),
            1..100 => (0..self.below(3_000)).for_each(|_| hint::spin_loop()),
            _ => {}
        }
    }
}

/// Sums over all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many hand-offs were made.
    pub(crate) rounds: u64,
    /// Samples that were pushed, whatever became of them.
    pub(crate) sent: u64,
    /// Samples that came out.
    pub(crate) received: u64,
    /// Samples that were counted as lost.
    pub(crate) lost: u64,
    /// Samples that went through chunks.
    pub(crate) spilled: u64,
    /// How often a sleeping consumer was woken.
    pub(crate) wake_ups: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rounds, sent, received, lost, spilled, wake_ups } = self;
        writeln!(f, "rounds     {rounds:>14}")?;
        writeln!(f, "sent       {sent:>14}")?;
        writeln!(f, "received   {received:>14}")?;
        writeln!(f, "lost       {lost:>14}")?;
        writeln!(f, "spilled    {spilled:>14}")?;
        write!(f, "wake-ups   {wake_ups:>14}")
    }
}

/// One side's check: sample `n` of a producer has the value `n`.
#[derive(Debug, Default)]
struct Arrived {
    next: Vec<u64>,
    sequence: Vec<u64>,
    received: u64,
}

impl Arrived {
    fn block(&mut self, of: usize, sequence: u64, lost: (u64, u64), block: &[u32]) {
        let of = of % self.next.len();
        assert_eq!(sequence, self.sequence[of] + lost.0, "blocks are told or lost");
        self.sequence[of] = sequence + 1;
        let first = self.next[of] + lost.1;
        for (value, expected) in block.iter().zip(first..) {
            assert_eq!(*value, expected as u32, "after {} samples", self.received);
        }
        self.next[of] = first + block.len() as u64;
        self.received += block.len() as u64;
    }
}

fn send(mut producer: Producer<u32>, samples: u64, longest: u64, mut dice: Dice) -> Producer<u32> {
    let mut block = vec![0; longest as usize];
    let mut next = 0;
    while next < samples {
        let length = dice.below(longest + 1).min(samples - next);
        for (value, number) in block[..length as usize].iter_mut().zip(next..) {
            *value = number as u32;
        }
        let block = &block[..length as usize];
        // Whatever is refused is counted.
        let _ = match dice.below(8) {
            0 => producer.push_parts(&[&block[..block.len() / 2], &block[block.len() / 2..]]),
            1 => match producer.try_push(block) {
                Err(PushError::Full) => producer.push(block),
                pushed => pushed,
            },
            _ => producer.push(block),
        };
        next += length;
        dice.stall();
    }
    producer
}

/// Takes all, in ever other ways.
fn receive(consumer: &mut Consumer<u32>, producers: usize, mut dice: Dice) -> u64 {
    let mut arrived =
        Arrived { next: vec![0; producers], sequence: vec![0; producers], received: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    loop {
        let way = dice.below(9);
        if way == 8 {
            consumer.drain(dice.below(40) as usize, |block| {
                let lost = (block.lost_blocks(), block.lost_items());
                arrived.block(block.producer(), block.sequence(), lost, &block);
                dice.stall();
            });
            continue;
        }
        if way == 0 {
            let Ok(mut batch) = consumer.recv_batch(dice.below(40) as usize + 1) else { break };
            for block in batch.iter() {
                let lost = (block.lost_blocks(), block.lost_items());
                arrived.block(block.producer(), block.sequence(), lost, &block);
            }
            batch.release(dice.below(4) as usize);
            dice.stall();
            continue;
        }
        let block = match way {
            1 => consumer.recv_timeout(Duration::from_micros(dice.below(200))).ok(),
            2 => consumer.try_recv().ok(),
            3 => match runtime.block_on(consumer.recv_async()) {
                Ok(block) => Some(block),
                Err(_) => break,
            },
            _ => match consumer.recv() {
                Ok(block) => Some(block),
                Err(_) => break,
            },
        };
        if let Some(block) = block {
            let lost = (block.lost_blocks(), block.lost_items());
            arrived.block(block.producer(), block.sequence(), lost, &block);
            // The block is held meanwhile.
            dice.stall();
        }
    }
    arrived.received
}

fn round(samples: u64, dice: &mut Dice) -> Report {
    let longest = [1, 7, 64, 1024][dice.below(4) as usize];
    let blocks = 1 + dice.below(40) as usize;
    let overflow = match dice.below(4) {
        0 => Overflow::Wait,
        1 => Overflow::DropNewest,
        2 => Overflow::DropOldest,
        _ => Overflow::Spill { limit: dice.below(200 * longest) as usize },
    };
    let wake_ups = match dice.below(4) {
        0 => WakeUps::From(1 + dice.below(8)),
        1 => WakeUps::Clock(Duration::from_micros(1 + dice.below(30))),
        _ => WakeUps::AtOnce,
    };
    let builder = Builder::new(blocks, longest as usize).overflow(overflow).wake_ups(wake_ups);
    let builder = builder.times(dice.below(8) == 0).portable_fence(dice.below(4) == 0);
    let (producer, mut consumer) = builder.build::<u32>();
    let mut producers = vec![producer];
    if dice.below(4) == 0 {
        producers.push(consumer.add_producer());
    }
    let count = producers.len() as u64;
    let callbacks: Vec<_> = producers
        .into_iter()
        .map(|producer| {
            let dice = Dice::new(dice.below(u64::MAX));
            thread::spawn(move || drop(send(producer, samples / count, longest, dice)))
        })
        .collect();
    let received = receive(&mut consumer, count as usize, dice.clone());
    for callback in callbacks {
        callback.join().expect("no panic");
    }
    let stats = consumer.stats();
    let sent = samples / count * count;
    assert_eq!(stats.delivered_items, received);
    assert_eq!(received + stats.dropped_items, sent, "{overflow:?} {wake_ups:?} {stats:?}");
    if overflow == Overflow::Wait {
        assert_eq!(received, sent);
    }
    Report {
        rounds: 1,
        sent,
        received,
        lost: stats.dropped_items,
        spilled: stats.spilled_items,
        wake_ups: stats.wake_ups,
    }
}

/// Sends about so many samples.
///
/// # Panics
///
/// If one of them is lost without being counted, or is another one.
pub(crate) fn soak(samples: u64, seed: u64) -> Report {
    let mut dice = Dice::new(seed);
    let mut report = Report::default();
    while report.sent < samples {
        let left = samples - report.sent;
        let round = round(left.min(1_000 + dice.below(2_000_000)), &mut dice);
        report = Report {
            rounds: report.rounds + round.rounds,
            sent: report.sent + round.sent,
            received: report.received + round.received,
            lost: report.lost + round.lost,
            spilled: report.spilled + round.spilled,
            wake_ups: report.wake_ups + round.wake_ups,
        };
        if left < 2 {
            break;
        }
    }
    report
}

#[allow(clippy::print_stdout, reason = "it is a program")]
#[allow(dead_code, reason = "the suite takes a short run from here")]
fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut next = |default| {
        arguments.next().map_or(default, |text| text.replace('_', "").parse().expect("a number"))
    };
    let (samples, seed) = (next(10_000_000), next(1));
    let start = Instant::now();
    let report = soak(samples, seed);
    assert_eq!(report.received + report.lost, report.sent);
    println!("{report}");
    println!("received + lost = sent, after {:.1} s", start.elapsed().as_secs_f64());
}
