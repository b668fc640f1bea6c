//! The hand-off: four ways to get a block from a plain function into plain threads.

use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, Mutex};

use console::{Block, Counters, Order, Promise};

/// How the callback hands a block over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// `send` on a bounded channel: where it is full, the callback waits, and the device with it.
    Send,
    /// `try_send`: never waits. A block that finds no room is dropped and counted.
    TrySend,
    /// A channel without a bound: never waits, and never says no.
    Unbounded,
    /// A bounded channel for each of a fixed set of threads, which get the blocks in turn.
    FanOut,
}

impl console::Strategy for Strategy {
    const ALL: &'static [Strategy] =
        &[Strategy::Send, Strategy::TrySend, Strategy::Unbounded, Strategy::FanOut];

    fn name(self) -> &'static str {
        match self {
            Strategy::Send => "send",
            Strategy::TrySend => "try-send",
            Strategy::Unbounded => "unbounded",
            Strategy::FanOut => "fan-out",
        }
    }

    fn help(self) -> &'static str {
        match self {
            Strategy::Send => "a full channel makes the device wait; in real time it overruns",
            Strategy::TrySend => "never waits; what doesn't fit is dropped and counted",
            Strategy::Unbounded => "never waits, never full; memory grows",
            Strategy::FanOut => "as send, to each of --workers threads in turn",
        }
    }

    /// Of a fan-out the order is kept within each thread's channel.
    fn promise(self) -> Promise {
        Promise { lossless: self != Strategy::TrySend, ordered: true }
    }
}

#[derive(Debug)]
enum Sending {
    Waiting(SyncSender<Block>),
    Trying(SyncSender<Block>),
    Unbounded(mpsc::Sender<Block>),
    InTurn(Vec<SyncSender<Block>>),
}

/// The callback's end. Dropping it closes the channel: the consumers get what is in it, and end.
#[derive(Debug)]
pub(crate) struct Sender {
    sending: Sending,
    counters: Arc<Counters>,
}

impl Sender {
    /// Hands over a copy of the device's samples. On the device's thread.
    pub(crate) fn send(&self, block: Block) {
        let count = block.samples.len();
        match &self.sending {
            Sending::Waiting(channel) => self.announce(count, || channel.send(block).is_ok()),
            Sending::Unbounded(channel) => self.announce(count, || channel.send(block).is_ok()),
            Sending::Trying(channel) => {
                self.counters.try_sending(count, || channel.try_send(block).is_ok());
            }
            Sending::InTurn(channels) => {
                let turn = block.sequence % channels.len() as u64;
                self.announce(count, || channels[turn as usize].send(block).is_ok());
            }
        }
    }

    /// On its way from now on, also while the callback waits for room.
    fn announce(&self, count: usize, send: impl FnOnce() -> bool) {
        self.counters.sending();
        if !send() {
            self.counters.refused(count);
        }
    }

    /// Counts a block of so many samples that can't be sent any more.
    pub(crate) fn give_up(&self, count: usize) {
        self.counters.dropped(count);
    }
}

/// The consumers' end.
#[derive(Debug)]
pub(crate) struct Inbox {
    receiver: mpsc::Receiver<Block>,
    counters: Arc<Counters>,
    /// Whether the blocks came out as the callback saw them.
    pub(crate) order: Order,
}

impl Inbox {
    fn new(receiver: mpsc::Receiver<Block>, counters: &Arc<Counters>) -> Inbox {
        Inbox { receiver, counters: Arc::clone(counters), order: Order::default() }
    }

    /// The next block; `None` when the channel is closed and empty.
    pub(crate) fn next(&mut self) -> Option<Block> {
        let block = self.receiver.recv().ok()?;
        self.counters.arrived();
        self.order.see(&block);
        Some(block)
    }
}

/// The two sides of a hand-off: one inbox for all workers, or with a fan-out one for each. A bounded
/// channel holds `capacity` blocks.
pub(crate) fn channel(
    strategy: Strategy,
    capacity: usize,
    workers: usize,
    counters: &Arc<Counters>,
) -> (Sender, Vec<Arc<Mutex<Inbox>>>) {
    let (sending, receivers) = match strategy {
        Strategy::Send => {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            (Sending::Waiting(sender), vec![receiver])
        }
        Strategy::TrySend => {
            let (sender, receiver) = mpsc::sync_channel(capacity);
            (Sending::Trying(sender), vec![receiver])
        }
        Strategy::Unbounded => {
            let (sender, receiver) = mpsc::channel();
            (Sending::Unbounded(sender), vec![receiver])
        }
        Strategy::FanOut => {
            let ends = (0..workers).map(|_| mpsc::sync_channel(capacity));
            let (senders, receivers) = ends.unzip();
            (Sending::InTurn(senders), receivers)
        }
    };
    let inbox = |receiver| Arc::new(Mutex::new(Inbox::new(receiver, counters)));
    let inboxes = receivers.into_iter().map(inbox).collect();
    (Sender { sending, counters: Arc::clone(counters) }, inboxes)
}

#[cfg(test)]
mod tests {
    use console::Strategy as _;

    use super::*;

    fn block(sequence: u64) -> Block {
        Block { sequence, first_sample: 10 * sequence, samples: vec![0; 10] }
    }

    #[test]
    fn without_a_receiver_every_strategy_counts_what_it_can_not_send() {
        for &strategy in Strategy::ALL {
            let counters = Arc::<Counters>::default();
            let (sender, inboxes) = channel(strategy, 1, 2, &counters);
            drop(inboxes);
            sender.send(block(0));
            assert_eq!(counters.losses(), (1, 10), "{strategy:?}");
        }
    }

    #[test]
    fn a_block_that_finds_no_room_was_never_on_its_way() {
        let counters = Arc::<Counters>::default();
        let (sender, _inboxes) = channel(Strategy::TrySend, 1, 1, &counters);
        sender.send(block(0));
        sender.send(block(1));
        assert_eq!(counters.losses(), (1, 10));
        assert_eq!(counters.most_waiting(), 1);
    }

    #[test]
    fn a_fan_out_takes_turns_whoever_is_free() {
        let (sender, inboxes) = channel(Strategy::FanOut, 3, 2, &Arc::default());
        for sequence in 0..6 {
            sender.send(block(sequence));
        }
        drop(sender);
        for (number, inbox) in (0..).zip(&inboxes) {
            let mut inbox = inbox.lock().expect("no panic");
            let got: Vec<_> = std::iter::from_fn(|| inbox.next()).map(|b| b.sequence).collect();
            assert_eq!(got, [number, number + 2, number + 4]);
        }
    }
}
