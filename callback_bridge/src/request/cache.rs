//! Free slots that a thread keeps to itself: taking one and giving it back then costs no locked
//! instruction. What does not fit, and what is left when the thread ends, goes to the list of all.
//!
//! Only the thread itself looks in here, so there is nothing for a model; models use the list alone.

use std::cell::Cell;

use super::pool::{CLASSES, pools};
use super::slot::Slot;

/// Slots that a thread keeps of each class, at most.
const KEPT: usize = 64;

struct Kept {
    slots: [Cell<Option<&'static Slot>>; KEPT],
    count: Cell<usize>,
}

struct Cache([Kept; CLASSES.len()]);

thread_local! {
    static CACHE: Cache = const {
        Cache([const { Kept { slots: [const { Cell::new(None) }; KEPT], count: Cell::new(0) } };
            CLASSES.len()])
    };
}

impl Kept {
    #[inline]
    fn take(&self) -> Option<&'static Slot> {
        let last = self.count.get().checked_sub(1)?;
        self.count.set(last);
        self.slots.get(last)?.get()
    }

    #[inline]
    fn keep(&self, slot: &'static Slot) -> bool {
        let count = self.count.get();
        let Some(room) = self.slots.get(count) else { return false };
        room.set(Some(slot));
        self.count.set(count + 1);
        true
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        for kept in &self.0 {
            while let Some(slot) = kept.take() {
                pools().give_to_all(slot);
            }
        }
    }
}

/// A slot that this thread has kept.
#[inline]
pub(super) fn take(class: usize) -> Option<&'static Slot> {
    // Gone where the thread ends already.
    CACHE.try_with(|cache| cache.0[class].take()).ok().flatten()
}

/// Keeps a slot, if there is room.
#[inline]
pub(super) fn keep(slot: &'static Slot) -> bool {
    CACHE.try_with(|cache| cache.0[usize::from(slot.class)].keep(slot)).unwrap_or(false)
}
