//! Async calls: a task sends the answer, once, or says that there will be none.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::failure::{Failed, panicked};
use super::reply::{MADE, Reply, answer_now, end};
use crate::ToRef;

/// An async call of the peer, for whoever runs tasks. It ends by itself: no panic leaves it, whether
/// it is polled or dropped, and dropped before its end it tells the peer.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Gives tasks to a runtime.
pub type Spawn = Box<dyn Fn(Task) + Send + Sync>;

/// An async call that is being begun.
pub struct Beginning {
    reply: Reply,
    begun: Cell<bool>,
}

impl Beginning {
    /// Whoever has this sends the answer. Only once.
    pub fn later<T>(&self) -> Later<T> {
        assert!(!self.begun.replace(true), "a call has one answer");
        Later { reply: self.reply, answer: PhantomData }
    }
}

impl fmt::Debug for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Beginning").field("begun", &self.begun).finish_non_exhaustive()
    }
}

/// Makes the task and has it run, or sends why it can't. Never unwinds.
#[inline]
pub fn begin(reply: Reply, make: impl FnOnce(&Beginning) -> Result<(), Failed>) -> u32 {
    let beginning = Beginning { reply, begun: Cell::new(false) };
    match catch_unwind(AssertUnwindSafe(|| make(&beginning))) {
        Ok(Ok(())) => MADE,
        other => end(reply, beginning.begun.get(), other),
    }
}

/// An answer that is to be sent. Dropped before, it gives the call up.
pub struct Later<T> {
    reply: Reply,
    answer: PhantomData<fn(T)>,
}

// SAFETY: the caller of an async function lets its answer come on any thread, as `Reply::new` says.
unsafe impl<T> Send for Later<T> {}

impl<T> Later<T> {
    /// Disarms the guard.
    fn into_reply(self) -> Reply {
        ManuallyDrop::new(self).reply
    }
}

impl<T> Drop for Later<T> {
    fn drop(&mut self) {
        self.reply.give_up();
    }
}

impl<T> fmt::Debug for Later<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Later").finish_non_exhaustive()
    }
}

/// Runs the implementation's future and sends its answer. The future, and with it the arguments and
/// the instance, is dropped before: also where the task is, half-way or without a start.
pub fn answer_later<T: ToRef>(
    later: Later<T>,
    future: impl Future<Output = Result<T, Failed>>,
) -> impl Future<Output = ()> {
    let running = Running(Some(future));
    async move {
        let mut running = pin!(running);
        let outcome = poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context)));
            polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
        })
        .await;
        running.end();
        answer_now(later.into_reply(), || outcome);
    }
}

/// A future until its end, which may panic: that is counted and goes no further.
struct Running<F>(Option<F>);

impl<F> Running<F> {
    fn future(self: Pin<&mut Self>) -> Pin<&mut Option<F>> {
        // SAFETY: the future is pinned as this is: it is never moved, and its `drop` runs in place.
        unsafe { self.map_unchecked_mut(|running| &mut running.0) }
    }

    fn poll<T>(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T>
    where
        F: Future<Output = T>,
    {
        match self.future().as_pin_mut() {
            Some(future) => future.poll(context),
            None => unreachable!("it is polled until it is ready"),
        }
    }

    fn end(self: Pin<&mut Self>) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.future().set(None))) {
            drop(panicked(panic)); // counted; the caller gets its answer, or is told that none comes
        }
    }
}

impl<F> Drop for Running<F> {
    fn drop(&mut self) {
        // SAFETY: nobody moves it any more; if it was pinned, it still lies there.
        unsafe { Pin::new_unchecked(self) }.end();
    }
}
