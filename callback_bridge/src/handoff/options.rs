//! What a channel is made with.

use std::time::Duration;

use super::consumer::Consumer;
use super::memory::{LINE, PLAIN, WITH_TIME, block_size, granule, reserve};
use super::producer::Producer;

/// What happens to a block that finds no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Overflow {
    /// The callback waits until the consumer has made room (back-pressure). It allocates nothing.
    Wait,
    /// The new block is dropped and counted; `push` says so.
    #[default]
    DropNewest,
    /// The oldest block that nobody took yet is dropped and counted, and the next oldest, until
    /// there is room. Where the blocks that the consumer holds leave no room, or the consumer is
    /// in the very act of taking the oldest one, the new block is dropped: the callback never
    /// waits.
    DropOldest,
    /// The new block goes into a chunk outside of the ring, and so do the next ones until the
    /// consumer has caught up: order is kept. This allocates in the callback, but only once the
    /// ring is full. At the limit the new block is dropped and counted.
    Spill {
        /// The most items that may lie in chunks at once. An empty block counts as one.
        limit: usize,
    },
}

/// When a block wakes a consumer that sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum WakeUps {
    /// Every block does. The callback pays for it: about 12 us where the consumer sleeps on
    /// another core.
    #[default]
    AtOnce,
    /// A block does if with it so many blocks of its producer lie ready. So does a block that
    /// finds no room, and so does the end.
    From(u64),
    /// No block does, and `push` makes no system call at all, unless it waits or spills. The
    /// consumer looks by itself, each
    /// time that so much time has passed; a shorter time costs more of a core. On Linux, a thread
    /// that waits so has its timer slack set to 1 ns, and keeps it.
    Clock(Duration),
}

/// What every channel has decided.
#[derive(Clone, Copy, Debug)]
pub(super) struct Options {
    blocks: usize,
    longest: usize,
    pub(super) overflow: Overflow,
    pub(super) wake_ups: WakeUps,
    pub(super) times: bool,
    pub(super) portable_fence: bool,
}

impl Options {
    /// These, for a producer that is added to a channel with `common` ones.
    pub(super) fn within(self, common: Options) -> Options {
        let Options { wake_ups, times, portable_fence, .. } = common;
        Options { wake_ups, times, portable_fence, ..self }
    }

    /// Whether a block may wake the consumer.
    pub(super) fn wakes(&self) -> bool {
        !matches!(self.wake_ups, WakeUps::Clock(_))
    }

    /// Whether the producer may wait for the consumer.
    pub(super) fn waits(&self) -> bool {
        self.overflow == Overflow::Wait
    }

    /// Whether every push has more to do than to copy and publish.
    pub(super) fn thorough(&self) -> bool {
        self.times || matches!(self.wake_ups, WakeUps::From(_))
    }

    /// The granules before the items of a block.
    pub(super) fn before(&self) -> u64 {
        if self.times { WITH_TIME } else { PLAIN }
    }

    /// What a block of `items` takes in the ring, in bytes.
    pub(super) fn record_size<T>(&self, items: usize) -> u64 {
        block_size::<T>(self.before(), items)
    }

    /// `blocks` of the longest fit however they lie: one more than that for the end of a lap, where
    /// the next block does not fit and the rest is skipped, and what is kept free behind each.
    pub(super) fn ring_size<T>(&self) -> u64 {
        let bytes = self.longest.checked_mul(size_of::<T>());
        assert!(
            bytes.is_some_and(|bytes| bytes < isize::MAX as usize),
            "a ring that fits into memory"
        );
        let block = self.record_size::<T>(self.longest);
        let blocks =
            (self.blocks as u64).checked_add(1).and_then(|blocks| blocks.checked_mul(block));
        let size = blocks
            .and_then(|blocks| blocks.checked_add(2 * reserve::<T>() + 2 * granule::<T>()))
            .and_then(|size| size.checked_next_multiple_of(u64::max(LINE, granule::<T>())));
        size.filter(|&size| size < isize::MAX as u64 - LINE).expect("a ring that fits into memory")
    }

    /// The longest block that an empty ring takes wherever its end lies, in bytes.
    pub(super) fn longest_record<T>(&self) -> u64 {
        self.ring_size::<T>() / 2 - reserve::<T>() - granule::<T>()
    }
}

/// Settings of a channel; [`Builder::build`] makes it.
///
/// ```
/// use callback_bridge::handoff::{Builder, Overflow, WakeUps};
/// use std::time::Duration;
///
/// let (mut producer, mut consumer) = Builder::new(16, 1024)
///     .overflow(Overflow::DropOldest)
///     .wake_ups(WakeUps::Clock(Duration::from_micros(20)))
///     .times(true)
///     .build::<i16>();
/// producer.push(&[1, 2, 3])?;
/// let block = consumer.recv()?;
/// assert_eq!((&*block, block.sequence()), (&[1, 2, 3][..], 0));
/// assert!(block.time().is_some());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "`build` makes the channel"]
pub struct Builder {
    options: Options,
}

impl Builder {
    /// A ring with room for at least `blocks` blocks of `longest` items each, and for more blocks
    /// that are shorter. `longest` is what the ring is sized for, not a limit: a longer block is taken,
    /// too, up to what [`PushError::TooLong`](super::PushError::TooLong) says. Both count as 1 where they are 0. Overflow is [`Overflow::DropNewest`],
    /// wake-ups come at once, blocks have no time.
    pub fn new(blocks: usize, longest: usize) -> Builder {
        let options = Options {
            blocks: blocks.max(1),
            longest: longest.max(1),
            overflow: Overflow::default(),
            wake_ups: WakeUps::default(),
            times: false,
            portable_fence: false,
        };
        Builder { options }
    }

    /// What happens to a block that finds no room.
    pub fn overflow(mut self, overflow: Overflow) -> Builder {
        self.options.overflow = overflow;
        self
    }

    /// When a block wakes a consumer that sleeps.
    pub fn wake_ups(mut self, wake_ups: WakeUps) -> Builder {
        self.options.wake_ups = wake_ups;
        self
    }

    /// Whether each block knows when it was pushed. Reading the clock costs as much as copying 64
    /// samples.
    pub fn times(mut self, times: bool) -> Builder {
        self.options.times = times;
        self
    }

    /// Uses the fence that works everywhere, also where the system has a cheaper one (`membarrier`
    /// on Linux), for example because a sandbox will refuse it later. Each push then costs a full
    /// fence, unless wake-ups go by the clock.
    pub fn portable_fence(mut self, portable: bool) -> Builder {
        self.options.portable_fence = portable;
        self
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    /// Makes the channel. All its memory is allocated here.
    ///
    /// # Panics
    ///
    /// If there is no memory for the ring.
    pub fn build<T: Copy + Send>(self) -> (Producer<T>, Consumer<T>) {
        let mut consumer = Consumer::new(self.options);
        let producer = consumer.add_producer();
        (producer, consumer)
    }
}

/// A channel with room for at least `blocks` blocks of `longest` items each.
///
/// It drops the newest block when it is full and wakes the consumer at once; a [`Builder`] chooses
/// otherwise.
///
/// ```
/// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(16, 1024);
/// producer.push(&[1, 2, 3])?;
/// assert_eq!(&*consumer.recv()?, &[1, 2, 3]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What the items point to must be allowed on the other thread:
///
/// ```compile_fail,E0277
/// let (producer, consumer) = callback_bridge::handoff::channel::<*const u8>(16, 1024);
/// ```
///
/// # Panics
///
/// If there is no memory for the ring.
pub fn channel<T: Copy + Send>(blocks: usize, longest: usize) -> (Producer<T>, Consumer<T>) {
    Builder::new(blocks, longest).build()
}
