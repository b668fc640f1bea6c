//! Experiments 8 and 9 once more, with the library: the same device, the same report.
//!
//! `cargo run -p callback_bridge --example device -- [--strategy S] [INPUT]`; `--help` says more.

use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use anyhow::{Context, anyhow};
use callback_bridge::closure::Thunk;
use callback_bridge::handoff::{Builder, Overflow, Subscription};
use console::{Block, Counters, Options, Order, Promise, Report, Session, Tally};

/// What happens when the consumer is too slow.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Strategy {
    Wait,
    DropNewest,
    DropOldest,
    Spill,
}

impl console::Strategy for Strategy {
    const ALL: &'static [Self] =
        &[Strategy::Wait, Strategy::DropNewest, Strategy::DropOldest, Strategy::Spill];

    fn name(self) -> &'static str {
        match self {
            Strategy::Wait => "wait",
            Strategy::DropNewest => "drop-newest",
            Strategy::DropOldest => "drop-oldest",
            Strategy::Spill => "spill",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Strategy::Wait => "a full ring makes the device wait; in real time it overruns",
            Strategy::DropNewest => {
                "never waits; the block that doesn't fit is dropped and counted"
            }
            Strategy::DropOldest => "never waits; the oldest block is dropped and counted",
            Strategy::Spill => "never waits; what doesn't fit is kept in memory, up to a limit",
        }
    }

    fn promise(self) -> Promise {
        Promise { lossless: self == Strategy::Wait, ordered: true }
    }
}

fn main() -> ExitCode {
    console::main("device", "Samples from a C library's callback, with callback_bridge", bridge)
}

fn bridge(options: &Options<Strategy>, session: &Session) -> anyhow::Result<Report> {
    let device = Arc::new(options.open_device()?);
    session.catch_ctrl_c()?;
    let longest = options.device.block_length as usize * device.channels() as usize;
    let overflow = match options.strategy {
        Strategy::Wait => Overflow::Wait,
        Strategy::DropNewest => Overflow::DropNewest,
        Strategy::DropOldest => Overflow::DropOldest,
        Strategy::Spill => Overflow::Spill { limit: 1000 * longest },
    };
    let (mut producer, consumer) =
        Builder::new(options.capacity, longest).overflow(overflow).build::<i16>();

    let thunk = Thunk::new(move |samples: *const i16, count: usize| {
        // SAFETY: the device lends `count` samples while the callback runs.
        let samples = unsafe { std::slice::from_raw_parts(samples, count) };
        let _ = producer.push(samples); // what is dropped is counted there
    });
    let running = Arc::clone(&device);
    let registration = thunk
        .register(|on_block| {
            // SAFETY: the thunk is good until it is unregistered, on any thread, and never unwinds.
            unsafe { device.start(on_block) }?;
            Ok::<_, device::Error>(move || running.stop())
        })
        .map_err(|error| anyhow!("the device does not start: {error:?}"))?;
    let (mut blocks, registration) = Subscription::new(consumer, registration).into_parts();

    let counters = Arc::new(Counters::default());
    let (seen, work) = (Arc::clone(&counters), options.work);
    let consumer = thread::spawn(move || {
        let (mut tally, mut order, mut first_sample) = (Tally::default(), Order::default(), 0);
        while let Ok(block) = blocks.recv() {
            first_sample += block.lost_items();
            let (sequence, samples) = (block.sequence(), block.to_vec());
            let block = Block { sequence, first_sample, samples };
            seen.begin_work(&block);
            tally.add(&block);
            order.see(&block);
            first_sample += block.samples.len() as u64;
            thread::sleep(work);
            seen.end_work();
        }
        (tally, order, blocks.stats())
    });
    let ending = session.watch(&device, &counters)?;
    let ended = registration.unregister(); // drops the producer: the consumer takes the rest and ends
    ended.outcome.context("the device does not stop")?;
    let (tally, order, stats) = consumer.join().map_err(|_| anyhow!("the consumer panicked"))?;
    counters.dropped(stats.dropped_items as usize);
    Ok(Report::new(options, &device, ending, &counters, &tally, &[order]))
}
