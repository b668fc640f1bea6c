//! The end where messages go in.

use std::future::Future;
#[cfg(all(unix, not(loom)))]
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{self, Context};

use super::error::{Disconnected, SendError, TrySendError};
#[cfg(unix)]
use super::events::Events;
use super::fault::{Fault, fault};
use super::flags::Attention;
use super::local::Local;
use super::notify::{Block, Notify, Poll, look_for_a_while};
use super::options::Options;
use super::producer::Producer;
use super::region::Ring;
use super::spill::Spill;

/// Where messages go in. It belongs to one thread at a time.
///
/// Dropping it closes the ring: the receiver still gets what was accepted, but for what is left in
/// the spill, which is counted ([`Receiver::lost`](super::Receiver::lost)). So a sender with a spill
/// [flushes](Sender::flush) before it goes.
#[derive(Debug)]
pub struct Sender<N: Notify = Local> {
    producer: Producer,
    spill: Spill,
    notify: N,
    wake_ups: u64,
}

impl<N: Notify> Sender<N> {
    pub(super) fn new(ring: Ring, options: &Options, notify: N) -> Sender<N> {
        let spill = Spill::new(options.spill);
        Sender { producer: Producer::new(ring), spill, notify, wake_ups: 0 }
    }

    /// The most bytes that a message may have.
    pub fn longest(&self) -> usize {
        self.producer.ring().shape().longest()
    }

    /// How often this end woke a receiver that slept.
    pub fn wake_ups(&self) -> u64 {
        self.wake_ups
    }

    /// How many messages wait in the spill.
    pub fn spilled(&self) -> usize {
        self.spill.len()
    }

    /// Copies a message into the ring, or into the spill if the ring is full. Never waits.
    ///
    /// The one system call that it may make is the one that wakes a receiver that sleeps.
    ///
    /// # Errors
    ///
    /// The message was not accepted, and is as if it had never been offered.
    ///
    /// ```
    /// use foreign_call::ring::{Options, TrySendError, channel};
    ///
    /// let (mut sender, mut receiver) = channel(&Options::new(2, 8));
    /// sender.try_send(b"one")?;
    /// sender.try_send(b"two")?;
    /// assert_eq!(sender.try_send(b"three"), Err(TrySendError::Full));
    /// assert_eq!(sender.try_send(b"nine bytes"), Err(TrySendError::TooLong { longest: 8 }));
    /// assert_eq!(receiver.recv()?, b"one");
    /// sender.try_send(b"three")?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_send(&mut self, message: &[u8]) -> Result<(), TrySendError> {
        if self.is_ready_for(message) {
            return Ok(self.put(message)?);
        }
        self.try_send_otherwise(message)
    }

    /// The usual case: nothing is spilled, and a slot is known to be free and all that is needed.
    #[inline]
    fn is_ready_for(&self, message: &[u8]) -> bool {
        let takes = self.producer.ring().shape().takes_in_slot(message.len());
        takes && self.spill.is_empty() && self.producer.has_seen_room()
    }

    #[cold]
    fn try_send_otherwise(&mut self, message: &[u8]) -> Result<(), TrySendError> {
        self.check(message)?;
        if self.try_put(&[message])? == 1 { Ok(()) } else { Err(TrySendError::Full) }
    }

    /// Whether a message may have so many bytes.
    pub(super) fn check(&self, message: &[u8]) -> Result<(), SendError> {
        let shape = self.producer.ring().shape();
        match (shape.takes(message.len()), shape.message_bytes()) {
            (true, _) => Ok(()),
            (false, None) => Err(SendError::TooLong { longest: shape.longest() }),
            (false, Some(each)) => Err(SendError::WrongLength { length: message.len(), each }),
        }
    }

    /// Puts messages that were checked into the ring, and what does not fit into the spill: how many
    /// of them.
    pub(super) fn try_put<M: AsRef<[u8]>>(
        &mut self,
        messages: &[M],
    ) -> Result<usize, Disconnected> {
        // In order: what was spilled comes first.
        let behind =
            !self.spill.is_empty() && !fault(Fault::SpillOvertaken) && !self.try_flush()?;
        let put = if behind {
            0
        } else {
            let (put, attention) = self.producer.put_many(messages)?;
            self.attend_to(attention)?;
            put
        };
        for (number, message) in messages.iter().enumerate().skip(put) {
            if !self.try_spill(message.as_ref())? {
                return Ok(number);
            }
        }
        Ok(messages.len())
    }

    /// There is room in the ring.
    #[inline]
    fn put(&mut self, message: &[u8]) -> Result<(), Disconnected> {
        let attention = self.producer.put(message);
        if attention == Attention::default() {
            return Ok(());
        }
        self.attend_to(attention)
    }

    #[cold]
    fn attend_to(&mut self, attention: Attention) -> Result<(), Disconnected> {
        if attention.wake {
            self.wake();
        }
        if attention.closed { Err(Disconnected::Closed) } else { Ok(()) }
    }

    #[cold]
    fn wake(&mut self) {
        self.wake_ups += 1;
        self.notify.wake();
    }

    /// There is no room in the ring. False if there is none here, either.
    fn try_spill(&mut self, message: &[u8]) -> Result<bool, Disconnected> {
        self.status(message.len())?;
        let has_room = self.spill.has_room();
        if has_room {
            self.spill.push(message);
        }
        Ok(has_room)
    }

    /// Moves what was spilled into the ring, as much as fits. True if that is all. Never waits.
    ///
    /// # Errors
    ///
    /// What was spilled will not be received.
    pub fn try_flush(&mut self) -> Result<bool, Disconnected> {
        while !self.spill.is_empty() {
            if !self.status(0)? {
                return Ok(false);
            }
            let message = self.spill.pop().expect("it is not empty");
            self.put(&message)?;
        }
        Ok(true)
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn ring(&self) -> &Ring {
        self.producer.ring()
    }

    #[cfg(all(unix, not(loom)))]
    pub(super) fn is_unused(&self) -> bool {
        self.producer.is_unused() && self.spill.is_empty()
    }

    #[cfg(unix)]
    pub(super) fn notify(&self) -> &N {
        &self.notify
    }

    /// Whether the ring has room for what comes next, or never will: for the first message that was
    /// spilled, or, if none was, for one of so many bytes.
    fn status(&mut self, length: usize) -> Result<bool, Disconnected> {
        let next = self.spill.first_length().unwrap_or(length);
        self.producer.status(next, self.notify.gone())
    }
}

#[cfg(unix)]
impl Sender<Events> {
    /// For a reactor of one's own: whether the ring has room, or never will. If not, the
    /// descriptor ([`AsFd`]) becomes readable once that has changed, and this is to be asked again.
    ///
    /// It takes back what made the descriptor readable.
    ///
    /// Where there is an [arena](Options::arena), this asks for a message that needs none of it, and
    /// [`ready_for`](Sender::ready_for) for any.
    pub fn ready(&mut self) -> bool {
        self.ready_for(0)
    }

    /// [`ready`](Sender::ready), for a message of so many bytes.
    pub fn ready_for(&mut self, length: usize) -> bool {
        self.notify.clear();
        self.producer.arm();
        // An error is for who calls `try_send`, and so is a message that is too long.
        let ready = length > self.longest() || self.status(length).unwrap_or(true);
        if ready {
            self.producer.disarm();
        }
        ready
    }

    /// The same, but not before half of the ring and of its arena is free: for who wakes many that wait for room.
    pub(crate) fn half_ready(&mut self) -> bool {
        self.notify.clear();
        self.producer.arm();
        let ready = match self.status(0) {
            Ok(_) => self.producer.is_half_free(),
            Err(_) => true,
        };
        if ready {
            self.producer.disarm();
        }
        ready
    }
}

#[cfg(all(unix, not(loom)))]
impl AsFd for Sender<Events> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.notify.as_fd()
    }
}

impl<N: Block> Sender<N> {
    /// [`try_send`](Sender::try_send), waiting on this thread while ring and spill are full.
    ///
    /// # Errors
    ///
    /// The message was not accepted.
    #[inline]
    pub fn send(&mut self, message: &[u8]) -> Result<(), SendError> {
        if self.is_ready_for(message) {
            return Ok(self.put(message)?);
        }
        self.send_otherwise(message)
    }

    #[cold]
    fn send_otherwise(&mut self, message: &[u8]) -> Result<(), SendError> {
        self.check(message)?;
        while self.try_put(&[message])? == 0 {
            self.wait(message.len())?;
        }
        Ok(())
    }

    /// Waits on this thread until all that was spilled is in the ring.
    ///
    /// # Errors
    ///
    /// What was spilled will not be received.
    ///
    /// ```
    /// use foreign_call::ring::{Options, channel};
    ///
    /// let (mut sender, mut receiver) = channel(&Options::new(1, 8).spill(2));
    /// for message in [b"1", b"2", b"3"] {
    ///     sender.try_send(message)?;
    /// }
    /// assert_eq!(sender.spilled(), 2);
    /// let thread = std::thread::spawn(move || sender.flush());
    /// for message in [b"1", b"2", b"3"] {
    ///     assert_eq!(receiver.recv()?, message);
    /// }
    /// assert_eq!(thread.join().expect("no panic"), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn flush(&mut self) -> Result<(), Disconnected> {
        while !self.try_flush()? {
            self.wait(0)?;
        }
        Ok(())
    }

    /// Sleeps until the ring has room for what comes next ([`status`](Sender::status)).
    #[cold]
    pub(super) fn wait(&mut self, length: usize) -> Result<(), Disconnected> {
        if look_for_a_while(|| self.status(length))? {
            return Ok(());
        }
        loop {
            self.notify.prepare();
            self.producer.arm();
            if fault(Fault::WaitWithoutLook) || !self.status(length)? {
                self.notify.sleep()?;
            }
            self.producer.disarm();
            if self.status(length)? {
                return Ok(());
            }
        }
    }
}

impl<N: Poll> Sender<N> {
    /// [`try_send`](Sender::try_send), waiting in a task while ring and spill are full.
    ///
    /// Safe to cancel: a future that is dropped before it is ready sent nothing.
    ///
    /// # Errors
    ///
    /// The message was not accepted.
    #[inline]
    pub async fn send_async(&mut self, message: &[u8]) -> Result<(), SendError> {
        if self.is_ready_for(message) {
            return Ok(self.put(message)?);
        }
        self.check(message)?;
        while self.try_put(&[message])? == 0 {
            self.room(message.len()).await?;
        }
        Ok(())
    }

    /// Waits in a task until the ring has room for what comes next ([`status`](Sender::status)).
    pub(super) fn room(&mut self, length: usize) -> impl Future<Output = Result<(), Disconnected>> {
        Room(self, length)
    }

    /// Waits in a task until all that was spilled is in the ring. Safe to cancel.
    ///
    /// # Errors
    ///
    /// What was spilled will not be received.
    pub async fn flush_async(&mut self) -> Result<(), Disconnected> {
        while !self.try_flush()? {
            self.room(0).await?;
        }
        Ok(())
    }
}

/// Ready once the ring has room for what comes next, or never will.
struct Room<'a, N: Poll>(&'a mut Sender<N>, usize);

impl<N: Poll> Future for Room<'_, N> {
    type Output = Result<(), Disconnected>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> task::Poll<Self::Output> {
        let Room(sender, length) = &mut *self;
        if !sender.status(*length)? {
            sender.notify.register(context)?;
            sender.producer.arm();
            if fault(Fault::WaitWithoutLook) || !sender.status(*length)? {
                return task::Poll::Pending;
            }
        }
        task::Poll::Ready(Ok(()))
    }
}

impl<N: Poll> Drop for Room<'_, N> {
    fn drop(&mut self) {
        self.0.producer.disarm();
    }
}

impl<N: Notify> Drop for Sender<N> {
    fn drop(&mut self) {
        // Where it fails nobody receives any more.
        let _ = self.try_flush();
        if self.producer.close(self.spill.len() as u64) {
            self.wake();
        }
    }
}
