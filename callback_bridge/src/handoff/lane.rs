//! What one producer and the consumer share: a ring, and the words that say how far each is.

use super::cursor::{Cursor, Record};
use super::fault::{Fault, fault};
use super::memory::Segment;
use super::options::Options;
use super::parker::Parker;
use super::signal::Signal;
use crate::fence::Fence;
use crate::sync::{Arc, AtomicBool, AtomicU32, AtomicU64, Ordering, UnsafeCell};

/// In [`Lane::attention`]: the producer has to fence for itself.
pub(super) const FENCE: u32 = 1;
/// In [`Lane::attention`]: the consumer sleeps, or is about to.
pub(super) const ASLEEP: u32 = 2;
/// In [`Lane::attention`]: no block is accepted any more.
pub(super) const CLOSED: u32 = 4;
/// In [`Lane::attention`]: the consumer is gone, and [`Lane::left`] is written.
pub(super) const GONE: u32 = 8;

/// In [`Lane::head`]: the consumer is taking the block there.
pub(super) const CLAIMED: u64 = 1;
/// In [`Lane::head`]: which of the two [`Lane::lost`] belongs to this head.
pub(super) const PARITY: u64 = 2;

/// Two cache lines: x86 fetches them in pairs.
#[derive(Debug)]
#[repr(align(128))]
pub(super) struct Line<V>(pub(super) V);

/// Losses: how many blocks, and how many items they had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    pub(super) blocks: u64,
    pub(super) items: u64,
}

impl Loss {
    #[inline(always)]
    pub(super) fn and(self, other: Loss) -> Loss {
        // Items that take no room can be more than a number holds.
        Loss { blocks: self.blocks + other.blocks, items: self.items.saturating_add(other.items) }
    }

    /// One block of so many items.
    #[inline(always)]
    pub(super) fn block(items: usize) -> Loss {
        Loss { blocks: 1, items: items as u64 }
    }
}

/// Two counters that one side alone writes.
#[derive(Debug)]
pub(super) struct Count {
    blocks: AtomicU64,
    items: AtomicU64,
}

impl Count {
    fn new() -> Count {
        Count { blocks: AtomicU64::new(0), items: AtomicU64::new(0) }
    }

    #[inline(always)]
    pub(super) fn set(&self, to: Loss) {
        self.blocks.store(to.blocks, Ordering::Relaxed);
        self.items.store(to.items, Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> Loss {
        Loss {
            blocks: self.blocks.load(Ordering::Relaxed),
            items: self.items.load(Ordering::Relaxed),
        }
    }
}

/// What the producer writes.
#[derive(Debug)]
pub(super) struct Published {
    /// Up to here, records may be read. Release; pairs with the consumer's Acquire.
    pub(super) tail: AtomicU64,
    pub(super) dropped: Count,
    pub(super) spilled: Count,
    /// Bytes of the ring that were in use when a producer found no room.
    pub(super) high_water: AtomicU64,
}

/// What the consumer writes.
#[derive(Debug)]
pub(super) struct Released {
    /// Below this position nothing is read any more. Release; pairs with the producer's Acquire.
    pub(super) low: AtomicU64,
    /// Where the last taken block ended; `low..high` is held. Only `DropOldest` needs it.
    pub(super) high: AtomicU64,
    pub(super) delivered: Count,
    /// How many spilled items the consumer is done with. Release; pairs with Acquire.
    pub(super) spilled_items: AtomicU64,
    /// Bytes of the ring that were in use when the consumer looked.
    pub(super) high_water: AtomicU64,
}

/// What both read often and each writes seldom: on a line of its own, or each block would take it
/// from the other side's cache.
#[derive(Debug)]
pub(super) struct Seldom {
    /// The consumer's: `FENCE`, `ASLEEP`, `CLOSED`, `GONE`. Most of the time 0; each push looks.
    pub(super) attention: AtomicU32,
    /// The producer waits for room. Between the heavy fence there and the consumer's light one.
    pub(super) waiting: AtomicU32,
    /// The producer is gone: after `tail` nothing comes. Release; pairs with the consumer's Acquire.
    pub(super) ended: AtomicBool,
}

#[derive(Debug)]
pub(super) struct Lane<T: Copy> {
    pub(super) published: Line<Published>,
    /// Where the oldest block begins that nobody took, with `CLAIMED` and `PARITY`. Only
    /// `DropOldest` uses it: the producer moves it to drop, the consumer to take.
    pub(super) head: Line<AtomicU64>,
    pub(super) released: Line<Released>,
    pub(super) seldom: Line<Seldom>,
    /// All that `DropOldest` ever dropped, told through the one that `PARITY` names: the other one
    /// is the producer's to prepare.
    pub(super) lost: [Count; 2],
    pub(super) ring: Segment<T>,
    pub(super) options: Options,
    pub(super) fence: Fence,
    pub(super) signal: Arc<Signal>,
    /// Where the producer waits for room.
    pub(super) room: Parker,
    /// Where the consumer stopped reading: written by it before `GONE`, read after it.
    left: UnsafeCell<Option<Cursor<T>>>,
}

// SAFETY: the ring's memory is handed over by `tail` (to the consumer) and by `low` and `head` (to
// the producer); `left` by `GONE`. Items are copied on one thread and read on another: `T: Send`.
unsafe impl<T: Copy + Send> Send for Lane<T> {}
// SAFETY: as above.
unsafe impl<T: Copy + Send> Sync for Lane<T> {}

impl<T: Copy> Lane<T> {
    pub(super) fn new(options: Options, signal: Arc<Signal>) -> Lane<T> {
        let fence = if options.portable_fence { Fence::BothSides } else { Fence::best() };
        let attention = if fence == Fence::BothSides && options.wakes() { FENCE } else { 0 };
        Lane {
            published: Line(Published {
                tail: AtomicU64::new(0),
                dropped: Count::new(),
                spilled: Count::new(),
                high_water: AtomicU64::new(0),
            }),
            head: Line(AtomicU64::new(0)),
            released: Line(Released {
                low: AtomicU64::new(0),
                high: AtomicU64::new(0),
                delivered: Count::new(),
                spilled_items: AtomicU64::new(0),
                high_water: AtomicU64::new(0),
            }),
            seldom: Line(Seldom {
                attention: AtomicU32::new(attention),
                waiting: AtomicU32::new(0),
                ended: AtomicBool::new(false),
            }),
            lost: [Count::new(), Count::new()],
            ring: Segment::new(options.ring_size::<T>(), options.before())
                .expect("memory for the ring"),
            fence,
            options,
            signal,
            room: Parker::new(),
            left: UnsafeCell::new(None),
        }
    }

    /// The consumer's: sets and clears bits of the word that only it writes.
    pub(super) fn attend(&self, set: u32, clear: u32) {
        let attention = &self.seldom.0.attention;
        // Release: what was written before `GONE` is seen by whoever sees `GONE`.
        attention.store(attention.load(Ordering::Relaxed) & !clear | set, Ordering::Release);
    }

    /// The consumer's: lets go of everything below `low`, and tells a producer that waits for room.
    #[inline]
    pub(super) fn release(&self, low: u64) {
        // Release: the reads of the items come before the producer's next writes to their place.
        self.released.0.low.store(low, Ordering::Release);
        self.wake_producer();
    }

    /// The consumer's, after it made room or closed.
    #[inline]
    pub(super) fn wake_producer(&self) {
        if !self.options.waits() {
            return;
        }
        let closed = || self.seldom.0.attention.load(Ordering::Relaxed) & CLOSED != 0;
        if fault(Fault::CloseWithoutWake) && closed() {
            return;
        }
        // The producer says that it waits, fences, and looks for room again: one of us sees.
        if !fault(Fault::ReleaseWithoutFence) {
            self.fence.light();
        }
        let waiting = &self.seldom.0.waiting;
        if waiting.load(Ordering::Relaxed) != 0 && waiting.swap(0, Ordering::Relaxed) != 0 {
            self.room.unpark();
        }
    }

    /// The consumer's last word: where it stopped reading.
    pub(super) fn leave(&self, cursor: Cursor<T>) {
        if fault(Fault::GoneBeforeLeft) {
            self.attend(CLOSED | GONE, ASLEEP);
        }
        self.left.with_mut(|left| {
            // SAFETY: before `GONE` only the consumer touches it.
            unsafe { left.write(Some(cursor)) };
        });
        self.attend(CLOSED | GONE, ASLEEP);
        self.wake_producer();
    }

    /// The producer's, after it saw `GONE`: what was published and never taken; and of that the
    /// last block.
    pub(super) fn left_over(&self) -> (Loss, Loss) {
        let (mut loss, mut last) = (Loss::default(), Loss::default());
        let Some(mut cursor) = self.left.with(|left| {
            // SAFETY: `GONE` was seen, so the consumer has written it and is gone.
            unsafe { *left }
        }) else {
            return (loss, last);
        };
        let tail = self.published.0.tail.load(Ordering::Relaxed);
        while cursor.position != tail {
            // SAFETY: below `tail` all is written, and nobody reads or frees it but us.
            match unsafe { cursor.next(&self.ring) } {
                Record::Block { items, .. } => {
                    last = Loss::block(items);
                    loss = loss.and(last);
                }
                // These were counted when they were lost.
                Record::Lost(_) | Record::Moved(_) => {}
            }
        }
        (loss, last)
    }
}

impl<T: Copy> Drop for Lane<T> {
    /// Frees the chunks that the consumer never came to.
    fn drop(&mut self) {
        // SAFETY: nobody else has the lane any more.
        let left = self.left.with(|left| unsafe { *left });
        let Some(mut cursor) = left else { return };
        let tail = self.published.0.tail.load(Ordering::Relaxed);
        let mut chunk = cursor.chunk;
        while cursor.position != tail {
            // SAFETY: below `tail` all is written, and each chunk is freed after it was left.
            if let Record::Moved(Some(left)) = unsafe { cursor.next(&self.ring) } {
                // SAFETY: it came from a Box, and the cursor has left it.
                drop(unsafe { Box::from_raw(left.as_ptr()) });
            }
            chunk = cursor.chunk;
        }
        if let Some(chunk) = chunk {
            // SAFETY: it came from a Box; the last one, in which the stream ends.
            drop(unsafe { Box::from_raw(chunk.as_ptr()) });
        }
    }
}
