//! Blocks as the consumer sees them: borrowed from where the callback put them, or owned.

use std::fmt;
use std::ops::Deref;
use std::slice;
use std::time::Instant;

use super::consumer::Consumer;
use super::side::{Facts, Taken};
use super::time;

/// What all three kinds of block know, given how to come by the facts.
macro_rules! facts {
    ($self:ident => $facts:expr) => {
        /// How many blocks this producer pushed before this one, those that were lost included.
        pub fn sequence(&$self) -> u64 {
            $facts.sequence
        }

        /// How many blocks were lost between this one and the one that was taken before it.
        pub fn lost_blocks(&$self) -> u64 {
            $facts.lost.blocks
        }

        /// How many items those had.
        pub fn lost_items(&$self) -> u64 {
            $facts.lost.items
        }

        /// When it was pushed, if the channel was made with
        /// [times](super::Builder::times).
        pub fn time(&$self) -> Option<Instant> {
            $facts.nanoseconds.map(time::instant)
        }

        /// Whose it is: 0 for the first producer, 1 for the one
        /// [added](super::Consumer::add_producer) next, and so on.
        pub fn producer(&$self) -> usize {
            $facts.producer
        }
    };
}

/// One block, borrowed from where the callback put it; derefs to its items. Dropping it gives its
/// space back to the producer.
///
/// It may cross threads and `await` points.
///
/// ```
/// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(1, 2);
/// producer.push(&[1, 2])?;
/// while producer.push(&[3, 4]).is_ok() {}
/// assert_eq!(consumer.recv()?.iter().sum::<i16>(), 3);
/// while let Ok(block) = consumer.try_recv() {
///     assert_eq!((&*block, block.lost_blocks()), (&[3, 4][..], 0));
/// }
/// producer.push(&[5])?;
/// let block = consumer.recv()?;
/// assert_eq!((&*block, block.lost_blocks(), block.lost_items()), (&[5][..], 1, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Block<'a, T: Copy + Send> {
    consumer: &'a mut Consumer<T>,
    at: *const T,
    items: usize,
}

// SAFETY: it is a `&mut Consumer`, and a pointer to items that nobody writes to meanwhile. They may
// be read on another thread (`T: Send`), which then has the only reference to them.
unsafe impl<T: Copy + Send> Send for Block<'_, T> {}
// SAFETY: as above; with `&Block` several threads may read the items (`T: Sync`).
unsafe impl<T: Copy + Send + Sync> Sync for Block<'_, T> {}

impl<'a, T: Copy + Send> Block<'a, T> {
    /// The consumer's current block.
    #[inline]
    pub(super) fn new(consumer: &'a mut Consumer<T>) -> Block<'a, T> {
        let Taken { at, items, .. } = consumer.current;
        Block { consumer, at, items }
    }

    fn facts(&self) -> Facts {
        self.consumer.current.facts
    }

    facts!(self => self.facts());

    /// A copy that lives on its own; the space goes back to the producer.
    pub fn into_owned(self) -> OwnedBlock<T> {
        OwnedBlock { items: self.to_vec(), facts: self.facts() }
    }
}

impl<T: Copy + Send> Deref for Block<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        // SAFETY: the producer wrote so many items there and published them to this consumer; it
        // writes there again only after they are given back, in `drop`.
        unsafe { slice::from_raw_parts(self.at, self.items) }
    }
}

impl<T: Copy + Send> Drop for Block<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.consumer.let_go();
    }
}

/// One block of a [`Batch`](super::Batch); derefs to its items.
#[derive(Clone, Copy)]
pub struct View<'a, T> {
    items: &'a [T],
    facts: Facts,
}

impl<'a, T: Copy> View<'a, T> {
    pub(super) fn new(taken: &'a Taken<T>) -> View<'a, T> {
        // SAFETY: as in `Block::deref`; the batch gives them back, and is borrowed until then.
        let items = unsafe { slice::from_raw_parts(taken.at, taken.items) };
        View { items, facts: taken.facts }
    }

    facts!(self => self.facts);

    /// The items, for as long as the batch is borrowed.
    pub fn items(&self) -> &'a [T] {
        self.items
    }

    /// A copy that lives on its own.
    pub fn to_owned_block(&self) -> OwnedBlock<T> {
        OwnedBlock { items: self.items.to_vec(), facts: self.facts }
    }
}

impl<T> Deref for View<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.items
    }
}

/// One block with items of its own; derefs to them.
#[derive(Clone)]
pub struct OwnedBlock<T> {
    items: Vec<T>,
    facts: Facts,
}

impl<T> OwnedBlock<T> {
    facts!(self => self.facts);

    /// The items.
    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

impl<T> Deref for OwnedBlock<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

fn show<T: fmt::Debug>(
    name: &str,
    items: &[T],
    facts: Facts,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    f.debug_struct(name)
        .field("items", &items)
        .field("sequence", &facts.sequence)
        .field("lost_blocks", &facts.lost.blocks)
        .field("lost_items", &facts.lost.items)
        .field("producer", &facts.producer)
        .finish_non_exhaustive()
}

impl<T: Copy + Send + fmt::Debug> fmt::Debug for Block<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("Block", self, self.facts(), f)
    }
}

impl<T: fmt::Debug> fmt::Debug for View<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("View", self.items, self.facts, f)
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedBlock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show("OwnedBlock", &self.items, self.facts, f)
    }
}
