//! Async calls: a task sends the answer, once, or says that there will be none.

use std::cell::Cell;
use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use super::failure::{Failed, panicked};
use super::reply::{MADE, Reply, answer_now, end};
use crate::ToRef;

/// An async call of the peer, for whoever runs tasks. It ends by itself: no panic leaves it, and what
/// it drops, dropped half-way or not, tells the peer.
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
/// the instance, is dropped before.
pub async fn answer_later<T: ToRef>(
    later: Later<T>,
    future: impl Future<Output = Result<T, Failed>>,
) {
    let mut future = pin!(Some(future));
    let outcome = poll_fn(|context| {
        let polled = catch_unwind(AssertUnwindSafe(|| match future.as_mut().as_pin_mut() {
            Some(future) => future.poll(context),
            None => unreachable!("it is polled until it is ready"),
        }));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(panic))))
    })
    .await;
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| future.set(None))) {
        drop(panicked(panic)); // counted, and the answer is there all the same
    }
    answer_now(later.into_reply(), || outcome);
}
