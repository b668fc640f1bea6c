//! What lies where. The same in `include/foreign_call_ring.h`.
//!
//! All of it is atomic: another process may write to any of it at any time.

use std::num::NonZeroU32;

use super::flags::Flags;
use super::sync::AtomicU64;
#[cfg(not(loom))]
use super::sync::{AtomicU32, Ordering};

/// "fcrings" and a zero, as the bytes lie on a little-endian machine. On another one it differs, and
/// so do all other numbers.
#[cfg(not(loom))]
pub(super) const MAGIC: u64 = u64::from_ne_bytes(*b"fcrings\0");
/// Of this layout, where each slot begins with the length of its message.
#[cfg(not(loom))]
const FRAMED: u32 = 1;
/// The same, where all messages have one length: another number, so that who knows framed ones only
/// refuses it.
#[cfg(not(loom))]
const FIXED: u32 = 2;
/// Framed, with an arena behind the slots: another number for the same reason.
#[cfg(not(loom))]
const WITH_ARENA: u32 = 3;
/// The length that begins each slot of a framed ring.
const LENGTH_BYTES: usize = 8;
/// In that length: the message lies in the arena. The slot's next word says where: how many bytes
/// behind the arena's beginning, a multiple of 8.
pub(super) const IN_ARENA: u64 = 1 << 63;
/// Each side's words stand so far from the other's that no processor fetches them together.
#[cfg(not(loom))]
pub(super) const LINE: usize = 128;

/// A line of its own.
#[repr(C, align(128))]
pub(super) struct Line<T>(pub(super) T);

/// What a ring begins with: 640 bytes.
#[repr(C)]
pub(super) struct Header {
    /// Byte 0. Written once, by who made the ring, before anybody else knows of it.
    #[cfg(not(loom))]
    pub(super) about: Line<About>,
    /// Byte 128. How many messages were ever published. Only the sender writes it.
    pub(super) tail: Line<AtomicU64>,
    /// Byte 256. How many messages were ever taken. Only the receiver writes it.
    pub(super) head: Line<AtomicU64>,
    /// Byte 384.
    pub(super) sender: Line<SenderState>,
    /// Byte 512. The receiver's flags: it waits for a message; it is closed.
    pub(super) receiver: Line<Flags>,
}

/// What this ring is. 32 bytes, the rest of the line is zero.
#[cfg(not(loom))]
#[repr(C)]
pub(super) struct About {
    /// Byte 0.
    pub(super) magic: AtomicU64,
    /// Byte 8. 1: framed. 2: fixed. 3: framed, with an arena.
    pub(super) version: AtomicU32,
    /// Byte 12. How many slots: a power of two.
    pub(super) slots: AtomicU32,
    /// Byte 16. How many bytes from a slot to the next: a multiple of 8.
    pub(super) slot_bytes: AtomicU32,
    /// Byte 20. In a fixed ring, how many bytes each message has; in a framed one zero.
    pub(super) message_bytes: AtomicU32,
    /// Byte 24. How many bytes the arena has, which follows the last slot: a multiple of 8. Where
    /// there is none, zero. With one, a slot has at least 16 bytes.
    pub(super) arena_bytes: AtomicU64,
}

/// What the sender says of itself.
#[repr(C)]
pub(super) struct SenderState {
    /// Byte 384. It waits for room; it is closed.
    pub(super) flags: Flags,
    /// Byte 392. How many messages the sender had accepted and never put into the ring. Written
    /// before it says that it is closed.
    pub(super) lost: AtomicU64,
}

#[cfg(not(loom))]
const _: () = {
    use std::mem::offset_of;
    assert!(size_of::<Header>() == 640 && align_of::<Header>() == LINE);
    assert!(offset_of!(Header, about) == 0 && size_of::<About>() == 32);
    assert!(offset_of!(About, slot_bytes) == 16 && offset_of!(About, message_bytes) == 20);
    assert!(offset_of!(About, arena_bytes) == 24);
    assert!(offset_of!(Header, tail) == 128 && offset_of!(Header, head) == 256);
    assert!(offset_of!(Header, sender) == 384 && offset_of!(SenderState, lost) == 8);
    assert!(offset_of!(Header, receiver) == 512);
};

/// How large a ring is, and what its messages are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    slots: u32,
    slot_bytes: u32,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Slots begin with a length. The arena, for what is longer than a slot, may have no bytes.
    Framed { arena_bytes: u64 },
    /// Each message has so many bytes, at least one.
    Fixed { message_bytes: NonZeroU32 },
}

impl Shape {
    /// The smallest one with room for so many messages of at most so many bytes, if there is one.
    pub(super) fn framed(slots: usize, longest: usize) -> Option<Shape> {
        let slots = slots.max(1).checked_next_power_of_two()?;
        let slot_bytes = longest.checked_next_multiple_of(8)?.checked_add(LENGTH_BYTES)?;
        let kind = Kind::Framed { arena_bytes: 0 };
        Shape::checked(slots.try_into().ok()?, slot_bytes.try_into().ok()?, kind)
    }

    /// The same, for messages of exactly so many bytes.
    pub(super) fn fixed(slots: usize, bytes: usize) -> Option<Shape> {
        let slots = slots.max(1).checked_next_power_of_two()?;
        let slot_bytes = bytes.checked_next_multiple_of(8)?;
        let kind = Kind::Fixed { message_bytes: NonZeroU32::new(bytes.try_into().ok()?)? };
        Shape::checked(slots.try_into().ok()?, slot_bytes.try_into().ok()?, kind)
    }

    /// A framed one with an arena of so many bytes, or none, if there is one.
    pub(super) fn with_arena(self, bytes: usize) -> Option<Shape> {
        let arena_bytes = bytes.checked_next_multiple_of(8)?.try_into().ok()?;
        let place_too = if bytes == 0 { 0 } else { 2 * LENGTH_BYTES as u32 };
        Shape::checked(self.slots, self.slot_bytes.max(place_too), Kind::Framed { arena_bytes })
    }

    /// If that can be.
    fn checked(slots: u32, slot_bytes: u32, kind: Kind) -> Option<Shape> {
        let (least, arena_bytes) = match kind {
            Kind::Framed { arena_bytes: 0 } => (LENGTH_BYTES as u32, 0),
            Kind::Framed { arena_bytes } => (2 * LENGTH_BYTES as u32, arena_bytes),
            Kind::Fixed { message_bytes } => (message_bytes.get(), 0),
        };
        let whole = slot_bytes.is_multiple_of(8) && arena_bytes.is_multiple_of(8);
        // Two rings and their headers stay far below what a size can say.
        let most = u64::min(1 << 60, usize::MAX as u64 / 4);
        let small = (u64::from(slots) * u64::from(slot_bytes)).saturating_add(arena_bytes) < most;
        let possible = slots.is_power_of_two() && whole && slot_bytes >= least && small;
        possible.then_some(Shape { slots, slot_bytes, kind })
    }

    /// As a header says, if that can be.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(super) fn read(about: &About) -> Option<Shape> {
        // Relaxed: the descriptor's way to us ordered it. Each is read once, and what counts is what
        // we read.
        let read = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let kind = match read(&about.version) {
            FRAMED => Kind::Framed { arena_bytes: 0 },
            FIXED => Kind::Fixed { message_bytes: NonZeroU32::new(read(&about.message_bytes))? },
            WITH_ARENA => Kind::Framed { arena_bytes: about.arena_bytes.load(Ordering::Relaxed) },
            _ => return None,
        };
        let known = about.magic.load(Ordering::Relaxed) == MAGIC;
        known.then(|| Shape::checked(read(&about.slots), read(&about.slot_bytes), kind))?
    }

    /// Writes it into a header that nobody else knows of yet.
    #[cfg(not(loom))]
    pub(super) fn write(self, about: &About) {
        let (version, message_bytes, arena_bytes) = match self.kind {
            Kind::Framed { arena_bytes: 0 } => (FRAMED, 0, 0),
            Kind::Framed { arena_bytes } => (WITH_ARENA, 0, arena_bytes),
            Kind::Fixed { message_bytes } => (FIXED, message_bytes.get(), 0),
        };
        about.magic.store(MAGIC, Ordering::Relaxed);
        about.version.store(version, Ordering::Relaxed);
        about.slots.store(self.slots, Ordering::Relaxed);
        about.slot_bytes.store(self.slot_bytes, Ordering::Relaxed);
        about.message_bytes.store(message_bytes, Ordering::Relaxed);
        about.arena_bytes.store(arena_bytes, Ordering::Relaxed);
    }

    pub(super) fn slots(self) -> u64 {
        u64::from(self.slots)
    }

    /// How many bytes each message has, if all have the same.
    pub(super) fn message_bytes(self) -> Option<usize> {
        match self.kind {
            Kind::Framed { .. } => None,
            Kind::Fixed { message_bytes } => Some(message_bytes.get() as usize),
        }
    }

    /// The most bytes that a message may have: as many as a slot has room for, or the whole arena.
    pub(super) fn longest(self) -> usize {
        usize::max(self.longest_in_slot(), self.arena_bytes())
    }

    /// The most bytes of a message that lies in its slot. A longer one lies in the arena.
    #[inline(always)]
    pub(super) fn longest_in_slot(self) -> usize {
        self.message_bytes().unwrap_or(self.slot_bytes as usize - LENGTH_BYTES)
    }

    pub(super) fn arena_bytes(self) -> usize {
        match self.kind {
            Kind::Framed { arena_bytes } => arena_bytes as usize,
            Kind::Fixed { .. } => 0,
        }
    }

    /// Whether a message may have so many bytes.
    #[inline]
    pub(super) fn takes(self, length: usize) -> bool {
        self.message_bytes().map_or(length <= self.longest(), |bytes| length == bytes)
    }

    /// Whether a message may have so many bytes, and needs no more than a slot.
    #[inline]
    pub(super) fn takes_in_slot(self, length: usize) -> bool {
        self.message_bytes().map_or(length <= self.longest_in_slot(), |bytes| length == bytes)
    }

    /// How many words of 8 bytes a slot has. In a framed ring the first one is the length.
    pub(super) fn slot_words(self) -> usize {
        self.slot_bytes as usize / 8
    }

    /// How many words all slots have.
    pub(super) fn words_of_slots(self) -> usize {
        self.slots as usize * self.slot_words()
    }

    /// How many words all slots have, and the arena behind them.
    pub(super) fn words(self) -> usize {
        self.words_of_slots() + self.arena_bytes() / 8
    }

    /// From one ring of a region to the next.
    #[cfg(not(loom))]
    pub(super) fn ring_bytes(self) -> usize {
        size_of::<Header>() + (8 * self.words()).next_multiple_of(LINE)
    }
}
