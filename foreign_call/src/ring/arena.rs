//! Where messages lie that are longer than a slot, as their sender knows it.
//!
//! The arena is a queue of blocks, one for each such message, in the order in which they were sent.
//! Only the sender knows of the queue, and it never reads it from the shared memory. No index of its
//! own is shared: a block is free once the message's slot is, and so the receiver, which copies the
//! message before it gives the slot back, frees both with one store.
//!
//! ```text
//!                first block           last block
//!             |                |      |          |
//!    +--------+----------------+------+----------+--------+
//!    | free   | under way      | ...  |          | free   |
//!    +--------+----------------+------+----------+--------+
//! ```
//!
//! A message is in one piece: where it does not fit behind the last block, it lies at the beginning,
//! and the rest of the arena stays free until then. When all blocks are free, the next one lies at the
//! beginning too: so any message fits in the end, and one that goes alone finds its bytes in the cache.

use std::collections::VecDeque;

/// At most one block for each slot.
#[derive(Debug)]
pub(super) struct Arena {
    /// A multiple of 8.
    bytes: usize,
    /// Those that are not known to be free.
    blocks: VecDeque<Block>,
}

/// In bytes behind the beginning of the arena, multiples of 8.
#[derive(Debug)]
struct Block {
    message: u64,
    begin: usize,
    end: usize,
}

impl Arena {
    pub(super) fn new(bytes: usize) -> Arena {
        Arena { bytes, blocks: VecDeque::new() }
    }

    /// Whether a message of so many bytes finds room.
    pub(super) fn has_room(&self, length: usize) -> bool {
        self.place(length).is_some()
    }

    /// Takes the room that there is for message number `message`, the next one, and says where it lies.
    pub(super) fn take(&mut self, message: u64, length: usize) -> usize {
        let begin = self.place(length).expect("the caller has looked for room");
        self.blocks.push_back(Block { message, begin, end: begin + length.next_multiple_of(8) });
        begin
    }

    /// The messages below this number were taken.
    pub(super) fn free(&mut self, taken: u64) {
        // As indices are compared everywhere: by how far one is ahead of the other.
        let is_taken = |block: &Block| taken.wrapping_sub(block.message).cast_signed() > 0;
        while self.blocks.front().is_some_and(is_taken) {
            self.blocks.pop_front();
        }
    }

    /// Those from this number on were never sent: who wanted to has panicked, or found an error.
    pub(super) fn forget(&mut self, next: u64) {
        let is_unsent = |block: &Block| block.message.wrapping_sub(next).cast_signed() >= 0;
        while self.blocks.back().is_some_and(is_unsent) {
            self.blocks.pop_back();
        }
    }

    fn place(&self, length: usize) -> Option<usize> {
        // A message is at most as long as the arena, and at least one byte, so no block is empty.
        let fits = |begin: usize, end: usize| (length <= end - begin).then_some(begin);
        let (Some(first), Some(last)) = (self.blocks.front(), self.blocks.back()) else {
            return fits(0, self.bytes);
        };
        if first.begin < last.end {
            fits(last.end, self.bytes).or_else(|| fits(0, first.begin))
        } else {
            // They go round the end of the arena.
            fits(last.end, first.begin)
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn blocks_lie_one_behind_the_other_in_one_piece_and_come_back_in_their_order() {
        let mut arena = Arena::new(64);
        assert_eq!(arena.take(0, 24), 0);
        assert_eq!(arena.take(1, 17), 24, "in whole words");
        assert!(!arena.has_room(17), "16 bytes are left, and none before the first one");
        assert!(arena.has_room(16));
        arena.free(0);
        assert!(!arena.has_room(17), "the first one is not taken");
        arena.free(1);
        assert_eq!(arena.take(2, 24), 0, "what is left at the end is too short");
        assert!(!arena.has_room(1), "the second one is not taken");
        arena.free(2);
        assert_eq!(arena.take(5, 40), 24, "up to the end");
        assert!(!arena.has_room(1));
        arena.free(6);
        assert_eq!(arena.take(6, 64), 0, "all of it");
    }

    #[test]
    fn blocks_of_messages_that_were_not_sent_are_forgotten() {
        let mut arena = Arena::new(32);
        arena.take(u64::MAX, 8);
        arena.take(0, 8);
        arena.take(1, 16);
        arena.forget(0);
        assert_eq!(arena.take(0, 24), 8, "behind the one that was sent");
        assert!(!arena.has_room(1));
        arena.forget(1);
        assert!(!arena.has_room(1), "both were sent");
    }

    #[test]
    fn what_is_all_free_begins_at_the_beginning() {
        let mut arena = Arena::new(32);
        for message in 0..5 {
            assert_eq!(arena.take(message, 16), 0);
            arena.free(message + 1);
        }
    }
}
