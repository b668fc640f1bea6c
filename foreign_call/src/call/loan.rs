//! Arguments that live until the peer has answered, whatever becomes of the future.
//!
//! They lie in memory of their own, and the future owns it. If the future is dropped before the
//! answer, it leaves arguments and response to a waker: the answer wakes it, and it frees them. So a
//! dropped call costs one more allocation, and a peer that never answers keeps its arguments.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};
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

/// Frees what was lent when the answer comes.
struct Keeper<A, T: Send + 'static>(Mutex<Option<Lent<A, T>>>);

impl<A, T: Send + 'static> Keeper<A, T> {
    fn place(&self) -> std::sync::MutexGuard<'_, Option<Lent<A, T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<A: Send + 'static, T: Send + 'static> Wake for Keeper<A, T> {
    fn wake(self: Arc<Self>) {
        let lent = self.place().take();
        drop(lent); // the user's code, so outside of the lock
    }
}

fn keep<A: Send + 'static, T: Send + 'static>(mut lent: Lent<A, T>) {
    let keeper = Arc::new(Keeper(Mutex::new(None)));
    let waker = Waker::from(Arc::clone(&keeper));
    // The keeper is in the slot, and the slot's response in the keeper, until the answer parts them.
    if Pin::new(&mut lent.response).poll(&mut Context::from_waker(&waker)).is_ready() {
        return;
    }
    let mut place = keeper.place();
    let lent = place.insert(lent);
    // An answer between the two steps woke a keeper that had nothing yet.
    let early = lent.response.is_ready().then(|| place.take());
    drop(place);
    drop(early); // the user's code, so outside of the lock
}
