//! Reading from a ring.

use super::error::{Corrupt, Disconnected};
use super::fault::{Fault, fault};
use super::layout::IN_ARENA;
use super::region::Ring;
use super::sync::{AtomicU64, Ordering};

/// The one that reads from a ring. What it knows of itself it never reads from the shared memory.
#[derive(Debug)]
pub(super) struct Consumer {
    ring: Ring,
    /// How many messages were taken.
    head: u64,
    /// How many messages the sender had published when it was last looked at.
    seen: u64,
    /// How many messages that look found.
    found: u64,
}

/// Where a message is copied to: whole words. It has room for any that lies in a slot, and for the
/// longest one that came out of the arena.
pub(super) struct Buffer(Box<[u8]>);

impl Buffer {
    pub(super) fn new(ring: &Ring) -> Buffer {
        let bytes = ring.shape().longest_in_slot().next_multiple_of(8);
        Buffer(vec![0; bytes].into_boxed_slice())
    }

    /// The message of so many bytes that was taken last.
    #[inline]
    pub(super) fn message(&self, length: usize) -> &[u8] {
        &self.0[..length]
    }

    /// For a message of so many bytes, at most `longest`, which is a multiple of 8. It doubles, so that
    /// it seldom has to.
    fn make_room(&mut self, length: usize, longest: usize) {
        if self.0.len() < length {
            let room = usize::max(2 * self.0.len(), length.next_multiple_of(8));
            self.0 = vec![0; usize::min(room, longest)].into_boxed_slice();
        }
    }
}

impl Consumer {
    pub(super) fn new(ring: Ring) -> Consumer {
        Consumer { ring, head: 0, seen: 0, found: 0 }
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn is_unused(&self) -> bool {
        self.head == 0
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether a message is known to be there.
    #[inline]
    pub(super) fn has_seen_one(&self) -> bool {
        self.head != self.seen
    }

    /// How many messages were found by the last look.
    pub(super) fn found(&self) -> u64 {
        self.found
    }

    /// Whether a message is there. It looks at the sender's index only if there seems to be none.
    fn has_message(&mut self) -> Result<bool, Corrupt> {
        if self.has_seen_one() { Ok(true) } else { self.look() }
    }

    fn look(&mut self) -> Result<bool, Corrupt> {
        // Acquire: pairs with the Release in `Producer::put`; the slots before are written.
        let tail = self.ring.header().tail.0.load(Ordering::Acquire);
        let found = tail.wrapping_sub(self.head);
        if found > self.ring.shape().slots() {
            return Err(Corrupt::Index { theirs: tail, ours: self.head });
        }
        (self.seen, self.found) = (tail, found);
        Ok(found > 0)
    }

    /// Whether a message is there, or none will come. `gone`: the other side was found dead before.
    pub(super) fn status(&mut self, gone: bool) -> Result<bool, Disconnected> {
        if self.has_message()? {
            return Ok(true);
        }
        let closed = self.ring.header().sender.0.flags.closed();
        if !closed && !gone {
            return Ok(false);
        }
        // What it sent before it ended is there: only now can "nothing" mean the end.
        if !fault(Fault::EndBeforeLook) && self.look()? {
            return Ok(true);
        }
        Err(if closed { Disconnected::Closed } else { Disconnected::Gone })
    }

    /// Copies the message that is there, and gives its slot back: its length, and whether the sender
    /// is to be woken.
    #[inline]
    pub(super) fn take(&mut self, buffer: &mut Buffer) -> Result<(usize, bool), Corrupt> {
        if fault(Fault::ReleaseBeforeCopy) {
            self.ring.header().head.0.store(self.head.wrapping_add(1), Ordering::Release);
        }
        let length = self.next(buffer)?;
        Ok((length, self.release()))
    }

    /// How many of `most` are known to be there, of at most half of the ring: so the sender can fill
    /// the other half while they are taken. Each is taken by [`next`](Consumer::next), and then all
    /// slots are given back by [`release`](Consumer::release).
    #[inline]
    pub(super) fn many(&mut self, most: usize) -> u64 {
        let half = self.ring.shape().slots().div_ceil(2);
        let count = self.seen.wrapping_sub(self.head).min(half).min(most as u64);
        if fault(Fault::ReleaseBeforeCopy) {
            self.ring.header().head.0.store(self.head.wrapping_add(count), Ordering::Release);
        }
        count
    }

    /// Copies the message that is there, and keeps its slot: its length.
    #[inline]
    pub(super) fn next(&mut self, buffer: &mut Buffer) -> Result<usize, Corrupt> {
        let length = self.copy(buffer)?;
        self.head = self.head.wrapping_add(1);
        Ok(length)
    }

    /// Reads each word once: the sender's process may write at the same time what is not its turn, so
    /// what is checked is the copy.
    #[inline]
    fn copy(&self, buffer: &mut Buffer) -> Result<usize, Corrupt> {
        let (shape, slot) = (self.ring.shape(), self.ring.slot(self.head));
        let (length, words) = match shape.message_bytes() {
            Some(bytes) => (bytes, slot),
            None => {
                let (length, words) = slot.split_first().expect("a slot has a length");
                let said = length.load(Ordering::Relaxed);
                let length = usize::try_from(said).unwrap_or(usize::MAX);
                if length > shape.longest_in_slot() {
                    return self.copy_from_arena(said, words, buffer);
                }
                (length, words)
            }
        };
        load(words, &mut buffer.0, length);
        Ok(length)
    }

    /// `said` is no length of a message in a slot; `words` are the slot's other ones.
    #[cold]
    fn copy_from_arena(
        &self,
        said: u64,
        words: &[AtomicU64],
        buffer: &mut Buffer,
    ) -> Result<usize, Corrupt> {
        let (arena, length) = (self.ring.arena(), said & !IN_ARENA);
        if said & IN_ARENA == 0 || arena.is_empty() {
            return Err(Corrupt::Length(said));
        }
        let at = words[0].load(Ordering::Relaxed);
        let words = block(arena, at, length).ok_or(Corrupt::Place { at, length })?;
        let length = length as usize;
        buffer.make_room(length, self.ring.shape().longest());
        load(words, &mut buffer.0, length);
        Ok(length)
    }

    /// Gives back the slots of all that was taken. Whether the sender is to be woken.
    #[inline]
    pub(super) fn release(&mut self) -> bool {
        let header = self.ring.header();
        // Release: pairs with the Acquire in `Producer::look`; the slots are read.
        header.head.0.store(self.head, Ordering::Release);
        header.sender.0.flags.attend(self.ring.fence(), Fault::ReleaseWithoutFence).wake
    }

    /// Before the receiver sleeps until there is a message: after this it looks again.
    pub(super) fn arm(&self) {
        self.ring.header().receiver.0.arm(self.ring.fence(), Fault::SleepWithoutFence);
    }

    /// After that.
    pub(super) fn disarm(&self) {
        self.ring.header().receiver.0.disarm();
    }

    /// Nothing more will be read. Whether the sender is to be woken.
    pub(super) fn close(&self) -> bool {
        let header = self.ring.header();
        header.receiver.0.close();
        let wake = header.sender.0.flags.attend(self.ring.fence(), Fault::CloseWithoutFence).wake;
        wake && !fault(Fault::CloseWithoutWake)
    }

    /// What the sender said that it lost, once it is closed.
    pub(super) fn lost(&self) -> u64 {
        let sender = &self.ring.header().sender.0;
        // Relaxed: `closed` was an Acquire that saw what was written before.
        if sender.flags.closed() { sender.lost.load(Ordering::Relaxed) } else { 0 }
    }
}

/// The words of the arena in which a message lies, if they are there.
fn block(arena: &[AtomicU64], at: u64, length: u64) -> Option<&[AtomicU64]> {
    let at = usize::try_from(at).ok().filter(|at| at.is_multiple_of(8))?;
    let words = usize::try_from(length).ok()?.div_ceil(8);
    arena.get(at / 8..)?.get(..words)
}

/// Word by word, whole ones: the buffer has as many.
#[inline]
fn load(words: &[AtomicU64], buffer: &mut [u8], length: usize) {
    let (buffer, _) = buffer.as_chunks_mut::<8>();
    for (bytes, word) in buffer[..length.div_ceil(8)].iter_mut().zip(words) {
        *bytes = word.load(Ordering::Relaxed).to_ne_bytes();
    }
}
