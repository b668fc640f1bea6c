//! The consumer's view of one producer's lane: taking blocks from it, and giving them back.

use std::ptr::{self, NonNull};

use super::cursor::{Cursor, Record};
use super::fault::{Fault, fault};
use super::lane::{CLAIMED, Lane, Loss, PARITY};
use super::memory::{Segment, prefetch};
use super::options::Overflow;
use super::spill::spilled;
use super::stats::Stats;
use crate::sync::{Arc, Ordering, hint};

/// What is known of a block besides its items.
#[derive(Clone, Copy, Debug)]
pub(super) struct Facts {
    pub(super) sequence: u64,
    pub(super) lost: Loss,
    pub(super) nanoseconds: Option<u64>,
    pub(super) producer: usize,
}

/// A block that was taken: its place stays untouched until it is released.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken<T> {
    pub(super) at: *const T,
    pub(super) items: usize,
    pub(super) facts: Facts,
    /// Which of the consumer's sides it came from.
    pub(super) side: usize,
    /// Where the block's record begins and ends.
    start: u64,
    end: u64,
    spilled: bool,
}

#[derive(Debug)]
pub(super) struct Side<T: Copy> {
    pub(super) lane: Arc<Lane<T>>,
    pub(super) producer: usize,
    cursor: Cursor<T>,
    /// The tail when it was last looked at: up to there, records can be read.
    seen: u64,
    /// Whether the producer may drop what we did not take yet.
    contended: bool,
    /// What the producer had dropped as the oldest when it last told us.
    told_oldest: Loss,
    next_sequence: u64,
    delivered: Loss,
    /// How many blocks of this side are held, and how many items of those lie in chunks.
    held: usize,
    held_spilled: u64,
    /// How many items lay in chunks that were given back.
    spilled_items: u64,
    /// Chunks that were left, and where; blocks before that may be held.
    left: Vec<(NonNull<Segment<T>>, u64)>,
}

impl<T: Copy> Side<T> {
    pub(super) fn new(lane: Arc<Lane<T>>, producer: usize) -> Side<T> {
        Side {
            producer,
            cursor: Cursor::new(&lane.ring),
            seen: 0,
            contended: lane.options.overflow == Overflow::DropOldest,
            told_oldest: Loss::default(),
            next_sequence: 0,
            delivered: Loss::default(),
            held: 0,
            held_spilled: 0,
            spilled_items: 0,
            left: Vec::new(),
            lane,
        }
    }

    /// Whether a block lies ready.
    pub(super) fn ready(&self) -> bool {
        let next = if self.contended {
            // Acquire: pairs with the producer's Release; `tail` is then at least there.
            self.lane.head.0.load(Ordering::Acquire) & !(CLAIMED | PARITY)
        } else {
            self.cursor.position
        };
        // Acquire: pairs with the producer's Release.
        self.lane.published.0.tail.load(Ordering::Acquire) != next
    }

    /// Whether no block lies ready and none will come.
    pub(super) fn finished(&self) -> bool {
        // Acquire: pairs with the producer's Release, after its last block.
        self.lane.seldom.0.ended.load(Ordering::Acquire) && !self.ready()
    }

    /// Takes the next block, if there is one, and writes down in `taken` what it is: in place,
    /// for copying it costs more than reading it.
    #[inline(always)]
    pub(super) fn take(&mut self, taken: &mut Taken<T>) -> bool {
        if self.contended {
            return match self.claim() {
                Some(claimed) => {
                    *taken = Taken { side: taken.side, ..claimed };
                    true
                }
                None => false,
            };
        }
        if self.cursor.position == self.seen && !self.look() {
            return false;
        }
        self.read(taken);
        true
    }

    /// Takes the blocks that are ready now, at most `most`, and shows each to `visit`. How many.
    #[inline(always)]
    pub(super) fn take_ready(
        &mut self,
        most: usize,
        side: usize,
        mut visit: impl FnMut(&Taken<T>),
    ) -> usize {
        // Acquire: pairs with the producer's Release. What is published from here on waits for the
        // next time: to follow the producer block by block would take its line from it each time.
        let end = self.lane.published.0.tail.load(Ordering::Acquire);
        let mut count = 0;
        let mut taken = Taken { side, ..Taken::NOTHING };
        while count < most && self.cursor.position < end && self.take(&mut taken) {
            prefetch(taken.at, taken.items, end.saturating_sub(taken.end));
            if fault(Fault::DrainGivesBackFirst) {
                self.release_all();
            }
            visit(&taken);
            self.trace(&taken);
            count += 1;
        }
        count
    }

    /// Looks whether something new was published.
    #[inline]
    fn look(&mut self) -> bool {
        // Acquire: pairs with the producer's Release; what lies below may be read.
        let tail = self.lane.published.0.tail.load(Ordering::Acquire);
        if tail == self.seen {
            return false;
        }
        self.seen = tail;
        self.note_used(tail);
        true
    }

    fn note_used(&self, tail: u64) {
        let released = &self.lane.released.0;
        let used = tail - released.low.load(Ordering::Relaxed);
        let used = u64::min(used, self.lane.ring.size());
        if used > released.high_water.load(Ordering::Relaxed) {
            released.high_water.store(used, Ordering::Relaxed);
        }
    }

    /// Reads up to the end of the next block, which is there.
    #[inline(always)]
    fn read(&mut self, taken: &mut Taken<T>) {
        let mut lost = Loss::default();
        loop {
            taken.start = self.cursor.position;
            // SAFETY: the tail is published only behind a block, so up to it there is one; and
            // nobody writes there before we release it.
            match unsafe { self.cursor.next(&self.lane.ring) } {
                Record::Block { at, items, nanoseconds } => {
                    let sequence = self.next_sequence + lost.blocks;
                    self.next_sequence = sequence + 1;
                    self.held += 1;
                    self.delivered.blocks += 1;
                    self.delivered.items += items as u64;
                    self.lane.released.0.delivered.set(self.delivered);
                    taken.at = at;
                    taken.items = items;
                    taken.facts = Facts { sequence, lost, nanoseconds, producer: self.producer };
                    taken.end = self.cursor.position;
                    taken.spilled = self.cursor.chunk.is_some();
                    self.held_spilled += taken.spilled_items();
                    return;
                }
                Record::Lost(loss) => lost = lost.and(loss),
                Record::Moved(chunk) => self.move_on(chunk, taken.start),
            }
        }
    }

    /// The stream left a chunk at `end`, if it was in one.
    #[cold]
    #[inline(never)]
    fn move_on(&mut self, chunk: Option<NonNull<Segment<T>>>, end: u64) {
        self.left.extend(chunk.map(|chunk| (chunk, end)));
    }

    /// Takes the oldest block, unless the producer drops it first; then the next oldest.
    #[inline(never)]
    fn claim(&mut self) -> Option<Taken<T>> {
        let released = &self.lane.released.0;
        let mut head;
        loop {
            // Acquire: pairs with the producer's Release, so the tail is not before the head.
            head = self.lane.head.0.load(Ordering::Acquire);
            // Acquire: pairs with the producer's Release.
            let tail = self.lane.published.0.tail.load(Ordering::Acquire);
            if head & !PARITY == tail {
                return None;
            }
            // Acquire: pairs with the Release with which the producer moved the head; what was
            // dropped before this one is seen.
            let claimed = self.lane.head.0.compare_exchange(
                head,
                head | CLAIMED,
                Ordering::Acquire,
                Ordering::Relaxed,
            );
            if claimed.is_ok() {
                self.note_used(tail.max(released.low.load(Ordering::Relaxed)));
                break;
            }
            hint::spin_loop();
        }
        // While it is claimed, the producer neither moves the head nor writes to this count.
        let told = self.lane.lost[usize::from(head & PARITY != 0)].get();
        let from = head & !PARITY;
        let ring = self.lane.ring.size();
        self.cursor.position = from;
        self.cursor.window = self.lane.ring.window(from - from % ring);
        let alone = self.held == 0;
        let mut taken = Taken::NOTHING;
        self.read(&mut taken);
        let lost = Loss {
            blocks: told.blocks - self.told_oldest.blocks,
            items: told.items - self.told_oldest.items,
        };
        self.told_oldest = told;
        taken.facts.lost = taken.facts.lost.and(lost);
        taken.facts.sequence += lost.blocks;
        self.next_sequence += lost.blocks;
        let released = &self.lane.released.0;
        if alone {
            // Release, as whenever we let go: all below was read.
            released.low.store(taken.start, Ordering::Release);
        }
        // Release: who sees this sees `low`. The block is held from here on, before the head says
        // that it is taken.
        released.high.store(taken.end, Ordering::Release);
        // Release: pairs with the producer's Acquire.
        self.lane.head.0.store(taken.end | head & PARITY, Ordering::Release);
        Some(taken)
    }

    /// Gives back the one block that is held.
    #[inline]
    pub(super) fn release(&mut self, taken: &Taken<T>) {
        self.held -= 1;
        self.trace(taken);
        self.give_back(taken.end, taken.spilled_items());
    }

    /// Gives back one of several blocks that are held. `first` is the oldest one that still is.
    pub(super) fn release_one(&mut self, taken: &Taken<T>, first: Option<&Taken<T>>) {
        self.held -= 1;
        self.trace(taken);
        let low = first.map_or(self.cursor.position, |first| first.start);
        self.give_back(low, taken.spilled_items());
    }

    /// Gives back all blocks that are held.
    #[inline]
    pub(super) fn release_all(&mut self) {
        if self.held > 0 {
            self.held = 0;
            self.give_back(self.cursor.position, self.held_spilled);
        }
    }

    #[inline]
    fn give_back(&mut self, low: u64, spilled: u64) {
        if spilled > 0 || !self.left.is_empty() {
            self.give_back_spilled(spilled);
        }
        self.lane.release(low);
    }

    #[cold]
    fn give_back_spilled(&mut self, spilled: u64) {
        self.held_spilled -= spilled;
        self.spilled_items += spilled;
        // Release: we are done with them.
        self.lane.released.0.spilled_items.store(self.spilled_items, Ordering::Release);
        // What was given back before: the new `low` as an argument would cost each block of a ring.
        let low = self.lane.released.0.low.load(Ordering::Relaxed);
        self.free_left(if self.held == 0 { u64::MAX } else { low });
    }

    /// Frees the chunks that were left, but for those with blocks from `low` on.
    fn free_left(&mut self, low: u64) {
        self.left.retain(|&(chunk, end)| {
            if end <= low {
                // SAFETY: it came from a Box; the stream has left it, and no block in it is held.
                drop(unsafe { Box::from_raw(chunk.as_ptr()) });
            }
            end > low
        });
    }

    /// Tells a model that the block was read up to now.
    #[cfg(loom)]
    fn trace(&self, taken: &Taken<T>) {
        if !taken.spilled {
            let lap = taken.start - taken.start % self.lane.ring.size();
            self.lane.ring.window(lap).trace(taken.start, taken.end);
        }
    }

    #[cfg(not(loom))]
    #[inline(always)]
    fn trace(&self, _taken: &Taken<T>) {}

    /// Stops reading: what is ready now is lost.
    pub(super) fn leave(&mut self) {
        self.free_left(u64::MAX);
        if self.contended {
            // It stays claimed: from here on the producer drops nothing as the oldest, for that is
            // counted as left over.
            // Acquire: pairs with the producer's Release.
            let head = self.lane.head.0.fetch_or(CLAIMED, Ordering::Acquire);
            let head = head & !(CLAIMED | PARITY);
            self.cursor.position = head;
            self.cursor.window = self.lane.ring.window(head - head % self.lane.ring.size());
        }
        self.lane.leave(self.cursor);
    }

    pub(super) fn stats(&self) -> Stats {
        Stats::of(&self.lane)
    }
}

impl<T> Taken<T> {
    /// No block.
    pub(super) const NOTHING: Taken<T> = Taken {
        at: ptr::dangling(),
        items: 0,
        facts: Facts {
            sequence: 0,
            lost: Loss { blocks: 0, items: 0 },
            nanoseconds: None,
            producer: 0,
        },
        side: 0,
        start: 0,
        end: 0,
        spilled: false,
    };

    /// What it takes of the limit of items that may lie in chunks.
    pub(super) fn spilled_items(&self) -> u64 {
        if self.spilled { spilled(self.items) } else { 0 }
    }
}
