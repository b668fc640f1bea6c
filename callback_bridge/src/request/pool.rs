//! Where slots come from: chunks that are never given back, found by index from any handle.
//!
//! A list of free slots for each class of size. The lists are stacks: the slot that was freed last
//! is used first, while it is in the cache. Whoever takes the head looks into a slot that another
//! thread may be taking at the same time; as slots are never unmapped that is no harm, and the tag
//! in the head, which changes whenever a slot is taken, makes the exchange fail. Before the list of
//! all, each thread looks at the few slots that it has kept ([`super::cache`]).

use std::mem::MaybeUninit;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64 as Counter;

#[cfg(not(loom))]
use super::cache;
use super::fault::{self, Fault};
use super::slot::{INDEX_BITS, INDEX_MASK, Inside, Slot};
use super::{Exhausted, Reason, Stats};
use crate::sync::{AtomicPtr, AtomicU64, AtomicUsize, Mutex, Ordering};

/// Slots of a chunk. Small in a model, so that it is soon used up.
const CHUNK: usize = if cfg!(loom) { 2 } else { 64 };
/// One chunk less than indices would allow: the last index says "none".
const CHUNKS: usize = if cfg!(loom) { 2 } else { (1 << INDEX_BITS) / CHUNK - 1 };
/// No slot, in a head or a link.
const NONE: u64 = INDEX_MASK as u64;
/// One step of the tag in a head.
const TAG: u64 = 1 << INDEX_BITS;

/// What fits into a slot of each class, in bytes, and how it may be aligned. The places of the first
/// class lie in the slots themselves: then one cache line carries the state and the answer.
pub(super) const CLASSES: [(usize, usize); 4] = [
    (size_of::<Inside>(), align_of::<Inside>()),
    (64, ALIGNMENT),
    (512, ALIGNMENT),
    (4096, ALIGNMENT),
];
const ALIGNMENT: usize = 64;

/// The first class whose places have room.
pub(super) const fn class_for(size: usize, align: usize) -> Option<usize> {
    let mut class = 0;
    while class < CLASSES.len() {
        if size <= CLASSES[class].0 && align <= CLASSES[class].1 {
            return Some(class);
        }
        class += 1;
    }
    None
}

#[repr(align(64))]
struct Place<const SIZE: usize>([MaybeUninit<u8>; SIZE]);

const _: () = assert!(align_of::<Place<1>>() == ALIGNMENT);

/// One allocation: the slots, and behind them their places. In this order, so that the table points
/// to its beginning and a leak checker finds it.
#[repr(C)]
struct Chunk<const SIZE: usize> {
    slots: [MaybeUninit<Slot>; CHUNK],
    places: [Place<SIZE>; CHUNK],
}

/// All slots of the process.
pub(super) struct Pools {
    chunks: [AtomicPtr<Slot>; CHUNKS],
    free: [AtomicU64; CLASSES.len()],
    /// How many chunks there are. Relaxed everywhere: it changes under the lock alone.
    chunks_made: AtomicUsize,
    /// Held while a chunk is made.
    growth: Mutex<()>,
    counters: Counters,
}

/// They say nothing about any other memory, so no model needs to see them.
struct Counters {
    late: Counter,
    forged: Counter,
    other_type: Counter,
    retired: Counter,
    panicked_wakers: Counter,
}

impl Counters {
    const fn new() -> Counters {
        Counters {
            late: Counter::new(0),
            forged: Counter::new(0),
            other_type: Counter::new(0),
            retired: Counter::new(0),
            panicked_wakers: Counter::new(0),
        }
    }
}

#[cfg(not(loom))]
#[inline]
pub(super) fn pools() -> &'static Pools {
    static POOLS: Pools = Pools {
        chunks: [const { AtomicPtr::new(std::ptr::null_mut()) }; CHUNKS],
        free: [const { AtomicU64::new(NONE) }; CLASSES.len()],
        chunks_made: AtomicUsize::new(0),
        growth: Mutex::new(()),
        counters: Counters::new(),
    };
    &POOLS
}

#[cfg(loom)]
pub(super) fn pools() -> &'static Pools {
    loom::lazy_static! {
        static ref POOLS: Pools = Pools {
            chunks: std::array::from_fn(|_| AtomicPtr::new(std::ptr::null_mut())),
            free: std::array::from_fn(|_| AtomicU64::new(NONE)),
            chunks_made: AtomicUsize::new(0),
        growth: Mutex::new(()),
            counters: Counters::new(),
        };
    }
    &POOLS
}

impl Pools {
    /// The slot of an index, whoever made the index up.
    #[inline]
    pub(super) fn slot(&self, index: usize) -> Option<&'static Slot> {
        // Acquire: pairs with the Release store in `grow`; with the chunk come its slots.
        let chunk = self.chunks.get(index / CHUNK)?.load(Ordering::Acquire);
        if chunk.is_null() {
            return None;
        }
        // SAFETY: a chunk has `CHUNK` slots.
        let slot = unsafe { chunk.add(index % CHUNK) };
        // SAFETY: chunks are never given back, and a slot is only ever used through `&`.
        Some(unsafe { &*slot })
    }

    /// A free slot of a class, for the caller alone.
    #[inline]
    pub(super) fn take(&self, class: usize) -> Result<&'static Slot, Exhausted> {
        #[cfg(not(loom))]
        if let Some(slot) = cache::take(class) {
            return Ok(slot);
        }
        self.take_of_all(class)
    }

    fn take_of_all(&self, class: usize) -> Result<&'static Slot, Exhausted> {
        match self.pop(class) {
            Some(slot) => Ok(slot),
            None => self.grow(class),
        }
    }

    fn pop(&self, class: usize) -> Option<&'static Slot> {
        let free = &self.free[class];
        // Acquire: pairs with the Release in `give_to_all`, here and in the exchange below: whoever
        // takes a slot sees all that its last user did with it.
        let mut head = free.load(Ordering::Acquire);
        loop {
            let slot = self.slot((head & NONE) as usize)?;
            // Relaxed: written before the Release that published this head. If another thread has
            // taken the slot since, the link may be anything, and the tag makes the exchange fail.
            let next = u64::from(slot.next.load(Ordering::Relaxed));
            let tag = if fault::on(Fault::NoTag) { 0 } else { head & !NONE };
            let new = tag.wrapping_add(if fault::on(Fault::NoTag) { 0 } else { TAG }) | next;
            match free.compare_exchange_weak(head, new, Ordering::Acquire, Ordering::Acquire) {
                Ok(_) => return Some(slot),
                Err(now) => head = now,
            }
        }
    }

    /// Takes back a slot that is nobody's any more.
    #[inline]
    pub(super) fn give_back(&self, slot: &'static Slot) {
        #[cfg(not(loom))]
        if cache::keep(slot) {
            return;
        }
        self.give_to_all(slot);
    }

    /// The same, for any thread to take.
    pub(super) fn give_to_all(&self, slot: &'static Slot) {
        let free = &self.free[usize::from(slot.class)];
        // Relaxed: the exchange below fails if this is old.
        let mut head = free.load(Ordering::Relaxed);
        loop {
            // Relaxed: published by the exchange.
            slot.next.store((head & NONE) as u32, Ordering::Relaxed);
            let new = head & !NONE | u64::from(slot.index);
            // Release: pairs with the Acquire in `pop`.
            match free.compare_exchange_weak(head, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(now) => head = now,
            }
        }
    }

    /// A slot that is never used again.
    pub(super) fn retire(&self) {
        self.counters.retired.fetch_add(1, Ordering::Relaxed);
    }

    #[cold]
    fn grow(&self, class: usize) -> Result<&'static Slot, Exhausted> {
        let _growing = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have made a chunk while we waited.
        if let Some(slot) = self.pop(class) {
            return Ok(slot);
        }
        let number = self.chunks_made.load(Ordering::Relaxed);
        let room = self.chunks.get(number).ok_or(Exhausted)?;
        let first = match class {
            0 => Self::chunk::<0>(number, class),
            1 => Self::chunk::<{ CLASSES[1].0 }>(number, class),
            2 => Self::chunk::<{ CLASSES[2].0 }>(number, class),
            _ => Self::chunk::<{ CLASSES[3].0 }>(number, class),
        };
        // Release: pairs with the Acquire load in `slot`.
        room.store(first, Ordering::Release);
        self.chunks_made.store(number + 1, Ordering::Relaxed);
        let first = number * CHUNK;
        for index in (first + 1..first + CHUNK).rev() {
            if let Some(slot) = self.slot(index) {
                self.give_to_all(slot);
            }
        }
        self.slot(first).ok_or(Exhausted)
    }

    /// A chunk of slots whose places have `SIZE` bytes; it is never given back. With 0, they lie in
    /// the slots.
    fn chunk<const SIZE: usize>(number: usize, class: usize) -> *mut Slot {
        let chunk: *mut Chunk<SIZE> = Box::into_raw(Box::<Chunk<SIZE>>::new_uninit()).cast();
        // SAFETY: the address of a field of memory that is ours.
        let slots = unsafe { &raw mut (*chunk).slots }.cast::<Slot>();
        // SAFETY: likewise.
        let places = unsafe { &raw mut (*chunk).places }.cast::<Place<SIZE>>();
        for offset in 0..CHUNK {
            let index = (number * CHUNK + offset) as u32;
            // SAFETY: there are `CHUNK` of them.
            let slot = unsafe { slots.add(offset) };
            let place = if SIZE == 0 {
                // SAFETY: the address of a field of memory that is ours.
                unsafe { &raw mut (*slot).inside }.cast()
            } else {
                // SAFETY: there are `CHUNK` of them.
                unsafe { places.add(offset) }.cast()
            };
            // SAFETY: room for a slot, and nobody has seen it yet.
            unsafe { slot.write(Slot::new(index, class as u8, place)) };
        }
        slots
    }

    /// Counts an answer that was refused, and says why it was.
    #[cold]
    pub(super) fn refuse(&self, reason: Reason) -> Reason {
        let counter = match reason {
            Reason::Late => &self.counters.late,
            Reason::Forged => &self.counters.forged,
            Reason::OtherType => &self.counters.other_type,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        reason
    }

    /// Counts a waker that panicked.
    #[cold]
    pub(super) fn waker_panicked(&self) {
        self.counters.panicked_wakers.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            late: self.counters.late.load(Ordering::Relaxed),
            forged: self.counters.forged.load(Ordering::Relaxed),
            other_type: self.counters.other_type.load(Ordering::Relaxed),
            slots: self.chunks_made.load(Ordering::Relaxed) * CHUNK,
            retired: self.counters.retired.load(Ordering::Relaxed),
            panicked_wakers: self.counters.panicked_wakers.load(Ordering::Relaxed),
        }
    }
}
