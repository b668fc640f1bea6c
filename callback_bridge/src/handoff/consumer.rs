//! The consumer's side: taking blocks, and waiting for them on a thread.

use std::fmt;
use std::sync::Arc as StdArc;
use std::task::Waker;
use std::time::{Duration, Instant};

use super::block::Block;
use super::error::{Ended, RecvTimeoutError, TryRecvError};
use super::lane::{ASLEEP, CLOSED, Lane};
use super::options::{Builder, Options};
use super::parker::Parker;
use super::producer::Producer;
use super::side::{Side, Taken};
use super::signal::Signal;
use super::stats::Stats;
use super::time;
use super::wait::Status;
use crate::clock::Ticket;
#[cfg(not(loom))]
use crate::closure::PoisonWatch;
use crate::fence::Fence;
use crate::sync::Arc;

/// Where blocks come out. It belongs to one thread or task at a time, and may move between them.
///
/// A [`Block`] borrows the consumer, so there is one at a time; a [`Batch`](super::Batch) holds
/// several. A block that is leaked (`mem::forget`) only holds its space, until the consumer is used
/// again.
///
/// Dropping the consumer makes `push` fail.
pub struct Consumer<T: Copy + Send> {
    pub(super) sides: Vec<Side<T>>,
    /// Which side is asked first next time.
    pub(super) turn: usize,
    /// The block that a [`Block`] shows.
    pub(super) current: Taken<T>,
    /// Whether `current` is held.
    holds: bool,
    /// The blocks that a [`Batch`](super::Batch) shows.
    pub(super) batch: Vec<Taken<T>>,
    pub(super) options: Options,
    pub(super) fence: Fence,
    pub(super) signal: Arc<Signal>,
    pub(super) parker: StdArc<Parker>,
    pub(super) parker_waker: Waker,
    /// Whether the producers are told to wake us.
    pub(super) asleep: bool,
    closed: bool,
    producers: usize,
    /// What was counted in lanes that have ended and are gone.
    past: Stats,
    pub(super) ticket: Ticket,
    /// The callback of a [`Subscription`](super::Subscription).
    #[cfg(not(loom))]
    pub(super) callback: Option<PoisonWatch>,
}

// SAFETY: the pointers in it lead into rings and chunks, which may be read from any thread; what is
// read there are items, `T: Send`.
unsafe impl<T: Copy + Send> Send for Consumer<T> {}
// SAFETY: with `&Consumer` one can only read counters.
unsafe impl<T: Copy + Send + Sync> Sync for Consumer<T> {}

impl<T: Copy + Send> fmt::Debug for Consumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Consumer").field("stats", &self.stats()).finish_non_exhaustive()
    }
}

impl<T: Copy + Send> Consumer<T> {
    pub(super) fn new(options: Options) -> Consumer<T> {
        if options.times {
            time::begin();
        }
        let parker = StdArc::new(Parker::new());
        Consumer {
            sides: Vec::new(),
            turn: 0,
            current: Taken::NOTHING,
            holds: false,
            batch: Vec::new(),
            fence: if options.portable_fence { Fence::BothSides } else { Fence::best() },
            options,
            signal: Arc::new(Signal::new()),
            parker_waker: Waker::from(StdArc::clone(&parker)),
            parker,
            asleep: false,
            closed: false,
            producers: 0,
            past: Stats::default(),
            ticket: Ticket::default(),
            #[cfg(not(loom))]
            callback: None,
        }
    }

    /// Another producer for this consumer, with a ring of its own and the same settings. Order
    /// holds for each producer; between producers the consumer takes turns.
    ///
    /// ```
    /// let (mut left, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
    /// let mut right = consumer.add_producer();
    /// left.push(&[1])?;
    /// right.push(&[2])?;
    /// let block = consumer.recv()?;
    /// assert_eq!((&*block, block.producer()), (&[1][..], 0));
    /// drop(block);
    /// let block = consumer.recv()?;
    /// assert_eq!((&*block, block.producer()), (&[2][..], 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no memory for the ring.
    pub fn add_producer(&mut self) -> Producer<T> {
        self.add_producer_with(self.options)
    }

    /// As [`Consumer::add_producer`], with a ring and an overflow policy of its own. Wake-ups, times
    /// and the fence stay those of the channel.
    ///
    /// ```
    /// use callback_bridge::handoff::{Builder, Overflow};
    ///
    /// let (mut samples, mut consumer) = Builder::new(16, 1024).build::<u8>();
    /// let few_short_and_never_lost = Builder::new(4, 64).overflow(Overflow::Wait);
    /// let mut messages = consumer.add_producer_like(few_short_and_never_lost);
    /// samples.push(&[0; 1024])?;
    /// messages.push(b"the sensor is warm now")?;
    /// assert_eq!(consumer.drain(usize::MAX, |_| ()), 2);
    /// assert_eq!(consumer.stats_of(1).map(|stats| stats.delivered_items), Some(22));
    /// # Ok::<(), callback_bridge::handoff::PushError>(())
    /// ```
    ///
    /// # Panics
    ///
    /// If there is no memory for the ring.
    pub fn add_producer_like(&mut self, builder: Builder) -> Producer<T> {
        self.add_producer_with(builder.options().within(self.options))
    }

    fn add_producer_with(&mut self, options: Options) -> Producer<T> {
        self.let_go();
        let past = &mut self.past;
        self.sides.retain_mut(|side| {
            let finished = side.finished();
            if finished {
                *past = past.and(side.stats());
                side.leave();
            }
            !finished
        });
        self.turn = 0;
        self.current.side = 0;
        let lane = Arc::new(Lane::new(options, Arc::clone(&self.signal)));
        if self.closed {
            lane.attend(CLOSED, 0);
        }
        if self.asleep {
            // A task waits already; this producer, too, has to wake it.
            lane.attend(ASLEEP, 0);
        }
        self.sides.push(Side::new(Arc::clone(&lane), self.producers));
        self.producers += 1;
        Producer::new(lane)
    }

    /// Takes the next block, and sleeps until there is one.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    ///
    /// # Panics
    ///
    /// If Linux refuses the `membarrier` that it had granted.
    ///
    /// ```
    /// use callback_bridge::handoff::{Ended, channel};
    ///
    /// let (mut producer, mut consumer) = channel::<i16>(4, 64);
    /// let callback = std::thread::spawn(move || producer.push(&[1, 2, 3]));
    /// assert_eq!(&*consumer.recv()?, &[1, 2, 3]);
    /// assert_eq!(callback.join().expect("no panic"), Ok(()));
    /// assert_eq!(consumer.recv().err(), Some(Ended));
    /// # Ok::<(), Ended>(())
    /// ```
    ///
    /// A block can't outlive its consumer, nor can two be taken so:
    ///
    /// ```compile_fail,E0505
    /// let (producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
    /// let block = consumer.recv();
    /// drop(consumer);
    /// drop(block);
    /// ```
    #[inline]
    pub fn recv(&mut self) -> Result<Block<'_, T>, Ended> {
        loop {
            if self.take_next() {
                return Ok(Block::new(self));
            }
            if self.wait(None) == Status::Ended {
                return Err(Ended);
            }
        }
    }

    /// Takes the next block, and sleeps until there is one, at most for `timeout`.
    ///
    /// # Errors
    ///
    /// The time is over, or all producers are gone and all their blocks were taken.
    ///
    /// # Panics
    ///
    /// As [`Consumer::recv`].
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Block<'_, T>, RecvTimeoutError> {
        // A time beyond the clock's end never comes.
        let deadline = Instant::now().checked_add(timeout);
        loop {
            if self.take_next() {
                return Ok(Block::new(self));
            }
            match self.wait(deadline) {
                Status::Ready => {}
                Status::Empty => return Err(RecvTimeoutError::Timeout),
                Status::Ended => return Err(RecvTimeoutError::Ended),
            }
        }
    }

    /// Takes the next block if there is one.
    ///
    /// # Errors
    ///
    /// There is none now, or there will never be one again.
    ///
    /// ```
    /// use callback_bridge::handoff::{TryRecvError, channel};
    ///
    /// let (producer, mut consumer) = channel::<i16>(4, 64);
    /// assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Empty));
    /// drop(producer);
    /// assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Ended));
    /// ```
    #[inline]
    pub fn try_recv(&mut self) -> Result<Block<'_, T>, TryRecvError> {
        loop {
            if self.take_next() {
                return Ok(Block::new(self));
            }
            match self.status() {
                Status::Ready => {}
                Status::Empty => return Err(TryRecvError::Empty),
                Status::Ended => return Err(TryRecvError::Ended),
            }
        }
    }

    /// Accepts no more blocks: releases a `push` that waits for room, and lets the next ones fail.
    /// What was accepted before can still be taken. Each producer may have one more block accepted
    /// before it notices.
    ///
    /// Whoever waits for callbacks to finish closes first, or waits for one that waits for room.
    pub fn close(&mut self) {
        self.closed = true;
        for side in &self.sides {
            side.lane.attend(CLOSED, 0);
            side.lane.wake_producer();
        }
    }

    /// What was counted up to now, over all producers that this consumer ever had.
    pub fn stats(&self) -> Stats {
        self.sides.iter().fold(self.past, |sum, side| sum.and(side.stats()))
    }

    /// What was counted of one producer, by its [number](Block::producer). None once it is gone, all
    /// its blocks were taken, and another producer was added; then only the sum knows of it.
    pub fn stats_of(&self, producer: usize) -> Option<Stats> {
        self.sides.iter().find(|side| side.producer == producer).map(Side::stats)
    }

    /// Whether the callback is known, and refuses all calls since it has panicked.
    pub(super) fn callback_is_poisoned(&self) -> bool {
        #[cfg(not(loom))]
        return self.callback.is_some_and(PoisonWatch::is_poisoned);
        #[cfg(loom)]
        false
    }

    /// Gives back what is still held because its guard was leaked, then makes the next block the
    /// current one, if there is one.
    #[inline]
    pub(super) fn take_next(&mut self) -> bool {
        self.let_go();
        self.holds = self.poll();
        self.holds
    }

    /// Takes the next block and writes it down as the current one.
    #[inline(always)]
    pub(super) fn poll(&mut self) -> bool {
        if let [side] = &mut self.sides[..] {
            return side.take(&mut self.current);
        }
        self.poll_sides()
    }

    /// The same with several producers, in turn.
    #[inline(never)]
    fn poll_sides(&mut self) -> bool {
        let sides = self.sides.len();
        for step in 0..sides {
            let index = (self.turn + step) % sides;
            if self.sides[index].take(&mut self.current) {
                self.current.side = index;
                self.turn = index + 1;
                return true;
            }
        }
        false
    }

    /// Gives back the block or the batch that is held.
    #[inline]
    pub(super) fn let_go(&mut self) {
        if self.holds {
            self.holds = false;
            self.sides[self.current.side].release(&self.current);
        }
        if !self.batch.is_empty() {
            self.let_go_batch();
        }
    }
}

impl<T: Copy + Send> Drop for Consumer<T> {
    fn drop(&mut self) {
        self.let_go();
        self.wake_up();
        for side in &mut self.sides {
            side.leave();
        }
    }
}
