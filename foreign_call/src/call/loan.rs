//! Arguments that live until the peer has answered, whatever becomes of the future.
//!
//! They lie in memory of their own, and the future owns it. If the future is dropped before the
//! answer, it leaves them to a waker, and the request to the peer: whatever ends the request wakes the
//! waker, and that frees them. So a dropped call costs one more allocation, and a peer that never
//! answers keeps its arguments.

use std::future::Future;
use std::pin::Pin;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Wake};

use super::interface::Notify;
use super::later::{Called, call_later};
use super::raw::{Answer, RawCall};
use crate::convert::{Buffer, Writer};
use crate::{CallError, FromRef};

/// Calls with arguments that are kept until the answer, and gives both back. `size` adds up what the
/// views need, `call` makes them and calls.
///
/// Dropping the future half-way is safe, and tells the peer if there is a `notify`.
pub async fn lend<A, T, S, C>(
    notify: Option<Notify>,
    arguments: A,
    size: S,
    call: C,
) -> (Answer<T>, A)
where
    A: Send + 'static,
    T: FromRef + Send + 'static,
    S: FnOnce(&A, &mut usize),
    C: for<'a> FnOnce(&'a A, &mut Writer<'a>, RawCall),
{
    let mut room = 0;
    size(&arguments, &mut room);
    let mut kept = Kept::new(arguments, Buffer::new(room));
    match call_later::<T>(notify, |raw| kept.with(|arguments, writer| call(arguments, writer, raw)))
    {
        Ok(called) => Loan::new(Lent { called, kept }).await,
        Err(error) => (Err(error), kept.into_arguments()),
    }
}

/// Arguments and their views, at addresses that stay.
pub(super) struct Kept<A> {
    /// From a `Box`; raw, as the peer reads in it while this struct may move.
    arguments: NonNull<A>,
    buffer: Buffer,
}

// SAFETY: it owns an `A`, as a Box does.
unsafe impl<A: Send> Send for Kept<A> {}

impl<A> Kept<A> {
    pub(super) fn new(arguments: A, buffer: Buffer) -> Kept<A> {
        Kept { arguments: NonNull::from(Box::leak(Box::new(arguments))), buffer }
    }

    /// Has the views made, once.
    pub(super) fn with<R>(&mut self, write: impl for<'a> FnOnce(&'a A, &mut Writer<'a>) -> R) -> R {
        // SAFETY: ours until we drop it, and nobody writes it.
        let arguments = unsafe { self.arguments.as_ref() };
        write(arguments, &mut self.buffer.writer())
    }

    pub(super) fn into_arguments(mut self) -> A {
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

/// An unanswered call and what was lent for it.
pub(super) struct Lent<A, T: Send + 'static> {
    pub(super) called: Called<T>,
    pub(super) kept: Kept<A>,
}

/// The future of a call; `None` once it was answered.
pub(super) struct Loan<A: Send + 'static, T: Send + 'static>(Option<Lent<A, T>>);

impl<A: Send + 'static, T: Send + 'static> Loan<A, T> {
    pub(super) fn new(lent: Lent<A, T>) -> Loan<A, T> {
        Loan(Some(lent))
    }
}

impl<A: Send + 'static, T: Send + 'static> Future for Loan<A, T> {
    type Output = (Answer<T>, A);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let lent = self.0.as_mut().expect("the call was answered before");
        let Poll::Ready(answer) = Pin::new(&mut lent.called.response).poll(context) else {
            return Poll::Pending;
        };
        let lent = self.0.take().expect("it was there just now");
        let answer = answer.unwrap_or_else(|_| Err(Box::new(CallError::Unanswered)));
        Poll::Ready((answer, lent.kept.into_arguments()))
    }
}

impl<A: Send + 'static, T: Send + 'static> Drop for Loan<A, T> {
    fn drop(&mut self) {
        let Some(Lent { called: Called { response, told }, kept }) = self.0.take() else { return };
        let keeper = Arc::new(Keeper { _kept: kept, _counted: Counted::new() });
        // The peer may end the call at any moment now, also before it is told.
        if response.detach(keeper.into()) {
            told.dropped();
        }
    }
}

/// What was lent to a call that nobody waits for. Whatever ends the call drops it.
struct Keeper<A> {
    // In this order: what is not counted any more is free.
    _kept: Kept<A>,
    _counted: Counted,
}

// SAFETY: nobody looks at it through a reference; it is only dropped, by whoever is the last.
unsafe impl<A: Send> Sync for Keeper<A> {}

impl<A: Send + 'static> Wake for Keeper<A> {
    /// Woken once, so this is the last `Arc`.
    fn wake(self: Arc<Self>) {}
}

/// A statistic: it orders nothing, so `Relaxed`, and pairs with nothing.
static KEPT: AtomicU64 = AtomicU64::new(0);

struct Counted(());

impl Counted {
    fn new() -> Counted {
        KEPT.fetch_add(1, Ordering::Relaxed);
        Counted(())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        KEPT.fetch_sub(1, Ordering::Relaxed);
    }
}

/// So many drop-safe calls of this process keep their arguments now, though nobody waits for them:
/// their future was dropped, and the peer has not ended them.
pub fn kept_calls() -> u64 {
    KEPT.load(Ordering::Relaxed)
}
