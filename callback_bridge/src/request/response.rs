//! The side that waits.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
#[cfg(not(loom))]
use std::time::{Duration, Instant};

use futures_core::future::FusedFuture;

use super::slot::Slot;
use super::{Abandoned, NotYet, park};
use crate::looks::{LOOKS, pause};
use crate::sync::thread;

/// The answer of one request, some day: a future for any runtime, or to be waited for without one.
///
/// Dropping it cancels the request. Its place is free at once, whatever the peer does; an answer
/// that comes later is refused. With [`Response::on_cancel`] the peer can be told.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use callback_bridge::request;
///
/// let (completion, response) = request::completion();
/// std::thread::spawn(move || completion.complete("pong"));
/// assert_eq!(response.await, Ok("pong"));
/// # }
/// ```
#[must_use = "dropping it cancels the request"]
pub struct Response<T: Send + 'static, C: FnOnce() = fn()> {
    slot: &'static Slot,
    /// The answer was taken: the slot is not ours any more.
    taken: bool,
    on_cancel: Option<C>,
    value: PhantomData<T>,
}

// Nothing in it is ever pinned: the value lies in the slot and is moved out of it.
impl<T: Send + 'static, C: FnOnce()> Unpin for Response<T, C> {}

impl<T: Send + 'static> Response<T> {
    #[inline]
    pub(super) fn new(slot: &'static Slot) -> Response<T> {
        Response { slot, taken: false, on_cancel: None, value: PhantomData }
    }
}

impl<T: Send + 'static, C: FnOnce()> Response<T, C> {
    /// Tells the peer when the response is dropped unanswered: `hook` is called then, once, on the
    /// thread that drops, when a late answer is already refused. It is not called if there is an
    /// answer, if the completion was dropped, or if the peer is answering at that moment. A hook set
    /// before is replaced.
    ///
    /// A panic in the hook goes on out of the drop.
    ///
    /// ```
    /// use callback_bridge::request;
    /// use std::cell::Cell;
    ///
    /// let cancelled = Cell::new(None);
    /// let (completion, response) = request::completion::<u8>();
    /// let handle = completion.into_raw(); // C has it now, and can be told which one to cancel
    /// let response = response.on_cancel(|| cancelled.set(Some(handle)));
    /// drop(response);
    /// assert_eq!(cancelled.get(), Some(handle));
    /// assert!(request::complete_raw(handle, 1_u8).is_err());
    /// ```
    pub fn on_cancel<D: FnOnce()>(mut self, hook: D) -> Response<T, D> {
        let response = Response {
            slot: self.slot,
            taken: self.taken,
            on_cancel: Some(hook),
            value: PhantomData,
        };
        self.taken = true; // the slot is the new one's
        response
    }

    /// Lets go of the request without cancelling it. Nobody wants its answer any more, and
    /// [`is_wanted_raw`](super::is_wanted_raw) says so, but it stays open: an answer is still taken,
    /// and dropped by the thread that brings it. Whatever ends the request wakes `ended`; if it has
    /// ended already, this does. True: the peer still has it.
    ///
    /// So a waker that owns what the peer was lent until its answer frees it then.
    ///
    /// ```
    /// use callback_bridge::request;
    /// use std::sync::Arc;
    /// use std::task::Wake;
    ///
    /// struct Lent(#[allow(dead_code, reason = "the peer has its address")] Vec<u8>);
    /// impl Wake for Lent {
    ///     fn wake(self: Arc<Self>) {} // the last one is dropped
    /// }
    ///
    /// let (completion, response) = request::completion::<u8>();
    /// let lent = Arc::new(Lent(vec![0; 16]));
    /// let alive = Arc::downgrade(&lent);
    /// assert!(response.detach(lent.into()));
    /// assert!(!completion.is_wanted());
    /// assert_eq!(alive.strong_count(), 1);
    /// assert_eq!(completion.complete(1), Ok(()));
    /// assert_eq!(alive.strong_count(), 0);
    /// ```
    pub fn detach(mut self, ended: Waker) -> bool {
        self.assert_not_taken();
        self.taken = true; // whatever happens, the slot is not ours any more
        match self.slot.detach::<T>(ended) {
            Ok(()) => true,
            Err(ended) => {
                ended.wake();
                false
            }
        }
    }

    /// Whether it was answered, or abandoned, so that nothing would wait. Never after it was taken.
    pub fn is_ready(&self) -> bool {
        !self.taken && self.slot.is_answered()
    }

    /// Blocks this thread until there is an answer.
    ///
    /// # Errors
    ///
    /// [`Abandoned`], if there will be none.
    ///
    /// # Panics
    ///
    /// If it was polled to its end before.
    pub fn wait(mut self) -> Result<T, Abandoned> {
        self.look_out(|| false);
        park::with_waker(|waker| {
            loop {
                if let Poll::Ready(answer) = self.advance(waker) {
                    return answer;
                }
                thread::park();
            }
        })
    }

    /// As [`Response::wait`], for no longer than `timeout`.
    ///
    /// # Errors
    ///
    /// [`NotYet::Pending`] gives the response back when the time is over: wait again, or drop it to
    /// cancel. [`NotYet::Abandoned`], if there will be no answer.
    ///
    /// # Panics
    ///
    /// As [`Response::wait`].
    ///
    /// ```
    /// use callback_bridge::request::{self, NotYet};
    /// use std::time::Duration;
    ///
    /// let (completion, response) = request::completion();
    /// let Err(NotYet::Pending(response)) = response.wait_timeout(Duration::from_millis(1)) else {
    ///     panic!("nobody has answered");
    /// };
    /// completion.complete('y').expect("it is still wanted");
    /// assert_eq!(response.wait_timeout(Duration::from_secs(5)).ok(), Some('y'));
    /// ```
    #[cfg(not(loom))]
    pub fn wait_timeout(mut self, timeout: Duration) -> Result<T, NotYet<Self>> {
        // A deadline that no clock will ever show is none.
        let deadline = Instant::now().checked_add(timeout);
        self.look_out(|| deadline.is_some_and(|deadline| Instant::now() >= deadline));
        let answer = park::with_waker(|waker| {
            loop {
                if let Poll::Ready(answer) = self.advance(waker) {
                    return Some(answer);
                }
                match deadline.map(|deadline| deadline.duration_since(Instant::now())) {
                    None => thread::park(),
                    Some(Duration::ZERO) => return None,
                    Some(left) => thread::park_timeout(left),
                }
            }
        });
        match answer {
            Some(answer) => answer.map_err(|Abandoned| NotYet::Abandoned),
            None => Err(NotYet::Pending(self)),
        }
    }

    /// The answer, if it is there already. Never waits.
    ///
    /// # Errors
    ///
    /// [`NotYet::Pending`] gives the response back. [`NotYet::Abandoned`], if there will be no
    /// answer.
    ///
    /// # Panics
    ///
    /// As [`Response::wait`].
    pub fn try_take(mut self) -> Result<T, NotYet<Self>> {
        self.assert_not_taken();
        match self.slot.try_take() {
            Poll::Pending => Err(NotYet::Pending(self)),
            Poll::Ready(answer) => {
                self.taken = true;
                answer.ok_or(NotYet::Abandoned)
            }
        }
    }

    /// Looks for a while whether the answer comes: to sleep and be woken takes longer, and costs the
    /// peer a system call.
    fn look_out(&self, too_late: impl Fn() -> bool) {
        for look in 0..LOOKS {
            if self.is_ready() || too_late() {
                return;
            }
            pause(look);
        }
    }

    #[inline]
    fn advance(&mut self, waker: &Waker) -> Poll<Result<T, Abandoned>> {
        self.assert_not_taken();
        let polled = self.slot.poll(waker);
        self.taken = polled.is_ready();
        polled.map(|answer| answer.ok_or(Abandoned))
    }

    fn cancel(&mut self) {
        #[cfg(loom)]
        if std::thread::panicking() {
            return; // the model is over, and its atomics are gone
        }
        if self.slot.cancel::<T>()
            && let Some(hook) = self.on_cancel.take()
        {
            hook();
        }
    }

    #[inline]
    fn assert_not_taken(&self) {
        assert!(!self.taken, "the answer of this response was taken before");
    }
}

impl<T: Send + 'static, C: FnOnce()> Future for Response<T, C> {
    type Output = Result<T, Abandoned>;

    /// # Panics
    ///
    /// If it has returned `Ready` before.
    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.get_mut().advance(context.waker())
    }
}

impl<T: Send + 'static, C: FnOnce()> FusedFuture for Response<T, C> {
    fn is_terminated(&self) -> bool {
        self.taken
    }
}

impl<T: Send + 'static, C: FnOnce()> Drop for Response<T, C> {
    #[inline]
    fn drop(&mut self) {
        if !self.taken {
            self.cancel();
        }
    }
}

impl<T: Send + 'static, C: FnOnce()> fmt::Debug for Response<T, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("taken", &self.taken).finish_non_exhaustive()
    }
}
