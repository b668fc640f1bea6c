//! Several blocks at once, given back together or in any order.

use std::fmt;

use super::block::View;
use super::consumer::Consumer;
use super::error::Ended;
use super::side::{Side, Taken};
use super::wait::Status;

impl<T: Copy + Send> Consumer<T> {
    /// Takes the blocks that are ready, at most `most`, and holds them together. It may be empty;
    /// it never waits. Giving many short or large blocks back at once spares the producer's cache.
    ///
    /// ```
    /// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
    /// producer.push(&[1, 2])?;
    /// producer.push(&[3])?;
    /// let sum: i16 = consumer.batch(16).iter().map(|block| block.iter().sum::<i16>()).sum();
    /// assert_eq!(sum, 6);
    /// assert!(consumer.batch(16).is_empty());
    /// # Ok::<(), callback_bridge::handoff::PushError>(())
    /// ```
    pub fn batch(&mut self, most: usize) -> Batch<'_, T> {
        self.let_go();
        self.take_batch(most);
        Batch { consumer: self }
    }

    /// Takes the blocks that are ready, at most `most`, into the batch. How many.
    pub(super) fn take_batch(&mut self, most: usize) -> usize {
        self.take_ready(most, |taken, batch| batch.push(*taken))
    }

    /// Sleeps until at least one block is ready, then takes those that are, at most `most`.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    ///
    /// # Panics
    ///
    /// As [`Consumer::recv`].
    pub fn recv_batch(&mut self, most: usize) -> Result<Batch<'_, T>, Ended> {
        self.let_go();
        loop {
            if self.wait(None) == Status::Ended {
                return Err(Ended);
            }
            // What was ready may be dropped as the oldest, before we take it.
            if self.take_batch(most) > 0 || most == 0 {
                return Ok(Batch { consumer: self });
            }
        }
    }

    /// Shows `visit` the blocks that are ready now, at most `most`, and then gives them all back at
    /// once. How many there were; it never waits. This is the fastest way to take many short
    /// blocks: nothing is written down about them, and the producer is asked once for all.
    ///
    /// The oldest comes first; of several producers, all blocks of one before those of the next.
    ///
    /// ```
    /// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
    /// producer.push(&[1, 2])?;
    /// producer.push(&[3])?;
    /// let mut sum: i16 = consumer.recv()?.iter().sum(); // sleeps until there is one
    /// consumer.drain(usize::MAX, |block| sum += block.iter().sum::<i16>());
    /// assert_eq!(sum, 6);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn drain(&mut self, most: usize, mut visit: impl FnMut(View<'_, T>)) -> usize {
        /// Gives them back, also where `visit` panics.
        struct GiveBack<'a, T: Copy + Send>(&'a mut Consumer<T>);
        impl<T: Copy + Send> Drop for GiveBack<'_, T> {
            #[inline]
            fn drop(&mut self) {
                self.0.sides.iter_mut().for_each(Side::release_all);
            }
        }
        self.let_go();
        let drained = GiveBack(self);
        drained.0.take_ready(most, |taken, _| visit(View::new(taken)))
    }

    /// Takes the blocks that are ready, at most `most`, side by side, beginning with another one
    /// each time.
    #[inline(always)]
    fn take_ready(
        &mut self,
        most: usize,
        mut visit: impl FnMut(&Taken<T>, &mut Vec<Taken<T>>),
    ) -> usize {
        let sides = self.sides.len();
        let mut count = 0;
        for step in 0..sides {
            let index = (self.turn + step) % sides;
            count += self.sides[index]
                .take_ready(most - count, index, |taken| visit(taken, &mut self.batch));
        }
        self.turn += 1;
        count
    }

    /// Gives back all that the last batch still holds.
    #[inline(never)]
    pub(super) fn let_go_batch(&mut self) {
        self.batch.clear();
        self.sides.iter_mut().for_each(Side::release_all);
    }
}

/// Several blocks, in the order in which they were taken. Dropping it gives all of them back.
///
/// More can be taken meanwhile, and single ones given back: a window that slides over the stream.
/// The space of a block is used again once those before it were given back too.
///
/// ```
/// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
/// for sample in 1..=4 {
///     producer.push(&[sample])?;
/// }
/// let mut window = consumer.batch(2);
/// let mut sums = Vec::new();
/// while window.len() == 2 {
///     sums.push(window.iter().map(|block| block[0]).sum::<i16>());
///     window.release(0);
///     window.take(1);
/// }
/// assert_eq!(sums, [3, 5, 7]);
/// # Ok::<(), callback_bridge::handoff::PushError>(())
/// ```
pub struct Batch<'a, T: Copy + Send> {
    pub(super) consumer: &'a mut Consumer<T>,
}

impl<T: Copy + Send> Batch<'_, T> {
    /// Takes further blocks that are ready, at most `most`. How many it took.
    pub fn take(&mut self, most: usize) -> usize {
        self.consumer.take_batch(most)
    }

    /// Sleeps until one more block is ready, and takes it.
    ///
    /// With [`Overflow::Wait`](super::Overflow::Wait), a batch that holds the whole ring waits here
    /// for a producer that waits for it.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken. The batch stays as it is.
    ///
    /// # Panics
    ///
    /// As [`Consumer::recv`].
    pub fn recv(&mut self) -> Result<View<'_, T>, Ended> {
        while self.take(1) == 0 {
            if self.consumer.wait(None) == Status::Ended {
                return Err(Ended);
            }
        }
        self.consumer.batch.last().map(View::new).ok_or(Ended)
    }

    /// How many blocks it holds.
    pub fn len(&self) -> usize {
        self.consumer.batch.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.consumer.batch.is_empty()
    }

    /// The block at `index`, counted from the oldest one that it holds.
    pub fn get(&self, index: usize) -> Option<View<'_, T>> {
        self.consumer.batch.get(index).map(View::new)
    }

    /// All blocks that it holds, the oldest first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = View<'_, T>> {
        self.consumer.batch.iter().map(View::new)
    }

    /// Gives the block at `index` back; those after it move up. False if there is none.
    pub fn release(&mut self, index: usize) -> bool {
        let consumer = &mut *self.consumer;
        if index >= consumer.batch.len() {
            return false;
        }
        let taken = consumer.batch.remove(index);
        let first = consumer.batch.iter().find(|first| first.side == taken.side);
        consumer.sides[taken.side].release_one(&taken, first);
        true
    }
}

impl<T: Copy + Send> Drop for Batch<'_, T> {
    fn drop(&mut self) {
        self.consumer.let_go();
    }
}

impl<T: Copy + Send + fmt::Debug> fmt::Debug for Batch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
