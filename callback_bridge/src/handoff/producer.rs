//! The callback's side.

use std::fmt;
use std::sync::atomic::compiler_fence;

use super::fault::{Fault, fault};
use super::lane::{ASLEEP, CLAIMED, CLOSED, FENCE, GONE, Lane, Loss, PARITY};
use super::memory::{
    JUMP, LOST, MOST_WITHOUT_SIZE, PLAIN, TIMED, Window, block_size, granule, most_items, reserve,
};
use super::options::{Overflow, WakeUps};
use super::spill::Spill;
use super::stats::Stats;
use super::time;
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
    limit: u64,
    /// The same, of blocks that need care.
    room: u64,
    pub(super) window: Window<T>,
    pub(super) lane: Arc<Lane<T>>,
    /// Where this lap of the ring ends.
    pub(super) lap_end: u64,
    /// Where the producer last came back into a ring that was empty: below, nothing counts.
    pub(super) since: u64,
    /// Counted, but not yet told to the consumer.
    untold: Loss,
    /// All that were dropped.
    pub(super) dropped: Loss,
    /// Those of them that were dropped as the oldest, after having been accepted.
    pub(super) dropped_oldest: Loss,
    /// What the consumer is told of with the block at the head.
    pub(super) told_oldest: Loss,
    /// Blocks that took the careful path: all of them, where wake-ups come from a threshold on.
    accepted: u64,
    pub(super) spill: Spill<T>,
    settled: bool,
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
        // and to restore, three instructions of 58.
        // SAFETY: a reference is valid to read from.
        let end = unsafe { (&raw const self.position).read_volatile() };
        self.publish(end, attend)
    }

    /// The one release store, and the look at whether somebody waits for it.
    #[inline(always)]
    fn publish(
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
    fn attend(&mut self) -> Result<(), PushError> {
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

    // Here, and not in `push`, the list of parts is made: that spares the short way its room.
    #[cold]
    #[inline(never)]
    fn push_one_with_care(&mut self, items: &[T]) -> Result<(), PushError> {
        self.push_with_care(&[items])
    }

    #[cold]
    #[inline(never)]
    fn try_one_with_care(&mut self, items: &[T]) -> Result<(), PushError> {
        self.try_with_care(&[items])
    }

    /// All that [`Producer::push`] seldom needs.
    fn push_with_care(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
        /// Counts the block where a waker panics before the block was accepted.
        struct Offered<'a, T: Copy + Send> {
            producer: &'a mut Producer<T>,
            position: u64,
            items: usize,
            refused: bool,
        }
        impl<T: Copy + Send> Drop for Offered<'_, T> {
            fn drop(&mut self) {
                #[cfg(loom)]
                if std::thread::panicking() {
                    return; // the model is over, and its atomics are gone
                }
                if self.refused || self.producer.position == self.position {
                    self.producer.lose(self.items);
                }
            }
        }
        let (position, items) = (self.position, count(parts));
        let mut offered = Offered { producer: self, position, items, refused: false };
        let pushed = loop {
            match offered.producer.try_with_care(parts) {
                Err(PushError::Full) if offered.producer.make_room(items) => {}
                pushed => break pushed,
            }
        };
        offered.refused = pushed.is_err();
        pushed
    }

    /// The same for [`Producer::try_push`]: neither waits, nor drops, nor counts.
    fn try_with_care(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
        let options = self.lane.options;
        let items = count(parts);
        let longest = most_items::<T>(options.before(), options.longest_record::<T>());
        if items > longest {
            return Err(PushError::TooLong { longest });
        }
        let size = options.record_size::<T>(items);
        if self.closed() {
            return Err(PushError::Closed);
        }
        if !self.spill.active() {
            if let Some((at, limit)) = self.place(size) {
                self.set_limit(limit);
                return self.write(parts, at);
            }
            self.note_full();
        }
        match options.overflow {
            Overflow::Spill { limit } => self.push_spilling(parts, size, limit as u64),
            _ => Err(PushError::Full),
        }
    }

    /// Makes room for a block of so many items, or waits for it, as the overflow policy says. False
    /// if there is none.
    fn make_room(&mut self, items: usize) -> bool {
        let size = self.lane.options.record_size::<T>(items);
        match self.lane.options.overflow {
            Overflow::Wait => {
                self.wait_for_room(size);
                true
            }
            Overflow::DropOldest => self.drop_oldest(size),
            Overflow::DropNewest | Overflow::Spill { .. } => false,
        }
    }

    fn closed(&mut self) -> bool {
        let last = self.settle();
        self.drop_more(last);
        self.lane.seldom.0.attention.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Once the consumer is gone, counts what it left, but for the last block of that: here it is.
    fn settle(&mut self) -> Loss {
        // Acquire: pairs with the Release in `Lane::attend`; after `GONE` we read what was left.
        let gone = self.lane.seldom.0.attention.load(Ordering::Acquire) & GONE != 0;
        if !gone || self.settled {
            return Loss::default();
        }
        self.settled = true;
        let (left, last) = self.lane.left_over();
        self.drop_more(Loss { blocks: left.blocks - last.blocks, items: left.items - last.items });
        last
    }

    fn drop_more(&mut self, loss: Loss) {
        self.dropped = self.dropped.and(loss);
        self.lane.published.0.dropped.set(self.dropped);
    }

    /// Counts a block that is not accepted; the consumer is told before the next one that is.
    pub(super) fn lose(&mut self, items: usize) {
        self.untold = self.untold.and(Loss::block(items));
        self.drop_more(Loss::block(items));
        // The next push has something to tell.
        self.limit = 0;
    }

    /// What is written before the next block: the losses that nobody told yet.
    pub(super) fn untold_size(&self) -> u64 {
        if self.untold.blocks == 0 { 0 } else { 2 * granule::<T>() }
    }

    /// Where a block of `size` bytes may go, and up to where blocks may go then.
    pub(super) fn place(&self, size: u64) -> Option<(u64, u64)> {
        // What was free still is: no look at what the consumer writes.
        if self.position + self.untold_size() + size <= self.room {
            return Some((self.position, self.room));
        }
        if self.lane.options.overflow == Overflow::DropOldest {
            // Acquire: pairs with the consumer's Release; what it took before is seen as held.
            let head = self.lane.head.0.load(Ordering::Acquire) & !(CLAIMED | PARITY);
            return self.place_around_held(size, head);
        }
        // Acquire: pairs with the consumer's Release of `low`.
        let low = self.lane.released.0.low.load(Ordering::Acquire);
        let free_end = u64::max(low, self.since) + self.lane.ring.size();
        let (needed, reserve) = (self.untold_size() + size + reserve::<T>(), reserve::<T>());
        if self.position + needed <= u64::min(self.lap_end, free_end) {
            Some((self.position, u64::min(self.lap_end, free_end) - reserve))
        } else if self.lap_end + size + reserve <= free_end {
            let next_lap = self.lap_end + self.lane.ring.size();
            Some((self.lap_end, u64::min(next_lap, free_end) - reserve))
        } else {
            None
        }
    }

    /// Sets the limit of the fast path, unless every push has to take the careful one.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.room = limit;
        self.limit = if self.lane.options.thorough() { 0 } else { limit };
    }

    /// Writes what the consumer has to know first, then the block, and publishes both.
    ///
    /// `at` is free for the block, and so is the reserve behind the last one.
    pub(super) fn write(&mut self, parts: &[&[T]], at: u64) -> Result<(), PushError> {
        let items = count(parts);
        let granule = granule::<T>();
        let mut position = self.position;
        if self.untold.blocks > 0 {
            // SAFETY: the reserve behind the last block is free, or what `at` stands for is.
            unsafe { self.window.put_word(position, LOST | self.untold.blocks) };
            // SAFETY: as above.
            unsafe { self.window.put_word(position + granule, self.untold.items) };
            position += 2 * granule;
            self.untold = Loss::default();
        }
        if at != self.position {
            // SAFETY: as above.
            unsafe { self.window.put_word(position, JUMP | at) };
            let lap = at - at % self.lane.ring.size();
            self.window = self.lane.ring.window(lap);
            self.lap_end = lap + self.lane.ring.size();
            position = at;
        }
        let end = position + self.lane.options.record_size::<T>(items);
        if self.lane.options.times {
            // SAFETY: from `at` on there is room for the block.
            unsafe { self.window.put_word(position, TIMED | items as u64) };
            position += granule;
            // SAFETY: as above.
            unsafe { self.window.put_word(position, time::now()) };
        } else {
            // SAFETY: as above.
            unsafe { self.window.put_word(position, items as u64) };
        }
        position += granule;
        // SAFETY: as above.
        unsafe { self.window.put_parts(position, parts) };
        self.accepted += 1;
        self.position = end;
        self.publish(end, Producer::attend)
    }

    /// What was counted, on both sides, up to now.
    pub fn stats(&self) -> Stats {
        Stats::of(&self.lane)
    }
}

/// The items of all parts; the largest number there is where they are more.
pub(super) fn count<T>(parts: &[&[T]]) -> usize {
    parts.iter().fold(0, |sum, part| sum.saturating_add(part.len()))
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
