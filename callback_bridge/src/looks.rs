//! Looking for a while before sleeping.

use crate::sync::hint;

/// How often to look at a word that the other side writes before sleeping: about as long as a
/// wake-up would take.
pub(crate) const LOOKS: u32 = if cfg!(loom) { 0 } else { 10 };

/// Between two looks, longer each time: looking takes the word's line away from the other side, and
/// looking all the time doubles what a short block costs it.
pub(crate) fn pause(look: u32) {
    for _ in 0..u32::min(4 << look, 64) {
        hint::spin_loop();
    }
}
