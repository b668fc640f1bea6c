//! `callback_bridge`'s own, woken at once, or looking by its own clock.

use std::time::Duration;

use callback_bridge::handoff::{Builder, Consumer, Producer, WakeUps};

use super::{Channel, Pull, Push, Sample};

/// Blocks that the consumer takes and gives back at a time.
const BATCH: usize = 1024;

/// `callback_bridge::handoff`, as it is unless told otherwise.
pub struct AtOnce;

impl Channel for AtOnce {
    const NAME: &'static str = "callback_bridge";
    type Producer = Producer<Sample>;
    type Consumer = Consumer<Sample>;

    fn open(blocks: usize, length: usize) -> (Producer<Sample>, Consumer<Sample>) {
        Builder::new(blocks, length).build()
    }
}

/// `callback_bridge::handoff`, whose callback wakes nobody: the consumer looks every 50 us.
pub struct Clock;

impl Channel for Clock {
    const NAME: &'static str = "callback_bridge, by the clock";
    type Producer = Producer<Sample>;
    type Consumer = Consumer<Sample>;

    fn open(blocks: usize, length: usize) -> (Producer<Sample>, Consumer<Sample>) {
        let clock = WakeUps::Clock(Duration::from_micros(50));
        Builder::new(blocks, length).wake_ups(clock).build()
    }
}

impl Push for Producer<Sample> {
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        Producer::push(self, samples).is_ok()
    }
}

impl Pull for Consumer<Sample> {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let batch = self.batch(BATCH);
        batch.iter().for_each(|block| visit(&block));
        batch.len()
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        match self.recv_batch(BATCH) {
            Ok(batch) => {
                batch.iter().for_each(|block| visit(&block));
                batch.len()
            }
            Err(_ended) => 0,
        }
    }
}
