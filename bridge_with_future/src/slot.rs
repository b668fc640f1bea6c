//! The place of one answer, and who may touch what in it.
//!
//! The [`Completion`] is C's half: it answers, once, on any thread. The [`Response`] is the half that
//! is awaited. Each owns a share of the slot, so either may go first, and the last one frees it.
//!
//! Two bits say who has which cell:
//!
//! | cell | whose it is |
//! |---|---|
//! | the answer | the completion's until it sets `ANSWERED`, and the response's from then on |
//! | the waker | the response's while both bits are clear; the completion's, if it meets `WAITING` as it sets `ANSWERED`; else nobody's any more |
//!
//! Each side sets its bit and sees the other one in a single step. So either the completion finds
//! the waker, or the response finds the answer. They can't miss each other.

use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::{error, fmt};

use crate::sync::{Arc, AtomicU8, Ordering, UnsafeCell};

/// Set by the response: a waker lies in its cell.
const WAITING: u8 = 1;
/// Set by the completion: the answer lies in its cell, or there will be none.
const ANSWERED: u8 = 2;

#[derive(Debug)]
struct Slot<T> {
    state: AtomicU8,
    answer: UnsafeCell<Option<T>>,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: one side at a time has a cell, as the table says. What crosses threads in them is `Send`.
unsafe impl<T: Send> Sync for Slot<T> {}

/// The two halves of a request.
pub fn slot<T: Send>() -> (Completion<T>, Response<T>) {
    let slot = Arc::new(Slot {
        state: AtomicU8::new(0),
        answer: UnsafeCell::new(None),
        waker: UnsafeCell::new(None),
    });
    (Completion { slot: Arc::clone(&slot) }, Response { slot })
}

/// The right to answer once. Dropped without an answer, it tells the response so.
#[derive(Debug)]
pub struct Completion<T: Send> {
    slot: Arc<Slot<T>>,
}

impl<T: Send> Completion<T> {
    /// Answers. Whether somebody still waits makes no difference.
    pub fn complete(self, answer: T) {
        // SAFETY: `ANSWERED` is clear, and only dropping `self` sets it: the cell is ours.
        self.slot.answer.with_mut(|cell| unsafe { *cell = Some(answer) });
    }

    /// For the way through C, as user data. C owns the share in the slot until
    /// [`from_raw`](Completion::from_raw).
    pub fn into_raw(self) -> *mut c_void {
        let kept = ManuallyDrop::new(self);
        Arc::as_ptr(&kept.slot).cast_mut().cast()
    }

    /// Back from C.
    ///
    /// # Safety
    ///
    /// `user_data` is from `into_raw` of this very type, and this is the only time it comes back.
    pub unsafe fn from_raw(user_data: *mut c_void) -> Completion<T> {
        // SAFETY: from `Arc::as_ptr`, and `into_raw` kept the share that it stands for.
        Completion { slot: unsafe { Arc::from_raw(user_data.cast::<Slot<T>>()) } }
    }
}

impl<T: Send> Drop for Completion<T> {
    fn drop(&mut self) {
        // Release: publishes the answer. Acquire: takes over the waker, if it is there.
        let seen = self.slot.state.fetch_or(ANSWERED, Ordering::AcqRel);
        if seen & WAITING != 0 {
            // SAFETY: we have met `WAITING`: the waker's cell is ours.
            let waker = self.slot.waker.with_mut(|cell| unsafe { (*cell).take() });
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// The answer, some day. It may be dropped, moved, and polled for no reason at any time.
#[derive(Debug)]
#[must_use = "it is to be awaited"]
pub struct Response<T: Send> {
    slot: Arc<Slot<T>>,
}

/// There will be no answer, or it was taken before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned;

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer will come")
    }
}

impl error::Error for Abandoned {}

impl<T: Send> Future for Response<T> {
    type Output = Result<T, Abandoned>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let waker = context.waker().clone(); // of this poll: the task may be another one by now
        // Takes back the waker of the poll before. Acquire: takes over the answer, if it is there.
        let mut seen = self.slot.state.fetch_and(!WAITING, Ordering::Acquire);
        if seen & ANSWERED == 0 {
            // SAFETY: `WAITING` is clear, and only we set it: who answers now leaves the cell alone.
            let former = self.slot.waker.with_mut(|cell| unsafe { (*cell).replace(waker) });
            drop(former);
            // Release: publishes the waker. Acquire: as above. Leaving it and looking are one step.
            seen = self.slot.state.fetch_or(WAITING, Ordering::AcqRel);
        }
        if seen & ANSWERED == 0 {
            return Poll::Pending; // and the completion will find the waker
        }
        // SAFETY: `ANSWERED` is set: the cell is ours.
        let answer = self.slot.answer.with_mut(|cell| unsafe { (*cell).take() });
        Poll::Ready(answer.ok_or(Abandoned))
    }
}

/// Every order in which two threads can take their steps, found by loom. It fails where nobody is
/// woken any more ("deadlock"), where both touch a cell at once, and where a slot is not freed.
#[cfg(test)]
mod model {
    use std::pin::pin;

    use loom::future::block_on;
    use loom::thread;

    use super::*;

    #[test]
    fn an_answer_wakes_the_task_that_polled_last() {
        loom::model(|| {
            let (completion, response) = slot();
            let worker = thread::spawn(move || completion.complete(Box::new(9)));
            let mut response = pin!(response);
            // Another task polls first, and the future moves on to this one.
            let mut context = Context::from_waker(Waker::noop());
            let answer = match response.as_mut().poll(&mut context) {
                Poll::Ready(answer) => answer,
                Poll::Pending => block_on(response),
            };
            assert_eq!(answer, Ok(Box::new(9)));
            worker.join().expect("no panic");
        });
    }

    #[test]
    fn a_response_that_is_dropped_early_leaves_nothing_behind() {
        loom::model(|| {
            let (completion, mut response) = slot();
            // loom counts what is alive of its own `Arc`s, so it sees whether the answer is dropped.
            let answer = Arc::new(9);
            let worker = thread::spawn(move || completion.complete(answer));
            let _ = Pin::new(&mut response).poll(&mut Context::from_waker(Waker::noop()));
            drop(response);
            worker.join().expect("no panic");
        });
    }

    #[test]
    fn a_completion_that_is_dropped_ends_the_wait() {
        loom::model(|| {
            let (completion, response) = slot::<i64>();
            let worker = thread::spawn(move || drop(completion));
            assert_eq!(block_on(response), Err(Abandoned));
            worker.join().expect("no panic");
        });
    }
}
