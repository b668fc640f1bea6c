//! What both sides counted.

use super::lane::Lane;
use crate::sync::Ordering;

/// What both sides of one producer's ring counted up to now. Each number is exact for the side that
/// counts it; read from another thread, it may be a moment old.
///
/// ```
/// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
/// producer.push(&[1, 2, 3])?;
/// drop(consumer.recv()?);
/// let stats = producer.stats();
/// assert_eq!((stats.delivered_blocks, stats.delivered_items), (1, 3));
/// assert_eq!(stats, consumer.stats());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Blocks that the consumer got.
    pub delivered_blocks: u64,
    /// Items that the consumer got.
    pub delivered_items: u64,
    /// Blocks that were dropped: refused by `push`, dropped as the oldest, or never taken by a
    /// consumer that is gone (these once the producer has seen that it is).
    pub dropped_blocks: u64,
    /// Items that were dropped.
    pub dropped_items: u64,
    /// Blocks that went into chunks outside of the ring.
    pub spilled_blocks: u64,
    /// Items that went into chunks outside of the ring.
    pub spilled_items: u64,
    /// How often a producer woke the consumer; all producers of the consumer together.
    pub wake_ups: u64,
    /// The most bytes of the ring that were in use, as seen by the consumer whenever it looked
    /// for new blocks, and by the producer whenever it found no room.
    pub high_water: u64,
    /// The size of the ring, in bytes: the blocks, a word before each, and what is kept free.
    pub capacity: u64,
}

impl Stats {
    pub(super) fn of<T: Copy>(lane: &Lane<T>) -> Stats {
        let (published, released) = (&lane.published.0, &lane.released.0);
        let delivered = released.delivered.get();
        let dropped = published.dropped.get();
        let spilled = published.spilled.get();
        let high_waters = [&published.high_water, &released.high_water];
        let [full, seen] = high_waters.map(|bytes| bytes.load(Ordering::Relaxed));
        Stats {
            delivered_blocks: delivered.blocks,
            delivered_items: delivered.items,
            dropped_blocks: dropped.blocks,
            dropped_items: dropped.items,
            spilled_blocks: spilled.blocks,
            spilled_items: spilled.items,
            wake_ups: lane.signal.wake_ups(),
            high_water: u64::max(full, seen),
            capacity: lane.ring.size(),
        }
    }

    /// The sum of two; the wake-ups, which are common to all producers, count once.
    pub(super) fn and(self, other: Stats) -> Stats {
        Stats {
            delivered_blocks: self.delivered_blocks + other.delivered_blocks,
            delivered_items: self.delivered_items + other.delivered_items,
            dropped_blocks: self.dropped_blocks + other.dropped_blocks,
            // Items that take no room can be more than a number holds.
            dropped_items: self.dropped_items.saturating_add(other.dropped_items),
            spilled_blocks: self.spilled_blocks + other.spilled_blocks,
            spilled_items: self.spilled_items + other.spilled_items,
            wake_ups: u64::max(self.wake_ups, other.wake_ups),
            high_water: self.high_water + other.high_water,
            capacity: self.capacity + other.capacity,
        }
    }
}
