//! `callback_bridge`'s own, woken at once, or looking by its own clock.

use std::time::Duration;

use callback_bridge::handoff::{Builder, Consumer, Producer, WakeUps};

use super::{Channel, Pull, Push, Sample};

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

/// `callback_bridge::handoff`, whose callback wakes nobody: the consumer looks every 80 us.
pub struct Clock;

impl Channel for Clock {
    const NAME: &'static str = "callback_bridge, by the clock";
    type Producer = Producer<Sample>;
    type Consumer = Consumer<Sample>;

    fn open(blocks: usize, length: usize) -> (Producer<Sample>, Consumer<Sample>) {
        let clock = WakeUps::Clock(Duration::from_micros(80));
        Builder::new(blocks, length).wake_ups(clock).build()
    }
}

impl Push for Producer<Sample> {
    /// As every other subject's: what finds no room comes again. Where there is room, it is `push`.
    #[inline]
    fn push(&mut self, samples: &[Sample]) -> bool {
        self.try_push(samples).is_ok()
    }
}

impl Pull for Consumer<Sample> {
    #[inline]
    fn poll(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        self.drain(usize::MAX, |block| visit(&block))
    }

    fn wait(&mut self, mut visit: impl FnMut(&[Sample])) -> usize {
        let Ok(block) = self.recv() else { return 0 };
        visit(&block);
        drop(block);
        1 + self.drain(usize::MAX, |block| visit(&block))
    }
}
