//! Writing into a ring.

use super::error::{Corrupt, Disconnected};
use super::fault::{Fault, fault};
use super::flags::Attention;
use super::region::Ring;
use super::sync::Ordering;

/// The one that writes into a ring. What it knows of itself it never reads from the shared memory.
#[derive(Debug)]
pub(super) struct Producer {
    ring: Ring,
    /// How many messages were published.
    tail: u64,
    /// How many messages the receiver had taken when it was last looked at.
    seen: u64,
}

impl Producer {
    pub(super) fn new(ring: Ring) -> Producer {
        Producer { ring, tail: 0, seen: 0 }
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

    /// Whether a slot is free. It looks at the receiver's index only if there seems to be none.
    pub(super) fn has_room(&mut self) -> Result<bool, Corrupt> {
        if self.has_seen_room() { Ok(true) } else { self.look() }
    }

    /// How many of so many messages there is room for. It looks at the receiver's index only if there
    /// seems to be too little.
    pub(super) fn room_for(&mut self, messages: usize) -> Result<usize, Corrupt> {
        let slots = self.ring.shape().slots();
        if slots - self.tail.wrapping_sub(self.seen) < messages as u64 {
            self.look()?;
        }
        let free = slots - self.tail.wrapping_sub(self.seen);
        Ok(messages.min(usize::try_from(free).unwrap_or(usize::MAX)))
    }

    /// Whether half of the slots are free, as the receiver's index says now.
    #[cfg(unix)]
    pub(super) fn is_half_free(&mut self) -> bool {
        // What can't be is for who sends next to find.
        self.look().is_err() || 2 * self.tail.wrapping_sub(self.seen) <= self.ring.shape().slots()
    }

    fn look(&mut self) -> Result<bool, Corrupt> {
        // Acquire: pairs with the Release in `Consumer::release`; the slots before are read.
        let head = self.ring.header().head.0.load(Ordering::Acquire);
        let (used, slots) = (self.tail.wrapping_sub(head), self.ring.shape().slots());
        if used > slots {
            return Err(Corrupt::Index { theirs: head, ours: self.tail });
        }
        self.seen = head;
        Ok(used < slots)
    }

    /// Whether a slot is free, or never will be. `gone`: the other side was found dead before.
    pub(super) fn status(&mut self, gone: bool) -> Result<bool, Disconnected> {
        if self.ring.header().receiver.0.closed() {
            return Err(Disconnected::Closed);
        }
        if gone {
            return Err(Disconnected::Gone);
        }
        Ok(self.has_room()?)
    }

    /// Puts a message into a slot that is free, publishes it, and says what the receiver wants.
    #[inline]
    pub(super) fn put(&mut self, message: &[u8]) -> Attention {
        if fault(Fault::PublishBeforeWrite) {
            self.ring.header().tail.0.store(self.tail.wrapping_add(1), Ordering::Release);
        }
        self.write(self.tail, message);
        self.publish(1)
    }

    /// Puts messages into slots that are free, publishes all of them with one store, and says what the
    /// receiver wants.
    #[inline]
    pub(super) fn put_many<M: AsRef<[u8]>>(&mut self, messages: &[M]) -> Attention {
        let count = messages.len() as u64;
        if fault(Fault::PublishBeforeWrite) {
            self.ring.header().tail.0.store(self.tail.wrapping_add(count), Ordering::Release);
        }
        for (index, message) in (0..count).zip(messages) {
            let message = message.as_ref();
            assert!(self.ring.shape().takes(message.len()), "it was checked, and has changed");
            self.write(self.tail.wrapping_add(index), message);
        }
        self.publish(count)
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

    /// Word by word: the receiver's process may read at the same time what is not its turn.
    #[inline]
    fn write(&self, index: u64, message: &[u8]) {
        let mut words = self.ring.slot(index);
        if self.ring.shape().message_bytes().is_none() {
            let (length, rest) = words.split_first().expect("a slot has a length");
            length.store(message.len() as u64, Ordering::Relaxed);
            words = rest;
        }
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
