//! Random bytes for the memory of the rings.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use foreign_call::ring::{Corrupt, Disconnected, Meta, MetaEnd};

/// Small, fast and the same everywhere (xorshift).
#[derive(Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below that.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }
}

const OFFSETS_OF_WORDS: [u64; 4] = [128, 256, 384, 512];

/// Writes into one of the rings: mostly where it hurts.
pub fn scribble(meta: &Meta, dice: &mut Dice) {
    let ring = if dice.below(2) == 0 { &meta.send } else { &meta.receive };
    let offset = match dice.below(4) {
        0 => dice.below(meta.ring_bytes / 8) * 8,
        1 => 640 + dice.below(4) * 32 + dice.below(2) * 8,
        _ => OFFSETS_OF_WORDS[dice.below(4) as usize],
    };
    let value = match dice.below(5) {
        0 => dice.below(u64::MAX),
        1 => u64::MAX - dice.below(40),
        2 => (1 << 63) + dice.below(220),
        _ => dice.below(40),
    };
    write(ring, offset, value);
}

/// Writes a word of a ring of whole words, at a multiple of 8 within it: of the two sides' flags the 4
/// bytes that they have.
pub fn write(end: &MetaEnd, offset: u64, value: u64) {
    // SAFETY: the offset lies in the ring.
    let place = unsafe { end.ring.cast::<u8>().add(offset as usize) };
    if offset == 384 || offset == 512 {
        // SAFETY: flags are atomics of 4 bytes, and the ring is alive while the end is lent.
        unsafe { &*place.cast::<AtomicU32>() }.store(value as u32, Ordering::Relaxed);
    } else {
        // SAFETY: the rest are atomics of 8 bytes, or pairs of smaller ones that nobody reads now.
        unsafe { &*place.cast::<AtomicU64>() }.store(value, Ordering::Relaxed);
    }
}

/// Asserts that this may be true of a peer that writes what it wants and stays.
pub fn assert_possible(why: Disconnected) {
    assert!(
        matches!(
            why,
            Disconnected::Closed
                | Disconnected::Corrupt(
                    Corrupt::Index { .. } | Corrupt::Length(_) | Corrupt::Place { .. }
                )
        ),
        "{why:?}"
    );
}

/// Whether the other end waits for our messages: so it has attached.
pub fn receiver_sleeps(meta: &Meta) -> bool {
    // SAFETY: the place lies in the ring.
    let flags = unsafe { meta.send.ring.cast::<u8>().add(512) };
    // SAFETY: an atomic lies there, and the ring is alive while the end is lent.
    unsafe { &*flags.cast::<AtomicU32>() }.load(Ordering::Relaxed) == 1
}
