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
/// The length that begins each slot of a framed ring.
const LENGTH_BYTES: usize = 8;
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

/// What this ring is. 24 bytes, the rest of the line is zero.
#[cfg(not(loom))]
#[repr(C)]
pub(super) struct About {
    /// Byte 0.
    pub(super) magic: AtomicU64,
    /// Byte 8. 1: framed. 2: fixed.
    pub(super) version: AtomicU32,
    /// Byte 12. How many slots: a power of two.
    pub(super) slots: AtomicU32,
    /// Byte 16. How many bytes from a slot to the next: a multiple of 8.
    pub(super) slot_bytes: AtomicU32,
    /// Byte 20. In a fixed ring, how many bytes each message has; in a framed one zero.
    pub(super) message_bytes: AtomicU32,
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
    assert!(offset_of!(Header, about) == 0 && size_of::<About>() == 24);
    assert!(offset_of!(About, slot_bytes) == 16 && offset_of!(About, message_bytes) == 20);
    assert!(offset_of!(Header, tail) == 128 && offset_of!(Header, head) == 256);
    assert!(offset_of!(Header, sender) == 384 && offset_of!(SenderState, lost) == 8);
    assert!(offset_of!(Header, receiver) == 512);
};

/// How large a ring is, and whether its slots begin with a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    slots: u32,
    slot_bytes: u32,
    /// How many bytes each message has, if all have the same: at least one.
    fixed: Option<NonZeroU32>,
}

impl Shape {
    /// The smallest one with room for so many messages of at most so many bytes, if there is one.
    pub(super) fn framed(slots: usize, longest: usize) -> Option<Shape> {
        let slots = slots.max(1).checked_next_power_of_two()?;
        let slot_bytes = longest.checked_next_multiple_of(8)?.checked_add(LENGTH_BYTES)?;
        Shape::checked(slots.try_into().ok()?, slot_bytes.try_into().ok()?, None)
    }

    /// The same, for messages of exactly so many bytes.
    pub(super) fn fixed(slots: usize, bytes: usize) -> Option<Shape> {
        let slots = slots.max(1).checked_next_power_of_two()?;
        let slot_bytes = bytes.checked_next_multiple_of(8)?;
        let fixed = NonZeroU32::new(bytes.try_into().ok()?)?;
        Shape::checked(slots.try_into().ok()?, slot_bytes.try_into().ok()?, Some(fixed))
    }

    /// If that can be.
    fn checked(slots: u32, slot_bytes: u32, fixed: Option<NonZeroU32>) -> Option<Shape> {
        let whole = slot_bytes.is_multiple_of(8)
            && match fixed {
                None => slot_bytes as usize >= LENGTH_BYTES,
                Some(bytes) => bytes.get() <= slot_bytes,
            };
        // Two rings and their headers stay far below what a size can say.
        let small = u64::from(slots) * u64::from(slot_bytes) < 1 << 60;
        (slots.is_power_of_two() && whole && small).then_some(Shape { slots, slot_bytes, fixed })
    }

    /// As a header says, if that can be.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(super) fn read(about: &About) -> Option<Shape> {
        // Relaxed: the descriptor's way to us ordered it. Each is read once, and what counts is what
        // we read.
        let read = |word: &AtomicU32| word.load(Ordering::Relaxed);
        let fixed = match read(&about.version) {
            FRAMED => None,
            FIXED => Some(NonZeroU32::new(read(&about.message_bytes))?),
            _ => return None,
        };
        let known = about.magic.load(Ordering::Relaxed) == MAGIC;
        known.then(|| Shape::checked(read(&about.slots), read(&about.slot_bytes), fixed))?
    }

    /// Writes it into a header that nobody else knows of yet.
    #[cfg(not(loom))]
    pub(super) fn write(self, about: &About) {
        let (version, fixed) = self.fixed.map_or((FRAMED, 0), |bytes| (FIXED, bytes.get()));
        about.magic.store(MAGIC, Ordering::Relaxed);
        about.version.store(version, Ordering::Relaxed);
        about.slots.store(self.slots, Ordering::Relaxed);
        about.slot_bytes.store(self.slot_bytes, Ordering::Relaxed);
        about.message_bytes.store(fixed, Ordering::Relaxed);
    }

    pub(super) fn slots(self) -> u64 {
        u64::from(self.slots)
    }

    /// How many bytes each message has, if all have the same.
    pub(super) fn message_bytes(self) -> Option<usize> {
        self.fixed.map(|bytes| bytes.get() as usize)
    }

    /// The most bytes that a message may have.
    pub(super) fn longest(self) -> usize {
        self.message_bytes().unwrap_or(self.slot_bytes as usize - LENGTH_BYTES)
    }

    /// Whether a message may have so many bytes.
    #[inline]
    pub(super) fn takes(self, length: usize) -> bool {
        self.message_bytes().map_or(length <= self.longest(), |bytes| length == bytes)
    }

    /// How many words of 8 bytes a slot has. In a framed ring the first one is the length.
    pub(super) fn slot_words(self) -> usize {
        self.slot_bytes as usize / 8
    }

    /// How many words all slots have.
    pub(super) fn words(self) -> usize {
        self.slots as usize * self.slot_words()
    }

    /// From one ring of a region to the next.
    #[cfg(not(loom))]
    pub(super) fn ring_bytes(self) -> usize {
        size_of::<Header>() + (8 * self.words()).next_multiple_of(LINE)
    }
}
