//! The hand-off: four ways to get a block from a plain function into tokio's tasks.

use std::sync::Arc;

use console::{Block, Counters, Order, Promise};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How the callback hands a block over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// `blocking_send`: where the channel is full, the callback waits, and the device with it.
    BlockingSend,
    /// `try_send`: never waits. A block that finds no room is dropped and counted.
    TrySend,
    /// A task a block, which awaits `send`: never waits, and never says no.
    Spawn,
    /// A channel without a bound: never waits, and never says no.
    Unbounded,
}

impl console::Strategy for Strategy {
    const ALL: &'static [Strategy] =
        &[Strategy::BlockingSend, Strategy::TrySend, Strategy::Spawn, Strategy::Unbounded];

    fn name(self) -> &'static str {
        match self {
            Strategy::BlockingSend => "blocking-send",
            Strategy::TrySend => "try-send",
            Strategy::Spawn => "spawn",
            Strategy::Unbounded => "unbounded",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Strategy::BlockingSend => {
                "a full channel makes the device wait; in real time it overruns"
            }
            Strategy::TrySend => "never waits; what doesn't fit is dropped and counted",
            Strategy::Spawn => "a task a block; order and memory are yours to worry about",
            Strategy::Unbounded => "never waits, never full; memory grows",
        }
    }

    fn promise(self) -> Promise {
        Promise { lossless: self != Strategy::TrySend, ordered: self != Strategy::Spawn }
    }
}

#[derive(Debug)]
enum Sending {
    Blocking(mpsc::Sender<Block>),
    Trying(mpsc::Sender<Block>),
    Spawning(Handle, mpsc::Sender<Block>),
    Unbounded(mpsc::UnboundedSender<Block>),
}

/// The callback's end. Dropping it closes the channel: the consumers get what is in it, and end.
#[derive(Debug)]
pub(crate) struct Sender {
    sending: Sending,
    counters: Arc<Counters>,
}

impl Sender {
    /// Hands over the block that `copy` makes of `count` samples. On the device's thread, which is
    /// no thread of a runtime: blocking is allowed, awaiting is not possible.
    pub(crate) fn send(&self, count: usize, copy: impl FnOnce() -> Block) {
        let counters = &self.counters;
        match &self.sending {
            Sending::Blocking(channel) => {
                counters.sending();
                if channel.blocking_send(copy()).is_err() {
                    counters.refused(count);
                }
            }
            // The room first, then the copy: a block that is dropped costs next to nothing.
            Sending::Trying(channel) => match channel.try_reserve() {
                Ok(room) => {
                    counters.sending();
                    room.send(copy());
                }
                Err(_full_or_closed) => counters.dropped(count),
            },
            Sending::Spawning(runtime, channel) => {
                counters.sending();
                let (channel, block) = (channel.clone(), copy());
                let counters = Arc::clone(counters);
                runtime.spawn(async move {
                    if channel.send(block).await.is_err() {
                        counters.refused(count);
                    }
                });
            }
            Sending::Unbounded(channel) => {
                counters.sending();
                if channel.send(copy()).is_err() {
                    counters.refused(count);
                }
            }
        }
    }

    /// Counts a block of so many samples that can't be sent any more.
    pub(crate) fn give_up(&self, count: usize) {
        self.counters.dropped(count);
    }
}

#[derive(Debug)]
enum Receiving {
    Bounded(mpsc::Receiver<Block>),
    Unbounded(mpsc::UnboundedReceiver<Block>),
}

/// The consumers' end.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiving: Receiving,
    counters: Arc<Counters>,
    /// Whether the blocks came out as the callback saw them.
    pub(crate) order: Order,
}

impl Inbox {
    /// The next block; `None` when the channel is closed and empty.
    pub(crate) async fn next(&mut self) -> Option<Block> {
        let block = match &mut self.receiving {
            Receiving::Bounded(channel) => channel.recv().await?,
            Receiving::Unbounded(channel) => channel.recv().await?,
        };
        self.counters.arrived();
        self.order.see(&block);
        Some(block)
    }
}

/// The two ends of a hand-off. A bounded one holds `capacity` blocks.
pub(crate) fn channel(
    strategy: Strategy,
    capacity: usize,
    runtime: &Handle,
    counters: &Arc<Counters>,
) -> (Sender, Inbox) {
    let (sending, receiving) = if strategy == Strategy::Unbounded {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Sending::Unbounded(sender), Receiving::Unbounded(receiver))
    } else {
        let (sender, receiver) = mpsc::channel(capacity);
        let sending = match strategy {
            Strategy::TrySend => Sending::Trying(sender),
            Strategy::Spawn => Sending::Spawning(runtime.clone(), sender),
            _ => Sending::Blocking(sender),
        };
        (sending, Receiving::Bounded(receiver))
    };
    let sender = Sender { sending, counters: Arc::clone(counters) };
    (sender, Inbox { receiving, counters: Arc::clone(counters), order: Order::default() })
}

#[cfg(test)]
mod tests {
    use console::Strategy as _;
    use tokio::runtime::Runtime;

    use super::*;

    fn block(sequence: u64) -> Block {
        Block { sequence, first_sample: 10 * sequence, samples: vec![0; 10] }
    }

    #[test]
    fn a_block_that_finds_no_room_is_not_even_copied() {
        let runtime = Runtime::new().expect("a runtime");
        let counters = Arc::default();
        let (sender, _inbox) = channel(Strategy::TrySend, 1, runtime.handle(), &counters);
        sender.send(10, || block(0));
        sender.send(10, || unreachable!("the channel is full"));
        assert_eq!(counters.losses(), (1, 10));
        assert_eq!(counters.most_waiting(), 1);
    }

    #[test]
    fn without_a_receiver_every_strategy_counts_what_it_can_not_send() {
        let runtime = Runtime::new().expect("a runtime");
        for &strategy in Strategy::ALL {
            let counters = Arc::<Counters>::default();
            let (sender, inbox) = channel(strategy, 1, runtime.handle(), &counters);
            drop(inbox);
            sender.send(10, || block(0));
            drop(sender);
            while Arc::strong_count(&counters) > 1 {
                std::thread::yield_now(); // the spawned task has not run yet
            }
            assert_eq!(counters.losses(), (1, 10), "{strategy:?}");
        }
    }
}
