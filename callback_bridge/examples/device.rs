//! Experiments 8 and 9 once more, with the library: the same device, the same report.
//!
//! `cargo run -p callback_bridge --example device -- [--strategy S] [INPUT]`; `--help` says more.

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use std::{mem, slice, thread};

use anyhow::{Context, anyhow};
use callback_bridge::closure::Thunk;
use callback_bridge::handoff::{Builder, Consumer, Overflow, Stats};
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
    let device = options.open_device()?;
    session.catch_ctrl_c()?;
    let longest = options.device.block_length as usize * device.channels() as usize;
    let overflow = match options.strategy {
        Strategy::Wait => Overflow::Wait,
        Strategy::DropNewest => Overflow::DropNewest,
        Strategy::DropOldest => Overflow::DropOldest,
        Strategy::Spill => Overflow::Spill { limit: 1000 * longest },
    };
    let (mut producer, blocks) =
        Builder::new(options.capacity, longest).overflow(overflow).build::<i16>();
    let counters = Arc::new(Counters::default());
    let (seen, work) = (Arc::clone(&counters), options.work);
    let consumer = thread::spawn(move || consume(blocks, &seen, work));

    let (sent, mut before) = (Arc::clone(&counters), producer.stats());
    let on_block = Thunk::new(move |samples: *const i16, count: usize| {
        // SAFETY: the device lends `count` samples while the callback runs.
        let samples = unsafe { slice::from_raw_parts(samples, count) };
        sent.sending();
        let _ = producer.push(samples); // where it drops a block, this or an older one, it counts
        count_dropped(&sent, &before, &producer.stats());
        before = producer.stats();
    });
    let registration = on_block.register(|on_block| {
        // SAFETY: good until it is unregistered, on any thread, and it never unwinds.
        unsafe { device.start(on_block) }?;
        Ok::<_, device::Error>(|| device.stop())
    });
    let registration = registration.map_err(|error| anyhow!("the device: {error}"))?;

    let ending = session.watch(&device, &counters)?;
    let ended = registration.unregister(); // drops the producer: the consumer takes the rest and ends
    ended.outcome.context("the device does not stop")?;
    if let Some(panic) = ended.panic {
        resume_unwind(panic);
    }
    session.drain(&counters, || consumer.is_finished());
    let (tally, order) = consumer.join().unwrap_or_else(|panic| resume_unwind(panic));
    Ok(Report::new(options, &device, ending, &counters, &tally, &[order]))
}

/// Tells the report what was dropped between two looks. Of several blocks only the sum is known.
fn count_dropped(counters: &Counters, before: &Stats, now: &Stats) {
    let mut samples = now.dropped_items - before.dropped_items;
    for _ in before.dropped_blocks..now.dropped_blocks {
        counters.refused(mem::take(&mut samples) as usize);
    }
}

fn consume(mut blocks: Consumer<i16>, counters: &Counters, work: Duration) -> (Tally, Order) {
    let (mut tally, mut order, mut first_sample) = (Tally::default(), Order::default(), 0);
    while let Ok(block) = blocks.recv() {
        counters.arrived();
        first_sample += block.lost_items();
        let block = Block { sequence: block.sequence(), first_sample, samples: block.to_vec() };
        first_sample += block.samples.len() as u64;
        counters.begin_work(&block);
        tally.add(&block);
        order.see(&block);
        thread::sleep(work);
        counters.end_work();
    }
    (tally, order)
}
