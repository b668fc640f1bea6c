//! The end where messages come out.

use std::fmt;
use std::future::Future;
#[cfg(all(unix, not(loom)))]
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{self, Context};

use super::consumer::{Buffer, Consumer};
use super::error::{Disconnected, TryRecvError};
#[cfg(unix)]
use super::events::Events;
use super::fault::{Fault, fault};
use super::local::Local;
use super::notify::{Block, Notify, Poll, TASK_LOOKS, TASK_POLLS, gather, look_for_a_while};
use super::region::Ring;

/// Where messages come out. It belongs to one thread at a time.
///
/// Dropping it closes the ring: the sender gets to know with its next message. What was not taken is
/// lost, and the sender can't know how much.
pub struct Receiver<N: Notify = Local> {
    consumer: Consumer,
    /// The message that was last taken, as it was copied out of the ring.
    buffer: Buffer,
    notify: N,
    wake_ups: u64,
}

impl<N: Notify> Receiver<N> {
    pub(super) fn new(ring: Ring, notify: N) -> Receiver<N> {
        let buffer = Buffer::new(&ring);
        Receiver { consumer: Consumer::new(ring), buffer, notify, wake_ups: 0 }
    }

    /// The most bytes that a message may have.
    pub fn longest(&self) -> usize {
        self.consumer.ring().shape().longest()
    }

    /// How often this end woke a sender that waited for room.
    pub fn wake_ups(&self) -> u64 {
        self.wake_ups
    }

    /// How many messages the sender had accepted into its spill and took with it when it went. Known
    /// once it is closed; it is the other side's word.
    pub fn lost(&self) -> u64 {
        self.consumer.lost()
    }

    /// Takes the next message, if there is one. Never waits.
    ///
    /// It is copied out of the ring, once, and lent until the next one is taken. Its slot is free
    /// already. The one system call that this may make is the one that wakes a sender that waits for
    /// room.
    ///
    /// # Errors
    ///
    /// There is no message now, or none will come. After [`Disconnected::Corrupt`] the message is
    /// still there, and no better.
    #[inline]
    pub fn try_recv(&mut self) -> Result<&[u8], TryRecvError> {
        if self.has_one()? { Ok(self.take()?) } else { Err(TryRecvError::Empty) }
    }

    /// Shows `each` the messages that are known to be there, at most `most`, and gives their slots
    /// back at once: how many there were.
    #[inline]
    pub(super) fn take_many(
        &mut self,
        most: usize,
        mut each: impl FnMut(&[u8]),
    ) -> Result<usize, Disconnected> {
        /// Gives them back, also where `each` panics.
        struct GiveBack<'a, N: Notify>(&'a mut Receiver<N>);
        impl<N: Notify> Drop for GiveBack<'_, N> {
            #[inline]
            fn drop(&mut self) {
                if self.0.consumer.release() {
                    self.0.wake();
                }
            }
        }
        let GiveBack(receiver) = &mut GiveBack(self);
        let count = receiver.consumer.many(most) as usize;
        for taken in 0..count {
            match receiver.consumer.next(&mut receiver.buffer) {
                Ok(length) => each(receiver.buffer.message(length)),
                // First those before it.
                Err(_) if taken > 0 => return Ok(taken),
                Err(corrupt) => return Err(corrupt.into()),
            }
        }
        Ok(count)
    }

    /// Whether a message is there, or none will come.
    #[inline]
    pub(super) fn has_one(&mut self) -> Result<bool, Disconnected> {
        if self.consumer.has_seen_one() { Ok(true) } else { self.status() }
    }

    /// Takes the next message, which is there.
    #[inline]
    fn take(&mut self) -> Result<&[u8], Disconnected> {
        let (length, wake) = self.consumer.take(&mut self.buffer)?;
        if wake {
            self.wake();
        }
        Ok(self.buffer.message(length))
    }

    #[cold]
    fn wake(&mut self) {
        self.wake_ups += 1;
        self.notify.wake();
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn ring(&self) -> &Ring {
        self.consumer.ring()
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn is_unused(&self) -> bool {
        self.consumer.is_unused()
    }

    #[cfg(unix)]
    pub(super) fn notify(&self) -> &N {
        &self.notify
    }

    /// Whether a message is there, or none will come.
    fn status(&mut self) -> Result<bool, Disconnected> {
        self.consumer.status(self.notify.gone())
    }
}

#[cfg(unix)]
impl Receiver<Events> {
    /// For a reactor of one's own: whether a message is there, or none will come. If not, the
    /// descriptor ([`AsFd`]) becomes readable once that has changed, and this is to be asked again.
    ///
    /// It takes back what made the descriptor readable.
    pub fn ready(&mut self) -> bool {
        self.notify.clear();
        self.consumer.arm();
        // An error is for who calls `try_recv`.
        let ready = self.status().unwrap_or(true);
        if ready {
            self.consumer.disarm();
        }
        ready
    }
}

#[cfg(all(unix, not(loom)))]
impl AsFd for Receiver<Events> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.notify.as_fd()
    }
}

impl<N: Block> Receiver<N> {
    /// Takes the next message, waiting for it on this thread.
    ///
    /// # Errors
    ///
    /// None will come; all that were sent before were taken.
    #[inline]
    pub fn recv(&mut self) -> Result<&[u8], Disconnected> {
        self.until_one()?;
        self.take()
    }

    /// Waits on this thread until a message is there.
    #[inline]
    pub(super) fn until_one(&mut self) -> Result<(), Disconnected> {
        if self.consumer.has_seen_one() { Ok(()) } else { self.wait() }
    }

    /// Looks for a message, and sleeps until one is there.
    #[cold]
    fn wait(&mut self) -> Result<(), Disconnected> {
        gather(self.consumer.found());
        if look_for_a_while(|| self.status())? {
            return Ok(());
        }
        loop {
            self.notify.prepare();
            self.consumer.arm();
            if fault(Fault::SleepWithoutLook) || !self.status()? {
                self.notify.sleep()?;
            }
            self.consumer.disarm();
            if self.status()? {
                return Ok(());
            }
        }
    }
}

impl<N: Poll> Receiver<N> {
    /// Takes the next message, waiting for it in a task. Before it sleeps, the task looks for some
    /// microseconds, and has itself polled again a few times; others of its runtime run in between.
    ///
    /// Safe to cancel: a future that is dropped before it is ready took nothing.
    ///
    /// # Errors
    ///
    /// None will come; all that were sent before were taken.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use foreign_call::ring::{Options, channel};
    ///
    /// let (mut sender, mut receiver) = channel(&Options::new(4, 16));
    /// let task = tokio::spawn(async move { sender.send_async(b"hello").await });
    /// assert_eq!(receiver.recv_async().await?, b"hello");
    /// task.await??;
    /// # Ok(())
    /// # }
    /// ```
    #[inline]
    pub async fn recv_async(&mut self) -> Result<&[u8], Disconnected> {
        self.until_one_async().await?;
        self.take()
    }

    /// Waits in a task until a message is there.
    #[inline]
    pub(super) async fn until_one_async(&mut self) -> Result<(), Disconnected> {
        if self.consumer.has_seen_one() {
            return Ok(());
        }
        Readiness { receiver: self, polls: 0, armed: false }.await
    }
}

/// Ready once a message is there, or none will come.
struct Readiness<'a, N: Poll> {
    receiver: &'a mut Receiver<N>,
    polls: u32,
    armed: bool,
}

impl<N: Poll> Future for Readiness<'_, N> {
    type Output = Result<(), Disconnected>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> task::Poll<Self::Output> {
        let Readiness { receiver, polls, armed } = &mut *self;
        for _ in 0..TASK_LOOKS {
            gather(receiver.consumer.found());
            if receiver.status()? {
                return task::Poll::Ready(Ok(()));
            }
        }
        if *polls < TASK_POLLS {
            *polls += 1;
            context.waker().wake_by_ref();
            return task::Poll::Pending;
        }
        receiver.notify.register(context)?;
        receiver.consumer.arm();
        *armed = true;
        if fault(Fault::SleepWithoutLook) || !receiver.status()? {
            return task::Poll::Pending;
        }
        task::Poll::Ready(Ok(()))
    }
}

impl<N: Poll> Drop for Readiness<'_, N> {
    fn drop(&mut self) {
        if self.armed {
            self.receiver.consumer.disarm();
        }
    }
}

impl<N: Notify> Drop for Receiver<N> {
    fn drop(&mut self) {
        if self.consumer.close() {
            self.wake();
        }
    }
}

impl<N: Notify + fmt::Debug> fmt::Debug for Receiver<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("consumer", &self.consumer)
            .field("notify", &self.notify)
            .field("wake_ups", &self.wake_ups)
            .finish_non_exhaustive()
    }
}
