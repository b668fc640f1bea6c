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

    /// Behind the slots lies an arena of so many bytes, rounded up to a multiple of 8: messages that
    /// are longer than a slot lie there, one behind the other, and each of them has a slot as well,
    /// which says where. So a message may be as long as the arena. For two of them under way at once
    /// it has to be twice as long, and where they go round its end, three times. None by default.
    ///
    /// What lies in the arena arrives as all others do: in order, once, and copied once by the
    /// receiver. A sender that finds no room there waits, spills, or says that the ring is full.
    ///
    /// # Panics
    ///
    /// If there can be no such ring: more than 2^60 bytes in all, or messages of one length
    /// ([`fixed`](Options::fixed)), which all lie in their slots.
    ///
    /// ```
    /// use foreign_call::ring::{Options, channel};
    ///
    /// let (mut sender, mut receiver) = channel(&Options::new(64, 24).arena(1 << 20));
    /// assert_eq!(sender.longest(), 1 << 20);
    /// sender.send(b"short, so in its slot")?;
    /// sender.send(&[7; 100_000])?;
    /// assert_eq!(receiver.recv()?, b"short, so in its slot");
    /// assert_eq!(receiver.recv()?, [7; 100_000]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn arena(mut self, bytes: usize) -> Options {
        let fixed = self.shape.message_bytes();
        assert!(fixed.is_none(), "messages of one length lie in their slots, and need no arena");
        let shape = self.shape.with_arena(bytes);
        self.shape = shape.unwrap_or_else(|| panic!("an arena of {bytes} bytes is too large"));
        self
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

    /// The most bytes that a message may have: in a slot or, if that is longer, in the arena.
    pub fn longest(&self) -> usize {
        self.shape.longest()
    }

    /// How many bytes each message has, if all have the same.
    pub fn message_bytes(&self) -> Option<usize> {
        self.shape.message_bytes()
    }

    /// The bytes of one ring, its header and its arena included. A connection has two.
    ///
    /// Besides, each receiver has a buffer of the longest message that came so far, or may come in a
    /// slot: at most twice as many bytes, and at most [`longest`](Options::longest). And a sender has
    /// the messages in its spill, and 24 bytes for each that is in the arena.
    #[cfg(not(loom))]
    pub fn ring_bytes(&self) -> usize {
        self.shape.ring_bytes()
    }
}
