//! What is sent, and how it is seen that it came.

use std::sync::Arc;

use super::Sample;

/// Where blocks begin in the source: the one of block `n` is `n % OFFSETS`.
const OFFSETS: usize = 1024;

/// Samples to send, the same in every run.
pub struct Source {
    samples: Vec<Sample>,
    length: usize,
}

impl Source {
    /// For blocks of `length` samples.
    pub fn new(length: usize) -> Arc<Source> {
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        let samples = (0..length + OFFSETS).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state as Sample
        });
        Arc::new(Source { samples: samples.collect(), length })
    }

    /// Samples in a block.
    pub fn length(&self) -> usize {
        self.length
    }

    /// The samples of a block.
    #[inline]
    pub fn block(&self, index: usize) -> &[Sample] {
        &self.samples[index % OFFSETS..][..self.length]
    }

    /// What a consumer sees of the first `count` blocks, if all is right.
    pub fn expected(&self, count: usize) -> Check {
        let sums: Vec<u32> = (0..OFFSETS).map(|index| sum(self.block(index))).collect();
        let mut expected = Check::default();
        for index in 0..count {
            expected.add(self.block(index)[0], sums[index % OFFSETS]);
        }
        expected
    }
}

/// What a consumer has seen: how many blocks, in which order, and the sum of all samples.
#[derive(Debug, Default, PartialEq)]
pub struct Check {
    pub blocks: usize,
    order: u64,
    sum: u64,
}

impl Check {
    /// Looks at all samples of a block.
    ///
    /// # Panics
    ///
    /// If it has another length.
    #[inline]
    pub fn see(&mut self, samples: &[Sample], length: usize) {
        assert_eq!(samples.len(), length, "samples of block {}", self.blocks);
        self.add(samples[0], sum(samples));
    }

    #[inline]
    fn add(&mut self, first: Sample, sum: u32) {
        self.blocks += 1;
        self.order = self.order.wrapping_mul(31).wrapping_add(first as u64);
        self.sum = self.sum.wrapping_add(u64::from(sum));
    }
}

/// Modulo 2^32, so that it takes no longer than reading them does.
#[inline]
fn sum(samples: &[Sample]) -> u32 {
    samples.iter().fold(0, |sum, &sample| sum.wrapping_add(sample as u32))
}
