//! How many items a stream's peer may still send: one word, which both sides change.
//!
//! Over a ring (`#[mem]`) the peer changes it itself, so its layout is the peer's, too:
//!
//! | bits | |
//! |---|---|
//! | 0 to 18 | so many places are free |
//! | 19 | a sender has found none, and is told when half of them are free |
//! | 20 to 63 | of which stream: as in its handle, or 0 |
//!
//! A sender takes a place before it sends, the receiver gives one back for each item that it has
//! taken. That a sender waits stands in the same word as the places, so no order of two words matters:
//! whoever sets the bit has seen that there is no place, and whoever gives one sees the bit. And a
//! word of another stream is left as it is, whoever comes late. The word is never freed.
//!
//! All of it is `Relaxed`: the items go another way, which orders what they lead to. And nothing is a
//! plain store: each change is made to the word as it is, so the changes have one order.

use std::fmt;

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering::Relaxed};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// So many low bits are not the stream's, in the word as in a handle.
pub(super) const OWN_BITS: u32 = 20;
const STARVED: u64 = 1 << (OWN_BITS - 1);
const PLACES: u64 = STARVED - 1;

/// What became of an item, or would become of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Taken,
    /// Try again when there is room.
    Full,
    /// Nothing is taken any more.
    Ended,
}

/// On a cache line of its own, as streams have nothing to do with each other.
#[repr(C, align(64))]
pub(in crate::call) struct Room(AtomicU64);

impl Room {
    /// Of no stream.
    pub(super) fn new() -> Room {
        Room(AtomicU64::new(0))
    }

    /// For the stream of this handle, from now on.
    pub(super) fn open(&self, handle: usize, places: usize) {
        self.0.swap(own(handle) << OWN_BITS | (places as u64).min(PLACES), Relaxed);
    }

    /// Of no stream any more.
    pub(super) fn close(&self) {
        self.0.swap(0, Relaxed);
    }

    /// Takes a place for an item. If there is none, the receiver will tell.
    pub(super) fn take(&self, handle: usize) -> Sent {
        self.seek(handle, 1)
    }

    /// Whether there is a place now. If not, the receiver will tell.
    pub(super) fn look(&self, handle: usize) -> Sent {
        self.seek(handle, 0)
    }

    fn seek(&self, handle: usize, taken: u64) -> Sent {
        let seen = self.0.fetch_update(Relaxed, Relaxed, |word| match found(word, handle) {
            Sent::Ended => None,
            Sent::Full => Some(word | STARVED),
            Sent::Taken => Some(word - taken),
        });
        let (Ok(word) | Err(word)) = seen;
        found(word, handle)
    }

    /// Gives a place back. True: a sender has waited, and now half of so many places are free.
    pub(super) fn give(&self, handle: usize, places: usize) -> bool {
        let half = places.div_ceil(2) as u64;
        let tells = |word: u64| word & STARVED != 0 && (word & PLACES) + 1 >= half;
        let before = self.0.fetch_update(Relaxed, Relaxed, |word| match own(handle) {
            own if own != word >> OWN_BITS => None, // the peer has ended it
            _ if tells(word) => Some((word + 1) & !STARVED),
            _ => Some(word + 1),
        });
        before.is_ok_and(tells)
    }
}

fn own(handle: usize) -> u64 {
    handle as u64 >> OWN_BITS
}

fn found(word: u64, handle: usize) -> Sent {
    if word >> OWN_BITS != own(handle) {
        Sent::Ended
    } else if word & PLACES == 0 {
        Sent::Full
    } else {
        Sent::Taken
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.0.load(Relaxed);
        let free = word & PLACES;
        f.debug_struct("Room").field("stream", &(word >> OWN_BITS)).field("free", &free).finish()
    }
}
