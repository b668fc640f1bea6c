//! Writing into a ring.

use super::arena::Arena;
use super::error::{Corrupt, Disconnected};
use super::fault::{Fault, fault};
use super::flags::Attention;
use super::layout::IN_ARENA;
use super::region::Ring;
use super::sync::{AtomicU64, Ordering};

/// The one that writes into a ring. What it knows of itself it never reads from the shared memory.
#[derive(Debug)]
pub(super) struct Producer {
    ring: Ring,
    /// How many messages were published.
    tail: u64,
    /// How many messages the receiver had taken when it was last looked at.
    seen: u64,
    arena: Arena,
}

impl Producer {
    pub(super) fn new(ring: Ring) -> Producer {
        let arena = Arena::new(ring.shape().arena_bytes());
        Producer { ring, tail: 0, seen: 0, arena }
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn is_unused(&self) -> bool {
        self.tail == 0
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Whether a slot is known to be free.
    #[inline]
    pub(super) fn has_seen_room(&self) -> bool {
        self.tail.wrapping_sub(self.seen) < self.ring.shape().slots()
    }

    /// Whether there is room for a message of so many bytes: a slot and, if it is long, a block of the
    /// arena. For a slot it looks at the receiver's index only if there seems to be none.
    fn has_room(&mut self, length: usize) -> Result<bool, Corrupt> {
        Ok((self.has_seen_room() || self.look()?) && self.has_block(length)?)
    }

    /// Whether a message of so many bytes, for which there is a slot, needs none of the arena or finds
    /// room there. It always looks at the receiver's index: where all blocks are free, the next one
    /// begins at the beginning.
    fn has_block(&mut self, length: usize) -> Result<bool, Corrupt> {
        if length <= self.ring.shape().longest_in_slot() {
            return Ok(true);
        }
        self.look()?;
        Ok(self.arena.has_room(length))
    }

    /// How many of so many messages find slots. It looks at the receiver's index only if there seem to
    /// be too few.
    fn slots_for(&mut self, messages: usize) -> Result<usize, Corrupt> {
        let slots = self.ring.shape().slots();
        if slots - self.tail.wrapping_sub(self.seen) < messages as u64 {
            self.look()?;
        }
        let free = slots - self.tail.wrapping_sub(self.seen);
        Ok(messages.min(usize::try_from(free).unwrap_or(usize::MAX)))
    }

    /// Whether half of the slots are free, and half of the arena, as the receiver's index says now.
    #[cfg(unix)]
    pub(super) fn is_half_free(&mut self) -> bool {
        // What can't be is for who sends next to find.
        self.look().is_err()
            || 2 * self.tail.wrapping_sub(self.seen) <= self.ring.shape().slots()
                && self.arena.has_room(self.ring.shape().arena_bytes() / 2)
    }

    fn look(&mut self) -> Result<bool, Corrupt> {
        // Acquire: pairs with the Release in `Consumer::release`; the slots before are read.
        let head = self.ring.header().head.0.load(Ordering::Acquire);
        let used = self.tail.wrapping_sub(head);
        // It never goes back. So what was seen to be free, within a batch too, stays free.
        if used > self.tail.wrapping_sub(self.seen) {
            return Err(Corrupt::Index { theirs: head, ours: self.tail });
        }
        self.seen = head;
        self.arena.free(if fault(Fault::ReuseBeforeTaken) { self.tail } else { head });
        Ok(used < self.ring.shape().slots())
    }

    /// Whether there is room for a message of so many bytes, or never will be. `gone`: the other side
    /// was found dead before.
    pub(super) fn status(&mut self, length: usize, gone: bool) -> Result<bool, Disconnected> {
        if self.ring.header().receiver.0.closed() {
            return Err(Disconnected::Closed);
        }
        if gone {
            return Err(Disconnected::Gone);
        }
        Ok(self.has_room(length)?)
    }

    /// Puts a message where there is room for it, publishes it, and says what the receiver wants.
    #[inline]
    pub(super) fn put(&mut self, message: &[u8]) -> Attention {
        self.write(self.tail, message);
        self.publish(1)
    }

    /// Puts as many of these messages as there is room for, publishes all of them with one store, and
    /// says how many they are and what the receiver wants.
    #[inline]
    pub(super) fn put_many<M: AsRef<[u8]>>(
        &mut self,
        messages: &[M],
    ) -> Result<(usize, Attention), Corrupt> {
        let slots = self.slots_for(messages.len())?;
        self.arena.forget(self.tail);
        let mut put = 0;
        for message in &messages[..slots] {
            let message = message.as_ref();
            assert!(self.ring.shape().takes(message.len()), "it was checked, and has changed");
            if !self.has_block(message.len())? {
                break;
            }
            self.write(self.tail.wrapping_add(put), message);
            put += 1;
        }
        let attention = if put == 0 { Attention::default() } else { self.publish(put) };
        Ok((put as usize, attention))
    }

    /// Makes the receiver see so many more messages, which are written.
    #[inline]
    fn publish(&mut self, count: u64) -> Attention {
        self.tail = self.tail.wrapping_add(count);
        let header = self.ring.header();
        // Release: pairs with the Acquire in `Consumer::look`; the slots are written.
        header.tail.0.store(self.tail, Ordering::Release);
        header.receiver.0.attend(self.ring.fence(), Fault::PublishWithoutFence)
    }

    /// Writes message number `index`, for which there is room.
    #[inline]
    fn write(&mut self, index: u64, message: &[u8]) {
        if fault(Fault::PublishBeforeWrite) {
            self.ring.header().tail.0.store(index.wrapping_add(1), Ordering::Release);
        }
        let shape = self.ring.shape();
        if message.len() > shape.longest_in_slot() {
            return self.write_into_arena(index, message);
        }
        let mut words = self.ring.slot(index);
        if shape.message_bytes().is_none() {
            let (length, rest) = words.split_first().expect("a slot has a length");
            length.store(message.len() as u64, Ordering::Relaxed);
            words = rest;
        }
        store(words, message);
    }

    #[cold]
    fn write_into_arena(&mut self, index: u64, message: &[u8]) {
        let at = self.arena.take(index, message.len());
        let slot = self.ring.slot(index);
        slot[0].store(IN_ARENA | message.len() as u64, Ordering::Relaxed);
        slot[1].store(at as u64, Ordering::Relaxed);
        store(&self.ring.arena()[at / 8..], message);
    }

    /// Before the sender sleeps until there is room: after this it looks again.
    pub(super) fn arm(&self) {
        self.ring.header().sender.0.flags.arm(self.ring.fence(), Fault::WaitWithoutFence);
    }

    /// After that.
    pub(super) fn disarm(&self) {
        self.ring.header().sender.0.flags.disarm();
    }

    /// Nothing more comes. Whether the receiver is to be woken.
    pub(super) fn close(&self, lost: u64) -> bool {
        let header = self.ring.header();
        // Relaxed: the receiver reads it after it has seen that we are closed.
        header.sender.0.lost.store(lost, Ordering::Relaxed);
        header.sender.0.flags.close();
        let wake = header.receiver.0.attend(self.ring.fence(), Fault::CloseWithoutFence).wake;
        wake && !fault(Fault::CloseWithoutWake)
    }
}

/// Word by word: the receiver's process may read at the same time what is not its turn.
#[inline]
fn store(words: &[AtomicU64], message: &[u8]) {
    let (whole, rest) = message.as_chunks::<8>();
    for (word, bytes) in words.iter().zip(whole) {
        word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        words[whole.len()].store(u64::from_ne_bytes(last), Ordering::Relaxed);
    }
}
