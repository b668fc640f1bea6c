//! Waiting in a task.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::batch::Batch;
use super::block::{Block, OwnedBlock};
use super::consumer::Consumer;
use super::error::Ended;
use super::options::WakeUps;
use super::wait::Status;

impl<T: Copy + Send> Consumer<T> {
    /// Takes the next block, in a task of any runtime. The block is lent: it is where the callback
    /// put it.
    ///
    /// Safe to cancel: a future that is dropped before it is ready took nothing. With
    /// [`WakeUps::Clock`] a thread of the library ticks; [`Consumer::recv_on_tick`] lets the
    /// runtime do it.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), callback_bridge::handoff::Ended> {
    /// let (mut producer, mut consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
    /// let callback = std::thread::spawn(move || producer.push(&[1, 2, 3]));
    /// assert_eq!(&*consumer.recv_async().await?, &[1, 2, 3]);
    /// # callback.join().expect("no panic").expect("room");
    /// # Ok(())
    /// # }
    /// ```
    pub fn recv_async(&mut self) -> RecvAsync<'_, T> {
        RecvAsync { consumer: Some(self) }
    }

    /// Takes the next block in a task, looking once before and then after each future that `tick`
    /// makes, for example a sleep of the user's runtime. Of use with [`WakeUps::Clock`].
    ///
    /// Safe to cancel.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    ///
    /// ```
    /// use callback_bridge::handoff::{Builder, WakeUps};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), callback_bridge::handoff::Ended> {
    /// let period = Duration::from_millis(1);
    /// let (mut producer, mut consumer) =
    ///     Builder::new(4, 64).wake_ups(WakeUps::Clock(period)).build::<i16>();
    /// let callback = std::thread::spawn(move || producer.push(&[1, 2, 3]));
    /// let block = consumer.recv_on_tick(|| tokio::time::sleep(period)).await?;
    /// assert_eq!(&*block, &[1, 2, 3]);
    /// # callback.join().expect("no panic").expect("room");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn recv_on_tick<F: Future>(
        &mut self,
        mut tick: impl FnMut() -> F,
    ) -> Result<Block<'_, T>, Ended> {
        loop {
            if self.take_next() {
                return Ok(Block::new(self));
            }
            match self.status() {
                Status::Ready => {}
                Status::Ended => return Err(Ended),
                Status::Empty => drop(tick().await),
            }
        }
    }

    /// Waits in a task until at least one block is ready, then takes those that are, at most
    /// `most`. Safe to cancel.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    pub async fn recv_batch_async(&mut self, most: usize) -> Result<Batch<'_, T>, Ended> {
        self.let_go();
        loop {
            Readiness { consumer: self }.await?;
            // What was ready may be dropped as the oldest, before we take it.
            if self.take_batch(most) > 0 || most == 0 {
                return Ok(Batch { consumer: self });
            }
        }
    }

    /// Takes the next block, for a future written by hand: what
    /// [`recv_async`](Consumer::recv_async) polls. Pending, it has the task woken once a block is
    /// ready or none will come; only the task that polled last is.
    ///
    /// # Errors
    ///
    /// All producers are gone, and all their blocks were taken.
    pub fn poll_recv(&mut self, context: &mut Context<'_>) -> Poll<Result<Block<'_, T>, Ended>> {
        self.poll_take(context).map(|taken| taken.map(|()| Block::new(self)))
    }

    /// Makes the next block the current one.
    fn poll_take(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        loop {
            if self.take_next() {
                self.wake_up();
                return Poll::Ready(Ok(()));
            }
            match self.poll_ready(context) {
                Poll::Ready(Ok(())) => {}
                other => return other,
            }
        }
    }

    /// Ready once a block is, or none will come.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        let mut status = self.status();
        if status == Status::Empty {
            if let WakeUps::Clock(period) = self.options.wake_ups {
                self.ticket.wake_after(period, context.waker());
                return Poll::Pending;
            }
            let armed = self.fall_asleep(context.waker());
            status = self.status();
            if status == Status::Empty {
                if !armed {
                    // A producer is calling the waker of before: come again.
                    context.waker().wake_by_ref();
                }
                return Poll::Pending;
            }
        }
        self.wake_up();
        Poll::Ready(if status == Status::Ended { Err(Ended) } else { Ok(()) })
    }

    /// A task that waited does so no more.
    fn cancel(&mut self) {
        self.wake_up();
        self.ticket.forget();
    }
}

/// What [`Consumer::recv_async`] returns.
#[must_use = "a future does nothing unless it is awaited"]
pub struct RecvAsync<'a, T: Copy + Send> {
    /// Gone once the block is there.
    consumer: Option<&'a mut Consumer<T>>,
}

impl<'a, T: Copy + Send> Future for RecvAsync<'a, T> {
    type Output = Result<Block<'a, T>, Ended>;

    /// # Panics
    ///
    /// If it was ready before; or as [`Consumer::recv`].
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let consumer = self.consumer.as_deref_mut().expect("polled after it was ready");
        match consumer.poll_take(context) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(Ended)) => return Poll::Ready(Err(Ended)),
            Poll::Pending => return Poll::Pending,
        }
        let consumer = self.consumer.take().expect("it was there above");
        Poll::Ready(Ok(Block::new(consumer)))
    }
}

impl<T: Copy + Send> Drop for RecvAsync<'_, T> {
    fn drop(&mut self) {
        if let Some(consumer) = &mut self.consumer {
            consumer.cancel();
        }
    }
}

impl<T: Copy + Send> fmt::Debug for RecvAsync<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecvAsync").field("consumer", &self.consumer).finish()
    }
}

/// Ready once a block is.
struct Readiness<'a, T: Copy + Send> {
    consumer: &'a mut Consumer<T>,
}

impl<T: Copy + Send> Future for Readiness<'_, T> {
    type Output = Result<(), Ended>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.consumer.poll_ready(context)
    }
}

impl<T: Copy + Send> Drop for Readiness<'_, T> {
    fn drop(&mut self) {
        self.consumer.cancel();
    }
}

impl<T: Copy + Send> Unpin for Consumer<T> {}

/// A consumer is a stream of blocks with items of their own: one copy, on the consumer's side. It
/// ends when all producers are gone and all their blocks were taken.
///
/// ```
/// use futures_util::StreamExt;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let (mut producer, consumer) = callback_bridge::handoff::channel::<i16>(4, 64);
/// let callback = std::thread::spawn(move || producer.push(&[1, 2, 3]));
/// let blocks: Vec<_> = consumer.collect().await;
/// assert_eq!((blocks.len(), &*blocks[0]), (1, &[1, 2, 3][..]));
/// # callback.join().expect("no panic").expect("room");
/// # }
/// ```
impl<T: Copy + Send> Stream for Consumer<T> {
    type Item = OwnedBlock<T>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<OwnedBlock<T>>> {
        self.poll_recv(context).map(|block| block.ok().map(Block::into_owned))
    }
}
