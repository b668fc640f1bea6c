//! `callback_bridge`, as it comes, and with a consumer that looks by its own clock.

use std::time::Duration;

use callback_bridge::handoff::{Builder, Consumer, Overflow, Producer, WakeUps};

use super::{Channel, Pull, Push, Sample};

/// How many blocks are looked at before their space is given back.
const BATCH: usize = 64;
/// Often enough for 60 us, seldom enough for a fifth of a core.
const TICK: Duration = Duration::from_micros(70);

/// Wakes at once.
pub struct AtOnce;
/// Never wakes: the consumer looks.
pub struct ByClock;

impl Channel for AtOnce {
    const NAME: &'static str = "callback_bridge";
    type Producer = Producer<Sample>;
    type Consumer = Consumer<Sample>;

    fn open(blocks: usize, length: usize) -> (Self::Producer, Self::Consumer) {
        Builder::new(blocks, length).overflow(Overflow::DropNewest).build()
    }
}

impl Channel for ByClock {
    const NAME: &'static str = "callback_bridge, by clock";
    type Producer = Producer<Sample>;
    type Consumer = Consumer<Sample>;

    fn open(blocks: usize, length: usize) -> (Self::Producer, Self::Consumer) {
        let builder = Builder::new(blocks, length).overflow(Overflow::DropNewest);
        builder.wake_ups(WakeUps::Clock(TICK)).build()
    }
}

impl Push for Producer<Sample> {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        Producer::push(self, samples).is_ok()
    }
}

impl Pull for Consumer<Sample> {
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let batch = self.batch(BATCH);
        batch.iter().for_each(|block| visit(block.items()));
        batch.len()
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let Ok(batch) = self.recv_batch(BATCH) else { return 0 };
        batch.iter().for_each(|block| visit(block.items()));
        batch.len()
    }
}
