//! Arguments that live until the peer has answered, whatever becomes of the future.
//!
//! They lie in memory of their own, and the future owns it. If the future is dropped before the
//! answer, it leaves arguments and response to a waker: the answer wakes it, and it frees them. So a
//! dropped call costs one more allocation, and a peer that never answers keeps its arguments.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use callback_bridge::request::Response;

use super::later::call_later;
use super::raw::{Answer, RawCall};
use crate::convert::{Buffer, Writer};
use crate::{CallError, FromRef};

/// Calls with arguments that are kept until the answer, and gives both back. `size` adds up what the
/// views need, `call` makes them and calls.
///
/// Dropping the future half-way is safe.
pub async fn lend<A, T, S, C>(arguments: A, size: S, call: C) -> (Answer<T>, A)
where
    A: Send + 'static,
    T: FromRef + Send + 'static,
    S: FnOnce(&A, &mut usize),
    C: for<'a> FnOnce(&'a A, &mut Writer<'a>, RawCall),
{
    let mut room = 0;
    size(&arguments, &mut room);
    let mut kept = Kept::new(arguments, Buffer::new(room));
    match call_later::<T>(|raw| kept.call(call, raw)) {
        Ok(response) => Loan(Some(Lent { response, kept })).await,
        Err(error) => (Err(error), kept.into_arguments()),
    }
}

/// Arguments and their views, at addresses that stay.
struct Kept<A> {
    /// From a `Box`; raw, as the peer reads in it while this struct may move.
    arguments: NonNull<A>,
    buffer: Buffer,
}

// SAFETY: it owns an `A`, as a Box does.
unsafe impl<A: Send> Send for Kept<A> {}

impl<A> Kept<A> {
    fn new(arguments: A, buffer: Buffer) -> Kept<A> {
        Kept { arguments: NonNull::from(Box::leak(Box::new(arguments))), buffer }
    }

    fn call(&mut self, call: impl for<'a> FnOnce(&'a A, &mut Writer<'a>, RawCall), raw: RawCall) {
        // SAFETY: ours until we drop it, and nobody writes it.
        let arguments = unsafe { self.arguments.as_ref() };
        call(arguments, &mut self.buffer.writer(), raw);
    }

    fn into_arguments(mut self) -> A {
        let (arguments, empty) = (self.arguments, Buffer::new(0));
        drop(std::mem::replace(&mut self.buffer, empty));
        let _not_dropped = std::mem::ManuallyDrop::new(self);
        // SAFETY: it came from a Box, and `self` frees it no more.
        *unsafe { Box::from_raw(arguments.as_ptr()) }
    }
}

impl<A> Drop for Kept<A> {
    fn drop(&mut self) {
        // SAFETY: it came from a Box, and nobody frees it but us.
        drop(unsafe { Box::from_raw(self.arguments.as_ptr()) });
    }
}

/// An unanswered call and what was lent for it. The response goes first: after that every answer is
/// refused.
struct Lent<A, T: Send + 'static> {
    response: Response<Answer<T>>,
    kept: Kept<A>,
}

/// The future of a call; `None` once it was answered.
struct Loan<A: Send + 'static, T: Send + 'static>(Option<Lent<A, T>>);

impl<A: Send + 'static, T: Send + 'static> Future for Loan<A, T> {
    type Output = (Answer<T>, A);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let lent = self.0.as_mut().expect("the call was answered before");
        let Poll::Ready(answer) = Pin::new(&mut lent.response).poll(context) else {
            return Poll::Pending;
        };
        let lent = self.0.take().expect("it was there just now");
        let answer = answer.unwrap_or_else(|_| Err(Box::new(CallError::Unanswered)));
        Poll::Ready((answer, lent.kept.into_arguments()))
    }
}

impl<A: Send + 'static, T: Send + 'static> Drop for Loan<A, T> {
    fn drop(&mut self) {
        if let Some(lent) = self.0.take() {
            keep(lent);
        }
    }
}

/// Leaves what was lent to the answer.
fn keep<A: Send + 'static, T: Send + 'static>(mut lent: Lent<A, T>) {
    let keeper = Arc::new(Keeper(Mutex::new(State { lent: None, answered: false })));
    let waker = Waker::from(Arc::clone(&keeper));
    // The keeper is in the slot, and the slot's response in the keeper, until the answer parts them.
    if Pin::new(&mut lent.response).poll(&mut Context::from_waker(&waker)).is_pending() {
        keeper.keep(lent);
    }
}

/// Frees what was lent when the answer wakes it.
struct Keeper<L>(Mutex<State<L>>);

struct State<L> {
    lent: Option<L>,
    answered: bool,
}

impl<L> Keeper<L> {
    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer may have come already, between the poll and this.
    fn keep(&self, lent: L) {
        let mut state = self.state();
        if !state.answered {
            state.lent = Some(lent);
            return;
        }
        drop(state);
        drop(lent); // the user's code, so outside of the lock
    }
}

impl<L: Send + 'static> Wake for Keeper<L> {
    fn wake(self: Arc<Self>) {
        let mut state = self.state();
        state.answered = true;
        let lent = state.lent.take();
        drop(state);
        drop(lent); // the user's code, so outside of the lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_freed_by_the_answer_whichever_comes_first() {
        for answer_first in [true, false] {
            let lent = Arc::new(());
            let keeper = Arc::new(Keeper(Mutex::new(State { lent: None, answered: false })));
            if answer_first {
                Arc::clone(&keeper).wake();
            }
            keeper.keep(Arc::clone(&lent));
            if !answer_first {
                assert_eq!(Arc::strong_count(&lent), 2, "kept");
                Arc::clone(&keeper).wake();
            }
            assert_eq!(Arc::strong_count(&lent), 1, "freed");
        }
    }
}
