//! What a producer does where there is no room: wait for it, or make it.

use super::cursor::{Cursor, Record};
use super::fault::{Fault, fault};
use super::lane::{ASLEEP, CLAIMED, CLOSED, Loss, PARITY};
use super::memory::reserve;
use super::producer::Producer;
use crate::looks::{LOOKS, pause};
use crate::sync::{Ordering, hint};

/// How often a producer looks again while the consumer is taking the oldest block. That takes the
/// consumer a few instructions, unless it was interrupted in between; then the newest is dropped.
const PATIENCE: usize = if cfg!(loom) { 1 } else { 64 };

impl<T: Copy + Send> Producer<T> {
    /// There is no room: counts how full it is, and wakes a consumer that waits for more blocks
    /// than fit.
    pub(super) fn note_full(&self) {
        let (published, released) = (&self.lane.published.0, &self.lane.released.0);
        let used = self.position - u64::min(self.position, released.low.load(Ordering::Relaxed));
        let used = u64::min(used, self.lane.ring.size());
        published
            .high_water
            .store(u64::max(used, published.high_water.load(Ordering::Relaxed)), Ordering::Relaxed);
        if self.lane.seldom.0.attention.load(Ordering::Relaxed) & ASLEEP != 0 {
            self.lane.signal.wake();
        }
    }

    /// Waits until there is room for `size` bytes or the channel is closed.
    pub(super) fn wait_for_room(&self, size: u64) {
        let seldom = &self.lane.seldom.0;
        // A consumer that is awake makes room before the system could put us to sleep.
        for look in 0..LOOKS {
            if seldom.attention.load(Ordering::Relaxed) & (ASLEEP | CLOSED) != 0 {
                break;
            }
            if self.place(size).is_some() {
                return;
            }
            pause(look);
        }
        loop {
            seldom.waiting.store(1, Ordering::Relaxed);
            // The consumer releases, fences, and looks at `waiting`: one of us sees the other.
            if !fault(Fault::WaitWithoutFence) {
                self.lane.fence.heavy();
            }
            let closed = || seldom.attention.load(Ordering::Relaxed) & CLOSED != 0;
            if !fault(Fault::WaitWithoutLook) && (closed() || self.place(size).is_some()) {
                seldom.waiting.store(0, Ordering::Relaxed);
                return;
            }
            self.lane.room.park(None);
            if self.place(size).is_some() {
                return;
            }
        }
    }

    /// Where a block of `size` bytes may go in a ring of which the consumer may hold blocks in the
    /// middle, and up to where blocks may go then. `head` is where the oldest block begins that
    /// nobody took.
    pub(super) fn place_around_held(&self, size: u64, head: u64) -> Option<(u64, u64)> {
        let (ring, reserve) = (self.lane.ring.size(), reserve::<T>());
        // Acquire: pair with the consumer's Release of each. What it holds below `head` lies
        // between them, for it was taken before `head` was read, and `high` is read first: if the
        // consumer let go of it since, and took another, that one lies above `head`.
        let high = self.lane.released.0.high.load(Ordering::Acquire);
        let low = self.lane.released.0.low.load(Ordering::Acquire);
        let held = if fault(Fault::DropForgetsHeld) { 0 } else { high.saturating_sub(low) };
        if held + reserve >= ring {
            return None;
        }
        let ready_end = head + ring;
        let (mut at, mut lap_end) = (self.position, self.lap_end);
        loop {
            let told_first = if at == self.position { self.untold_size() } else { 0 };
            let end = at + told_first + size + reserve;
            if end > ready_end {
                return None;
            }
            // Where the held bytes lie in the lap that begins at `at`.
            let (mut held_begin, mut held_end) = (u64::MAX, u64::MAX);
            if held > 0 {
                let laps = if at < high { 0 } else { (at - high) / ring + 1 };
                (held_begin, held_end) = (low + laps * ring, high + laps * ring);
            }
            if end <= u64::min(lap_end, held_begin) {
                let free_end = u64::min(u64::min(lap_end, held_begin), ready_end);
                return Some((at, free_end - reserve));
            }
            // What is held is skipped, or the rest of the lap is.
            at = if held_begin < lap_end { held_end } else { lap_end };
            if at >= lap_end {
                lap_end = at - at % ring + ring;
            }
        }
    }

    /// Drops the oldest block that nobody took. False if there is none, if dropping all of them
    /// would not make room for `size` bytes, or if the consumer is taking the oldest one now.
    pub(super) fn drop_oldest(&mut self, size: u64) -> bool {
        if self.place_around_held(size, self.position).is_none() {
            return false;
        }
        for _ in 0..PATIENCE {
            // Acquire: pairs with the consumer's Release, so what it holds is seen.
            let head = self.lane.head.0.load(Ordering::Acquire);
            if head & CLAIMED != 0 && !fault(Fault::DropWithoutAsking) {
                hint::spin_loop();
                continue;
            }
            let from = head & !(CLAIMED | PARITY);
            if from == self.position {
                return false;
            }
            let (next, block, told) = self.oldest(from);
            // The consumer reads the one that belongs to the present head, so this one is ours.
            let parity = (head & PARITY) ^ PARITY;
            self.lane.lost[usize::from(parity != 0)].set(self.told_oldest.and(told));
            let to = next | parity;
            // Release: the consumer that sees this head sees what was lost. Relaxed where it
            // failed: it is loaded again.
            let moved =
                self.lane.head.0.compare_exchange(head, to, Ordering::AcqRel, Ordering::Relaxed);
            if fault(Fault::DropWithoutAsking) {
                self.lane.head.0.store(to, Ordering::Release);
            }
            if moved.is_ok() {
                self.told_oldest = self.told_oldest.and(told);
                self.dropped = self.dropped.and(block);
                self.dropped_oldest = self.dropped_oldest.and(block);
                self.lane.published.0.dropped.set(self.dropped);
                return true;
            }
        }
        false
    }

    /// The record after the oldest block, what that block is, and what is lost with it: it and
    /// what it would have told.
    fn oldest(&self, from: u64) -> (u64, Loss, Loss) {
        let ring = &self.lane.ring;
        let window = ring.window(from - from % ring.size());
        let mut cursor = Cursor { position: from, window, chunk: None };
        let mut told = Loss::default();
        loop {
            // SAFETY: between the head and the tail there is a block, which only we write to.
            match unsafe { cursor.next(ring) } {
                Record::Block { items, .. } => {
                    let block = Loss::block(items);
                    return (cursor.position, block, told.and(block));
                }
                Record::Lost(loss) => told = told.and(loss),
                Record::Moved(_) => {}
            }
        }
    }
}
