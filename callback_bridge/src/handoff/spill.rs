//! What a producer does where there is no room and it may allocate: it goes on in a chunk.
//!
//! The stream leads from the ring into a chunk, from there perhaps into further ones, and back into
//! the ring. The consumer follows the links, so no block can overtake another.

use std::ptr::NonNull;

use super::careful::count;
use super::fault::{Fault, fault};
use super::lane::Loss;
use super::memory::{LINK, Segment, granule, reserve};
use super::producer::{Producer, PushError};
use crate::sync::Ordering;

/// Where the producer is while it is outside of the ring.
#[derive(Debug)]
pub(super) struct Spill<T> {
    /// Where the chunk ends that blocks go into. The chunk belongs to the consumer from the moment
    /// on at which the link to it is published.
    chunk: Option<(NonNull<Segment<T>>, u64)>,
    /// Where the ring was left: once the consumer has let go of all before, the ring is empty.
    left_at: u64,
    /// All that ever went into chunks.
    total: Loss,
    /// The same, as the limit counts it.
    taken: u64,
}

/// What a block takes of the limit: its items, but an empty one takes memory, too.
pub(super) fn spilled(items: usize) -> u64 {
    items.max(1) as u64
}

impl<T> Default for Spill<T> {
    fn default() -> Spill<T> {
        Spill { chunk: None, left_at: 0, total: Loss::default(), taken: 0 }
    }
}

impl<T> Spill<T> {
    pub(super) fn active(&self) -> bool {
        self.chunk.is_some()
    }
}

impl<T: Copy + Send> Producer<T> {
    /// Outside of the ring, or about to leave it: all blocks come here until the ring is empty.
    ///
    /// Full: so many items, `limit`, lie in chunks that it would be too many with these.
    pub(super) fn push_spilling(
        &mut self,
        parts: &[&[T]],
        size: u64,
        limit: u64,
    ) -> Result<(), PushError> {
        let items = count(parts);
        let needed = self.untold_size() + size + reserve::<T>();
        if let Some((_, end)) = self.spill.chunk {
            // Acquire: pairs with the consumer's Release; what it let go of may be written to.
            let low = self.lane.released.0.low.load(Ordering::Acquire);
            let ring_empty = low >= self.spill.left_at || fault(Fault::SpillBackEarly);
            let caught_up = low == self.position || fault(Fault::SpillBackEarly);
            if ring_empty && (caught_up || self.position + needed > end) {
                return self.return_to_ring(parts);
            }
        }
        // Acquire: pairs with the consumer's Release, which comes after it has let go of them.
        let gone = self.lane.released.0.spilled_items.load(Ordering::Acquire);
        let lying = self.spill.taken - gone;
        if lying + spilled(items) > limit || !self.reach_chunk(needed) {
            return Err(PushError::Full);
        }
        self.spill.taken += spilled(items);
        self.spill.total = self.spill.total.and(Loss::block(items));
        self.lane.published.0.spilled.set(self.spill.total);
        self.write(parts, self.position)
    }

    /// The ring is empty: it goes on there, at the beginning of a lap.
    fn return_to_ring(&mut self, parts: &[&[T]]) -> Result<(), PushError> {
        let ring = self.lane.ring.size();
        let at = self.position - self.position % ring + ring;
        self.spill.chunk = None;
        self.since = at;
        self.set_limit(at + ring - reserve::<T>());
        self.write(parts, at)
    }

    /// Sees to it that the chunk has room for `needed` bytes. False if there is no memory.
    fn reach_chunk(&mut self, needed: u64) -> bool {
        if self.spill.chunk.is_some_and(|(_, end)| self.position + needed <= end) {
            return true;
        }
        let usual = self.lane.ring.size() / 4;
        let size = u64::max(needed, usual).next_multiple_of(granule::<T>());
        let Some(segment) = Segment::new(size, self.lane.options.before()) else { return false };
        let chunk = NonNull::from(Box::leak(Box::new(segment)));
        // SAFETY: the reserve behind the last block is free, in the ring and in a chunk.
        unsafe { self.window.put_word(self.position, LINK) };
        // SAFETY: as above.
        unsafe { self.window.put_chunk(self.position + granule::<T>(), chunk) };
        self.position += 2 * granule::<T>();
        if self.spill.chunk.is_none() {
            self.spill.left_at = self.position;
        }
        // SAFETY: it lives at least until the consumer has read all that we publish in it.
        self.window = unsafe { chunk.as_ref() }.window(self.position);
        self.spill.chunk = Some((chunk, self.position + size));
        true
    }
}
