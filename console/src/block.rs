//! A block on its way, and what is counted and kept of it at each end.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};

/// What one callback delivered: a copy, owned by whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// 0 for the first callback's block, one more for each callback's, dropped ones included.
    pub sequence: u64,
    /// The number of the first sample, among all that the callback was given.
    pub first_sample: u64,
    /// The samples, interleaved.
    pub samples: Vec<i16>,
}

/// The counters of one hand-off. The callback's thread and the consumers share them.
///
/// Each counter stands alone (nobody concludes from one to another while the device runs), and the
/// final values are read after the threads that wrote them were joined: `Relaxed` is enough.
#[derive(Debug, Default)]
pub struct Counters {
    waiting: AtomicUsize,
    most_waiting: AtomicUsize,
    dropped_blocks: AtomicU64,
    dropped_samples: AtomicU64,
    working: AtomicUsize,
    most_working: AtomicUsize,
    received_blocks: AtomicU64,
    received_samples: AtomicU64,
    /// The highest absolute value since the meter looked last.
    peak: AtomicU32,
}

impl Counters {
    /// On the callback's thread, before a block is handed over.
    pub fn sending(&self) {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_waiting.fetch_max(waiting, Ordering::Relaxed);
    }

    /// Where only the attempt tells whether there is room: `send` is that attempt, with a block of
    /// `count` samples. A block that finds none was never on its way, and is dropped.
    pub fn try_sending(&self, count: usize, send: impl FnOnce() -> bool) {
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        if send() {
            self.most_waiting.fetch_max(waiting, Ordering::Relaxed);
        } else {
            self.refused(count);
        }
    }

    /// Instead of [`Counters::sending`]: there was no room for a block of so many samples.
    pub fn dropped(&self, samples: usize) {
        self.dropped_blocks.fetch_add(1, Ordering::Relaxed);
        self.dropped_samples.fetch_add(samples as u64, Ordering::Relaxed);
    }

    /// After [`Counters::sending`]: all receivers are gone, the block of so many samples is lost.
    pub fn refused(&self, samples: usize) {
        self.arrived();
        self.dropped(samples);
    }

    /// After [`Counters::sending`], on a consumer's thread: the block has come out.
    pub fn arrived(&self) {
        self.waiting.fetch_sub(1, Ordering::Relaxed);
    }

    /// On a consumer's thread, before it works on a block.
    pub fn begin_work(&self, block: &Block) {
        let working = self.working.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_working.fetch_max(working, Ordering::Relaxed);
        self.received_blocks.fetch_add(1, Ordering::Relaxed);
        self.received_samples.fetch_add(block.samples.len() as u64, Ordering::Relaxed);
        let peak = block.samples.iter().map(|sample| sample.unsigned_abs()).max().unwrap_or(0);
        self.peak.fetch_max(u32::from(peak), Ordering::Relaxed);
    }

    /// On a consumer's thread, when it is through with the block.
    pub fn end_work(&self) {
        self.working.fetch_sub(1, Ordering::Relaxed);
    }

    /// The most consumers that were at work at once.
    pub fn most_working(&self) -> usize {
        self.most_working.load(Ordering::Relaxed)
    }

    /// Blocks on their way now, the one in the callback's hands included.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// The most blocks that were on their way at once, the one in the callback's hands included.
    pub fn most_waiting(&self) -> usize {
        self.most_waiting.load(Ordering::Relaxed)
    }

    /// Blocks and samples that were dropped.
    pub fn losses(&self) -> (u64, u64) {
        let blocks = self.dropped_blocks.load(Ordering::Relaxed);
        (blocks, self.dropped_samples.load(Ordering::Relaxed))
    }

    /// Blocks and samples that consumers have worked on.
    pub fn progress(&self) -> (u64, u64) {
        let blocks = self.received_blocks.load(Ordering::Relaxed);
        (blocks, self.received_samples.load(Ordering::Relaxed))
    }

    /// The highest absolute value since the last call: 0 to 32768.
    pub fn take_peak(&self) -> u32 {
        self.peak.swap(0, Ordering::Relaxed)
    }
}

/// Watches whether blocks come out of a channel in the order in which the callback saw them.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Order {
    last: Option<u64>,
    out_of_order: u64,
}

impl Order {
    /// The next block that came out.
    pub fn see(&mut self, block: &Block) {
        if self.last.is_some_and(|last| block.sequence <= last) {
            self.out_of_order += 1;
        }
        self.last = self.last.max(Some(block.sequence));
    }

    /// How many blocks came after one that they should have preceded.
    pub fn out_of_order(&self) -> u64 {
        self.out_of_order
    }
}

/// What one consumer keeps of the samples. Two tallies merge, in any order, into one.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Blocks worked on.
    pub blocks: u64,
    /// Samples in them.
    pub samples: u64,
    /// The lowest and the highest sample.
    pub range: Option<(i16, i16)>,
    /// The sum of all squares; exact.
    pub squares: u128,
    /// Changes when any sample changes its value or its place.
    pub checksum: u64,
    /// Samples that are not what the built-in signal has in their place.
    pub not_the_signal: u64,
    /// The system's numbers of the threads that worked.
    pub threads: BTreeSet<u64>,
}

impl Tally {
    /// Works on a block.
    pub fn add(&mut self, block: &Block) {
        self.blocks += 1;
        self.samples += block.samples.len() as u64;
        for (number, &sample) in (block.first_sample..).zip(&block.samples) {
            let (low, high) = self.range.unwrap_or((sample, sample));
            self.range = Some((low.min(sample), high.max(sample)));
            self.squares += u128::from(sample.unsigned_abs()).pow(2);
            self.checksum = self.checksum.wrapping_add(mark(number, sample));
            self.not_the_signal += u64::from(device::signal(number) != sample);
        }
        self.threads.insert(device::thread_id());
    }

    /// This tally and another consumer's.
    pub fn merge(mut self, other: Tally) -> Tally {
        self.blocks += other.blocks;
        self.samples += other.samples;
        self.range = match (self.range, other.range) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        self.squares += other.squares;
        self.checksum = self.checksum.wrapping_add(other.checksum);
        self.not_the_signal += other.not_the_signal;
        self.threads.extend(other.threads);
        self
    }

    /// The root of the mean square: 0 to 32768. `None` where there were no samples.
    pub fn rms(&self) -> Option<f64> {
        (self.samples > 0).then(|| (self.squares as f64 / self.samples as f64).sqrt())
    }
}

/// An odd factor for each place, so that two samples that change places change the sum.
fn mark(number: u64, sample: i16) -> u64 {
    let value = u64::from(sample.cast_unsigned()) + 1;
    value.wrapping_mul(number.wrapping_mul(2).wrapping_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(sequence: u64, samples: &[i16]) -> Block {
        Block { sequence, first_sample: 2 * sequence, samples: samples.to_vec() }
    }

    #[test]
    fn two_tallies_merge_into_what_one_would_have_counted() {
        let blocks = [block(0, &[0, 1]), block(1, &[-7, 3]), block(2, &[4, 900])];
        let mut one = Tally::default();
        blocks.iter().for_each(|block| one.add(block));
        let (mut first, mut second) = (Tally::default(), Tally::default());
        second.add(&blocks[2]);
        first.add(&blocks[1]);
        second.add(&blocks[0]);
        assert_eq!(first.merge(second), one);
        assert_eq!((one.blocks, one.samples, one.range), (3, 6, Some((-7, 900))));
        assert_eq!(one.squares, 1 + 49 + 9 + 16 + 810_000);
        assert_eq!(one.not_the_signal, 2, "-7 and 900; the signal has 2 and 5 there");
    }

    #[test]
    fn the_checksum_sees_two_samples_that_change_places() {
        let (mut one, mut other) = (Tally::default(), Tally::default());
        one.add(&block(0, &[5, 6]));
        other.add(&block(0, &[6, 5]));
        assert_ne!(one.checksum, other.checksum);
    }

    #[test]
    fn a_block_that_comes_late_is_out_of_order_and_a_gap_is_not() {
        let mut order = Order::default();
        for sequence in [0, 1, 5, 3, 4, 6] {
            order.see(&block(sequence, &[]));
        }
        assert_eq!(order.out_of_order(), 2, "3 and 4 came after 5");
    }
}
