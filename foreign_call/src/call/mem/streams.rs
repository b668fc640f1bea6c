//! Streams, whose items are messages.

use std::ffi::c_void;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::ptr;
use std::task::{Context, Poll, Waker, ready};

use futures_core::Stream;

use super::calls::{HANDLE, Message, keep, tell};
use super::link::Link;
use crate::FromRef;
use crate::call::later;
use crate::call::raw::{ANSWERED, Answer, WAITED_FOR};
use crate::call::stream::{self, Items};
use crate::convert::Writer;

/// Where in a call's message the loan's handle goes,
const LOAN: usize = 2;
/// and the address of the stream's room.
const ROOM: usize = 3;

/// In the place of a function: the stream of this handle was full, and has room.
const HAS_ROOM: u64 = u64::MAX;

/// The items of a call over a ring. It is made when there is room for its message: at once, or when
/// this is polled.
pub struct ItemsOver<T, I> {
    /// Until it is made. Dropped first: then it is not made any more.
    call: Option<Pin<Box<dyn Future<Output = Answer<()>> + Send>>>,
    items: Items<T, I>,
    link: &'static Link,
}

/// Calls, and returns where the items will come. If something is lent, as `lends` says, it is kept until
/// the peer has ended the loan, whatever becomes of the stream.
pub fn stream_over<A, T, I, S, W, const N: usize>(
    link: &'static Link,
    items: Items<T, I>,
    lends: bool,
    arguments: A,
    size: S,
    write: W,
) -> ItemsOver<T, I>
where
    A: Send + 'static,
    T: Send + 'static,
    S: FnOnce(&A, &mut usize),
    W: for<'a> FnOnce(&'a A, &mut Writer<'a>) -> Message<N>,
{
    let call = items.place().map(|place| {
        let (kept, mut message) = keep(arguments, size, write);
        message[HANDLE] = place.handle as u64;
        message[ROOM] = ptr::from_ref(place.room).expose_provenance() as u64;
        Box::pin(tell(link, kept, message, lends.then_some(LOAN))) as Pin<Box<_>>
    });
    let mut items = ItemsOver { call, items, link };
    // Nearly always there is room. Else whoever polls the stream waits for it.
    let _made = items.poll_call(&mut Context::from_waker(Waker::noop()));
    items
}

impl<T, I> ItemsOver<T, I> {
    /// Ready once the call is made, or never will be.
    fn poll_call(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(call) = &mut self.call {
            let made = ready!(call.as_mut().poll(context));
            self.call = None;
            if let Err(error) = made {
                self.items.fail(error);
            }
        }
        Poll::Ready(())
    }

    /// By a message, if it does not have to wait, and else by a call.
    fn tell_room(&self) {
        let told = self.items.told();
        let message = [HAS_ROOM, told.handle as u64].map(u64::to_ne_bytes);
        if told.notify.is_some() && !self.link.try_send(message.as_flattened()) {
            told.room();
        }
    }
}

impl<T, I> Stream for ItemsOver<T, I> {
    type Item = I;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<I>> {
        ready!(self.poll_call(context));
        let received = ready!(self.items.poll(context));
        if received.tell_room {
            self.tell_room();
        }
        Poll::Ready(received.item.map(self.items.finish()))
    }
}

impl<T, I> fmt::Debug for ItemsOver<T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ItemsOver").field("items", &self.items).finish_non_exhaustive()
    }
}

/// As the items are sent, or the end of the loan, which is the only thing that is answered.
///
/// # Safety
///
/// As [`read`](crate::call::raw::read).
pub(super) unsafe extern "C" fn answer<T: FromRef + Send + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    if status == ANSWERED {
        let unit = 0_u8;
        // SAFETY: a view of a `()`, in memory of ours.
        return unsafe { later::answer::<()>(handle, ANSWERED, (&raw const unit).cast()) };
    }
    // SAFETY: the caller's promise.
    unsafe { stream::answer_over::<T>(handle, status, view) }
}

/// Of a call or a stream: no two have the same handle.
pub(super) extern "C" fn state(handle: usize) -> u32 {
    match later::state(handle) {
        WAITED_FOR => WAITED_FOR,
        _ => stream::state_of_any(handle),
    }
}
