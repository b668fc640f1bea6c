//! How large a ring is made.

use super::layout::Shape;

/// How large a ring is. Nothing grows beyond it.
///
/// ```
/// use foreign_call::ring::Options;
///
/// // 1024 messages of up to 56 bytes: 64 KiB of slots.
/// let options = Options::new(1024, 56);
/// assert_eq!(options.ring_bytes(), 640 + 1024 * (8 + 56));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    pub(super) shape: Shape,
    pub(super) spill: usize,
}

impl Options {
    /// Room for at least `slots` messages of at most `longest` bytes.
    ///
    /// The number of slots is rounded up to a power of two, at least 1; `longest` to a multiple of 8.
    ///
    /// # Panics
    ///
    /// If there can be no such ring: more than 2^31 slots, 4 GiB in one of them, or 2^60 bytes in all.
    pub fn new(slots: usize, longest: usize) -> Options {
        let shape = Shape::framed(slots, longest);
        let shape = shape.unwrap_or_else(|| {
            panic!("a ring of {slots} slots of {longest} bytes is too large");
        });
        Options { shape, spill: 0 }
    }

    /// Room for at least `slots` messages of exactly `bytes` bytes each.
    ///
    /// A slot is its message and no more: of numbers, a cache line holds twice as many as with
    /// [`new`](Options::new). The number of slots is rounded up to a power of two, at least
    /// 1, and a slot to a multiple of 8 bytes.
    ///
    /// ```
    /// use foreign_call::ring::{Options, TrySendError, channel};
    ///
    /// let options = Options::fixed(1024, 8);
    /// assert_eq!(options.ring_bytes(), 640 + 1024 * 8);
    /// let (mut sender, mut receiver) = channel(&options);
    /// sender.try_send(b"question")?;
    /// let refused = TrySendError::WrongLength { length: 6, each: 8 };
    /// assert_eq!(sender.try_send(b"answer"), Err(refused));
    /// assert_eq!(receiver.recv()?, b"question");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there can be no such ring: no bytes, or the limits of [`new`](Options::new).
    pub fn fixed(slots: usize, bytes: usize) -> Options {
        let shape = Shape::fixed(slots, bytes);
        let shape = shape.unwrap_or_else(|| {
            panic!("there is no ring of {slots} messages of {bytes} bytes each");
        });
        Options { shape, spill: 0 }
    }

    /// A sender that finds the ring full keeps up to so many messages, in order, and puts them into
    /// the ring when it comes again: with the next message, or with
    /// [`flush`](super::Sender::flush). None by default.
    #[must_use]
    pub fn spill(mut self, messages: usize) -> Options {
        self.spill = messages;
        self
    }

    /// How many messages fit into the ring.
    pub fn slots(&self) -> usize {
        self.shape.slots() as usize
    }

    /// The most bytes that a message may have.
    pub fn longest(&self) -> usize {
        self.shape.longest()
    }

    /// How many bytes each message has, if all have the same.
    pub fn message_bytes(&self) -> Option<usize> {
        self.shape.message_bytes()
    }

    /// The bytes of one ring, its header included. A connection has two.
    ///
    /// Besides, each receiver has a buffer of [`longest`](Options::longest) bytes, and a sender the
    /// messages in its spill.
    #[cfg(not(loom))]
    pub fn ring_bytes(&self) -> usize {
        self.shape.ring_bytes()
    }
}
