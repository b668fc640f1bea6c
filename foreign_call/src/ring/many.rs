//! Many messages at once: one store publishes all of them, and one store gives all their slots back.
//!
//! A line that both sides use crosses from core to core then, and once for many messages. What else a
//! message costs is a copy.

use super::error::{Disconnected, SendError, TryRecvError};
use super::notify::{Block, Notify, Poll};
use super::receiver::Receiver;
use super::sender::Sender;

impl<N: Notify> Sender<N> {
    /// Copies as many of these messages as there is room for, and publishes them at once. How many:
    /// the first so many were accepted, and 0 says that ring and spill are full. Never waits.
    ///
    /// # Errors
    ///
    /// None was accepted, if one of them has a wrong length. If the other side is gone, those that were
    /// accepted are not received.
    ///
    /// ```
    /// use foreign_call::ring::{Options, channel};
    ///
    /// let (mut sender, mut receiver) = channel(&Options::new(4, 8));
    /// let messages: Vec<[u8; 8]> = (0..6_u64).map(u64::to_ne_bytes).collect();
    /// let accepted = sender.try_send_many(&messages)?;
    /// assert_eq!(accepted, 4);
    /// let mut sum = 0;
    /// while sum < 6 {
    ///     receiver.recv_many(usize::MAX, |message| {
    ///         sum += u64::from_ne_bytes(message.try_into().expect("8 bytes"));
    ///     })?;
    /// }
    /// assert_eq!(sender.try_send_many(&messages[accepted..])?, 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn try_send_many<M: AsRef<[u8]>>(&mut self, messages: &[M]) -> Result<usize, SendError> {
        self.check_all(messages)?;
        Ok(self.try_put(messages)?)
    }

    #[inline]
    fn check_all<M: AsRef<[u8]>>(&self, messages: &[M]) -> Result<(), SendError> {
        messages.iter().try_for_each(|message| self.check(message.as_ref()))
    }
}

impl<N: Block> Sender<N> {
    /// Sends all of these messages, and waits on this thread each time that ring and spill are full.
    ///
    /// # Errors
    ///
    /// As [`try_send_many`](Sender::try_send_many).
    #[inline]
    pub fn send_many<M: AsRef<[u8]>>(&mut self, messages: &[M]) -> Result<(), SendError> {
        self.check_all(messages)?;
        let mut accepted = self.try_put(messages)?;
        while accepted < messages.len() {
            self.wait(messages[accepted].as_ref().len())?;
            accepted += self.try_put(&messages[accepted..])?;
        }
        Ok(())
    }
}

impl<N: Poll> Sender<N> {
    /// Sends all of these messages, and waits in a task each time that ring and spill are full.
    ///
    /// A future that is dropped before it is ready has sent what there was room for, from the first on.
    ///
    /// # Errors
    ///
    /// As [`try_send_many`](Sender::try_send_many).
    #[inline]
    pub async fn send_many_async<M: AsRef<[u8]>>(
        &mut self,
        messages: &[M],
    ) -> Result<(), SendError> {
        self.check_all(messages)?;
        let mut accepted = self.try_put(messages)?;
        while accepted < messages.len() {
            self.room(messages[accepted].as_ref().len()).await?;
            accepted += self.try_put(&messages[accepted..])?;
        }
        Ok(())
    }
}

impl<N: Notify> Receiver<N> {
    /// Shows `each` the messages that the last look found, in order: at most `most`, and at most half
    /// of the ring. How many they were; then there may be more. Never waits.
    ///
    /// Each is copied out of the ring, once. Their slots are free when all were shown, also if `each`
    /// panics.
    ///
    /// # Errors
    ///
    /// There is no message now, or none will come.
    #[inline]
    pub fn try_recv_many(
        &mut self,
        most: usize,
        each: impl FnMut(&[u8]),
    ) -> Result<usize, TryRecvError> {
        if self.has_one()? { Ok(self.take_many(most, each)?) } else { Err(TryRecvError::Empty) }
    }
}

impl<N: Block> Receiver<N> {
    /// [`try_recv_many`](Receiver::try_recv_many), waiting on this thread until there is a message.
    ///
    /// # Errors
    ///
    /// None will come; all that were sent before were taken.
    #[inline]
    pub fn recv_many(
        &mut self,
        most: usize,
        each: impl FnMut(&[u8]),
    ) -> Result<usize, Disconnected> {
        self.until_one()?;
        self.take_many(most, each)
    }
}

impl<N: Poll> Receiver<N> {
    /// [`try_recv_many`](Receiver::try_recv_many), waiting in a task until there is a message, as
    /// [`recv_async`](Receiver::recv_async) does.
    ///
    /// Safe to cancel: a future that is dropped before it is ready took nothing.
    ///
    /// # Errors
    ///
    /// None will come; all that were sent before were taken.
    #[inline]
    pub async fn recv_many_async(
        &mut self,
        most: usize,
        each: impl FnMut(&[u8]),
    ) -> Result<usize, Disconnected> {
        self.until_one_async().await?;
        self.take_many(most, each)
    }
}
