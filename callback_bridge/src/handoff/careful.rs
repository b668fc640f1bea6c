//! All that a push seldom needs: what comes before the block, where it goes, and what becomes of it
//! where it goes nowhere.

use super::lane::{CLAIMED, CLOSED, GONE, Loss, PARITY};
use super::memory::{JUMP, LOST, TIMED, granule, most_items, reserve};
use super::options::Overflow;
use super::producer::{Producer, PushError};
use super::time;
use crate::sync::Ordering;

impl<T: Copy + Send> Producer<T> {
    // Here, and not in `push`, the list of parts is made: that spares the short way its room.
    #[cold]
    #[inline(never)]
    pub(super) fn push_one_with_care(&mut self, items: &[T]) -> Result<(), PushError> {
        self.push_with_care(&[items])
    }

    #[cold]
    #[inline(never)]
    pub(super) fn try_one_with_care(&mut self, items: &[T]) -> Result<(), PushError> {
        self.try_with_care(&[items])
    }

    /// All that [`Producer::push`] seldom needs.
    pub(super) fn push_with_care(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
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
    pub(super) fn try_with_care(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
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

    pub(super) fn closed(&mut self) -> bool {
        let last = self.settle();
        self.drop_more(last);
        self.lane.seldom.0.attention.load(Ordering::Relaxed) & CLOSED != 0
    }

    /// Once the consumer is gone, counts what it left, but for the last block of that: here it is.
    pub(super) fn settle(&mut self) -> Loss {
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

    pub(super) fn drop_more(&mut self, loss: Loss) {
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
}

/// The items of all parts; the largest number there is where they are more.
pub(super) fn count<T>(parts: &[&[T]]) -> usize {
    parts.iter().fold(0, |sum, part| sum.saturating_add(part.len()))
}
