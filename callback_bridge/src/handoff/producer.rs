//! The callback's side.

use std::fmt;
use std::sync::atomic::compiler_fence;

use super::fault::{Fault, fault};
use super::lane::{ASLEEP, CLOSED, FENCE, Lane, Loss};
use super::memory::{MOST_WITHOUT_SIZE, PLAIN, Window, block_size, granule, reserve};
#[cfg(doc)]
use super::options::Overflow;
use super::options::WakeUps;
use super::spill::Spill;
use super::stats::Stats;
use crate::sync::{Arc, Ordering, fence};

/// Why a block was not accepted. The caller still has it; [`Producer::push`] counts it as dropped,
/// [`Producer::try_push`] does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// There was no room for it.
    Full,
    /// The consumer closed the channel or is gone.
    Closed,
    /// It is longer than any block that the ring takes.
    TooLong {
        /// The most items that a block may have.
        longest: usize,
    },
}

impl fmt::Display for PushError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::Full => f.write_str("the hand-off is full"),
            PushError::Closed => f.write_str("the consumer is gone"),
            PushError::TooLong { longest } => {
                write!(f, "the block is longer than {longest} items")
            }
        }
    }
}

impl std::error::Error for PushError {}

/// Where blocks go in. It belongs to one thread at a time: the callback's.
///
/// Dropping it ends its blocks: the consumer still gets all that were accepted.
///
/// Where C says with a call that nothing more comes, the callback has it in an `Option`:
///
/// ```
/// use callback_bridge::handoff::channel;
///
/// let (producer, mut consumer) = channel::<i16>(4, 64);
/// let mut producer = Some(producer);
/// // An empty block is the end, in this C API.
/// let mut on_block = move |samples: &[i16]| {
///     if samples.is_empty() {
///         producer = None;
///     } else if let Some(producer) = &mut producer {
///         let _ = producer.push(samples);
///     }
/// };
/// on_block(&[1, 2]);
/// on_block(&[]);
/// assert_eq!(*consumer.recv()?, [1, 2]);
/// assert!(consumer.recv().is_err(), "the end; a stream is over here");
/// # Ok::<(), callback_bridge::handoff::Ended>(())
/// ```
///
/// What its consumer was promised to live for ever can't be pushed for a while:
///
/// ```compile_fail
/// use callback_bridge::handoff::Producer;
///
/// fn shorten<'a>(producer: Producer<&'static str>) -> Producer<&'a str> {
///     producer
/// }
/// ```
pub struct Producer<T: Copy + Send> {
    /// Where the next record begins. The same as the lane's `tail`, which only we write.
    pub(super) position: u64,
    /// A block that ends up to here fits, and needs no care; 0 where each needs it. Once a block did
    /// not fit and went elsewhere, the position is beyond.
    pub(super) limit: u64,
    /// The same, of blocks that need care.
    pub(super) room: u64,
    pub(super) window: Window<T>,
    pub(super) lane: Arc<Lane<T>>,
    /// Where this lap of the ring ends.
    pub(super) lap_end: u64,
    /// Where the producer last came back into a ring that was empty: below, nothing counts.
    pub(super) since: u64,
    /// Counted, but not yet told to the consumer.
    pub(super) untold: Loss,
    /// All that were dropped.
    pub(super) dropped: Loss,
    /// Those of them that were dropped as the oldest, after having been accepted.
    pub(super) dropped_oldest: Loss,
    /// What the consumer is told of with the block at the head.
    pub(super) told_oldest: Loss,
    /// Blocks that took the careful path: all of them, where wake-ups come from a threshold on.
    pub(super) accepted: u64,
    pub(super) spill: Spill<T>,
    pub(super) settled: bool,
}

// SAFETY: the window points into the lane's ring or into a chunk that the lane owns, and those may
// be used from any thread; what is written there are items, `T: Send`.
unsafe impl<T: Copy + Send> Send for Producer<T> {}

impl<T: Copy + Send> fmt::Debug for Producer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("stats", &Stats::of(&self.lane)).finish_non_exhaustive()
    }
}

impl<T: Copy + Send> Producer<T> {
    pub(super) fn new(lane: Arc<Lane<T>>) -> Producer<T> {
        let mut producer = Producer {
            position: 0,
            limit: 0,
            room: 0,
            window: lane.ring.window(0),
            lap_end: lane.ring.size(),
            since: 0,
            untold: Loss::default(),
            dropped: Loss::default(),
            dropped_oldest: Loss::default(),
            told_oldest: Loss::default(),
            accepted: 0,
            spill: Spill::default(),
            settled: false,
            lane,
        };
        producer.set_limit(producer.lane.ring.size() - reserve::<T>());
        producer
    }

    /// Copies `items` into the channel as one block, which the consumer gets as one.
    ///
    /// It never allocates, locks or waits, but where [`Overflow::Wait`] waits and
    /// [`Overflow::Spill`] spills. It makes a system call only to wake a consumer that really
    /// sleeps, and wakes it by calling its waker; a panic of the waker passes through. Where none of
    /// these happens it may be called in a signal handler, of course not while the same thread is
    /// inside of `push`.
    ///
    /// # Errors
    ///
    /// The block was dropped, and counted. The consumer learns of it with the next block.
    ///
    /// # Panics
    ///
    /// With [`Overflow::Wait`], if Linux refuses the `membarrier` that it had granted.
    ///
    /// ```
    /// use callback_bridge::handoff::{PushError, channel};
    ///
    /// let (mut producer, mut consumer) = channel::<i16>(1, 4);
    /// producer.push(&[1, 2, 3, 4])?;
    /// while producer.push(&[5, 6, 7, 8]).is_ok() {}
    /// assert_eq!(producer.push(&[9]), Err(PushError::Full));
    ///
    /// drop(consumer);
    /// assert_eq!(producer.push(&[1]), Err(PushError::Closed));
    /// # Ok::<(), PushError>(())
    /// ```
    #[inline]
    pub fn push(&mut self, items: &[T]) -> Result<(), PushError> {
        self.push_or(items, Producer::push_one_with_care, Producer::attend_push)
    }

    /// [`push`](Producer::push) for a caller who can keep the block and come again, such as a C
    /// library that asks whether a block was taken: where there is no room it returns at once, drops
    /// nothing and counts nothing, whatever [`Overflow`] says. ([`Overflow::Spill`] still spills.)
    ///
    /// # Errors
    ///
    /// The block was not accepted, and is as if it had never been offered.
    ///
    /// ```
    /// use callback_bridge::handoff::{PushError, channel};
    ///
    /// let (mut producer, mut consumer) = channel::<i16>(1, 4);
    /// let mut accepted = 0;
    /// while producer.try_push(&[1, 2, 3, 4]).is_ok() {
    ///     accepted += 1;
    /// }
    /// assert_eq!(consumer.drain(usize::MAX, |block| assert_eq!(block.lost_blocks(), 0)), accepted);
    /// assert_eq!(producer.try_push(&[5]), Ok(()));
    /// assert_eq!(consumer.stats().dropped_blocks, 0);
    /// # Ok::<(), PushError>(())
    /// ```
    #[inline]
    pub fn try_push(&mut self, items: &[T]) -> Result<(), PushError> {
        self.push_or(items, Producer::try_one_with_care, Producer::attend)
    }

    /// [`push`](Producer::push) for a block whose items lie in several places, such as a header and
    /// what follows: the consumer gets them as one block.
    ///
    /// # Errors
    ///
    /// As [`Producer::push`].
    ///
    /// ```
    /// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<u8>(1, 16);
    /// producer.push_parts(&[&[2], b"topic", b"payload"])?;
    /// assert_eq!(&*consumer.recv()?, b"\x02topicpayload");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn push_parts(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
        self.push_with_care(parts)
    }

    /// The short way, where there is one; otherwise the other.
    #[inline(always)]
    fn push_or(
        &mut self,
        items: &[T],
        otherwise: impl FnOnce(&mut Self, &[T]) -> Result<(), PushError>,
        attend: impl FnOnce(&mut Self) -> Result<(), PushError>,
    ) -> Result<(), PushError> {
        // Locals: the compiler can't know that the ring does not hold the producer itself.
        let (position, window) = (self.position, self.window);
        let end = position + block_size::<T>(PLAIN, items.len());
        let too_many = size_of::<T>() == 0 && items.len() > MOST_WITHOUT_SIZE;
        if end > self.limit || too_many {
            return otherwise(self, items);
        }
        self.position = end;
        // SAFETY: up to `limit` the ring is free, and free memory is the producer's.
        unsafe { window.put_word(position, items.len() as u64) };
        // SAFETY: as above; the record ends at `end`.
        unsafe { window.put_items(position + granule::<T>(), items) };
        // Read again rather than kept across the copy: that spares the callback a register to save
        // and to restore, three instructions.
        // SAFETY: a reference is valid to read from.
        let end = unsafe { (&raw const self.position).read_volatile() };
        self.publish(end, attend)
    }

    /// The one release store, and the look at whether somebody waits for it.
    #[inline(always)]
    pub(super) fn publish(
        &mut self,
        end: u64,
        attend: impl FnOnce(&mut Self) -> Result<(), PushError>,
    ) -> Result<(), PushError> {
        let lane = &*self.lane;
        // Release: pairs with the consumer's Acquire of `tail`.
        lane.published.0.tail.store(end, Ordering::Release);
        // The consumer says that it sleeps, fences for both of us, and looks at `tail` again. Where
        // it can't fence for us, `FENCE` is set.
        compiler_fence(Ordering::SeqCst);
        if lane.seldom.0.attention.load(Ordering::Relaxed) != 0 {
            return attend(self);
        }
        Ok(())
    }

    /// After a block was published: what the consumer wants. Closed: it is gone and did not take
    /// that block, which is not counted.
    #[cold]
    #[inline(never)]
    pub(super) fn attend(&mut self) -> Result<(), PushError> {
        let refused = self.attend_block();
        if refused.blocks > 0 { Err(PushError::Closed) } else { Ok(()) }
    }

    /// The same for [`Producer::push`], which counts it.
    #[cold]
    #[inline(never)]
    fn attend_push(&mut self) -> Result<(), PushError> {
        let refused = self.attend_block();
        if refused.blocks == 0 {
            return Ok(());
        }
        self.drop_more(refused);
        Err(PushError::Closed)
    }

    /// The block, if the consumer is gone and did not take it.
    fn attend_block(&mut self) -> Loss {
        let lane = &*self.lane;
        let mut attention = lane.seldom.0.attention.load(Ordering::Relaxed);
        if attention & FENCE != 0 {
            if !fault(Fault::PublishWithoutFence) {
                fence(Ordering::SeqCst);
            }
            attention = lane.seldom.0.attention.load(Ordering::Relaxed);
        }
        if attention & ASLEEP != 0 && self.enough() {
            lane.signal.wake();
        }
        if attention & CLOSED != 0 {
            // This block was published, so a consumer that closed may still get it, if it is not
            // gone. The next one is refused.
            self.limit = 0;
            // It comes last of what is left. Before it was published, nothing was settled.
            return self.settle();
        }
        Loss::default()
    }

    /// Whether what lies ready is worth waking the consumer for.
    fn enough(&self) -> bool {
        let WakeUps::From(threshold) = self.lane.options.wake_ups else { return true };
        let gone = self.lane.released.0.delivered.get().blocks + self.dropped_oldest.blocks;
        let threshold = threshold + u64::from(fault(Fault::ThresholdWithoutWake));
        self.accepted.saturating_sub(gone) >= threshold
    }

    /// What was counted, on both sides, up to now.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.lane)
    }
}

impl<T: Copy + Send> Drop for Producer<T> {
    fn drop(&mut self) {
        self.closed();
        let lane = &*self.lane;
        // Release: pairs with the consumer's Acquire, which then sees the last `tail`.
        lane.seldom.0.ended.store(true, Ordering::Release);
        if !fault(Fault::EndWithoutFence) {
            lane.fence.light();
        }
        let asleep = lane.seldom.0.attention.load(Ordering::Relaxed) & ASLEEP != 0;
        if asleep && !fault(Fault::EndWithoutWake) {
            lane.signal.wake();
        }
    }
}
