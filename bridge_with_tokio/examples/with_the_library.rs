//! The experiment with `callback_bridge`: the same device, arguments and report, and no `state.c`.
//!
//! `cargo run -p bridge_with_tokio --example with_the_library -- [--strategy S] [INPUT]`

use std::panic::resume_unwind;
use std::process::ExitCode;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use bridge_with_tokio::Strategy;
use callback_bridge::closure::Thunk;
use callback_bridge::handoff::{self, Consumer, Overflow};
use console::{Block, Counters, Options, Order, Report, Session, Tally};
use tokio::runtime;
use tokio::sync::Mutex;

fn main() -> ExitCode {
    console::main(
        "with_the_library",
        "Samples from a C library's callback, worked on in tokio tasks, with callback_bridge",
        bridge,
    )
}

fn bridge(options: &Options<Strategy>, session: &Session) -> anyhow::Result<Report> {
    let overflow = match options.strategy {
        Strategy::BlockingSend => Overflow::Wait,
        Strategy::TrySend => Overflow::DropNewest,
        Strategy::Unbounded => Overflow::Spill { limit: usize::MAX },
        Strategy::Spawn => bail!("there is no task for each block here; choose another strategy"),
    };
    let device = options.open_device()?;
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_time()
        .build()
        .context("tokio's runtime can't be built")?;
    session.catch_ctrl_c()?;

    let longest = options.device.block_length as usize * device.channels() as usize;
    let (mut producer, blocks) =
        handoff::Builder::new(options.capacity, longest).overflow(overflow).build::<i16>();
    let counters = Arc::new(Counters::default());
    let inbox =
        Inbox { blocks, counters: Arc::clone(&counters), acquired: 0, order: Order::default() };
    let inbox = Arc::new(Mutex::new(inbox));
    let consumers: Vec<_> = (0..options.workers)
        .map(|_| runtime.spawn(consume(Arc::clone(&inbox), Arc::clone(&counters), options.work)))
        .collect();

    let sending = Arc::clone(&counters);
    let on_block = Thunk::new(move |samples: *const i16, count: usize| {
        // SAFETY: the device lends `count` samples for as long as this callback runs.
        let samples = unsafe { slice::from_raw_parts(samples, count) };
        sending.try_sending(count, || producer.push(samples).is_ok());
    });
    let registration = on_block.register(|on_block| {
        // SAFETY: good until it is unregistered, on any thread, and it never unwinds.
        unsafe { device.start(on_block) }?;
        Ok::<_, device::Error>(|| device.stop())
    });
    let registration = registration.map_err(|error| anyhow!("the device: {error}"))?;

    let ending = session.watch(&device, &counters)?;
    let ended = registration.unregister(); // drops the producer, so the consumers end
    ended.outcome.context("the device does not stop")?;
    if let Some(panic) = ended.panic {
        resume_unwind(panic);
    }
    session.drain(&counters, || consumers.iter().all(|consumer| consumer.is_finished()));
    let mut tally = Tally::default();
    for consumer in consumers {
        tally = tally.merge(runtime.block_on(consumer).context("a consumer panicked")?);
    }
    let order = inbox.blocking_lock().order.clone();
    Ok(Report::new(options, &device, ending, &counters, &tally, &[order]))
}

/// The consumers' end, and what they have to know about the blocks before.
struct Inbox {
    blocks: Consumer<i16>,
    counters: Arc<Counters>,
    /// Samples until now, the lost ones included.
    acquired: u64,
    order: Order,
}

impl Inbox {
    async fn next(&mut self) -> Option<Block> {
        let block = self.blocks.recv_async().await.ok()?;
        self.counters.arrived();
        let first_sample = self.acquired + block.lost_items();
        self.acquired = first_sample + block.len() as u64;
        // A task keeps it while the others receive. With one consumer it needs no copy.
        let block = Block { sequence: block.sequence(), first_sample, samples: block.to_vec() };
        self.order.see(&block);
        Some(block)
    }
}

async fn consume(inbox: Arc<Mutex<Inbox>>, counters: Arc<Counters>, work: Duration) -> Tally {
    let mut tally = Tally::default();
    loop {
        let Some(block) = inbox.lock().await.next().await else { return tally };
        counters.begin_work(&block);
        tally.add(&block);
        if !work.is_zero() {
            tokio::time::sleep(work).await;
        }
        counters.end_work();
    }
}
