//! A stream's two ends: what the peer calls, and what the caller polls.

use std::ffi::c_void;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use callback_bridge::quiet::quietly;
use futures_core::Stream;

use super::channel::{Channel, Sent, Waited};
use super::registry;
use crate::call::interface::{Notify, Told};
use crate::call::raw::{self, Answer, Functions, RawCall, TAKEN, read, read_error, refuse};
use crate::{CallError, FromRef};

/// One item. A stream has no other answer.
const ITEM: u32 = 3;
/// No more items.
const END: u32 = 4;
/// The item was not taken, as the buffer is full.
const FULL: u32 = 2;

/// The items of one call, in the order in which the peer's threads have sent them. Dropping it ends
/// the stream, and tells the peer.
pub struct Items<T, I> {
    channel: Arc<Channel<Answer<T>>>,
    told: Told,
    /// From how it went to what the caller wants to see. May panic.
    finish: fn(Answer<T>) -> I,
}

/// Calls, and returns where the items will come. At most `buffer` of them wait there.
pub fn call_stream<T: FromRef + Send + 'static, I>(
    buffer: usize,
    notify: Option<Notify>,
    finish: fn(Answer<T>) -> I,
    call: impl FnOnce(RawCall),
) -> Items<T, I> {
    let channel = Arc::new(Channel::new(buffer));
    let handle = registry::add(Arc::clone(&channel) as registry::Registered);
    let told = Told { handle: handle.unwrap_or(0), notify };
    let items = Items { channel, told, finish };
    let Some(handle) = handle else {
        let _open = items.channel.end(Some(Err(Box::new(CallError::Exhausted))), true);
        return items;
    };
    let rust = const {
        &Functions {
            answer: answer::<T>,
            state: state::<T>,
            wait_for_room: Some(wait_for_room::<T>),
        }
    };
    call(RawCall { handle, rust });
    items
}

impl<T, I> Stream for Items<T, I> {
    type Item = I;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<I>> {
        let received = ready!(self.channel.poll(context));
        if received.tell_room {
            self.told.room();
        }
        Poll::Ready(received.item.map(self.finish))
    }
}

impl<T, I> Drop for Items<T, I> {
    fn drop(&mut self) {
        let _registered = registry::remove(self.told.handle);
        let closed = self.channel.close();
        if closed.tell_peer {
            self.told.dropped();
        }
        drop(closed.left); // last, as it may panic
    }
}

impl<T, I> fmt::Debug for Items<T, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items").field("told", &self.told).finish_non_exhaustive()
    }
}

/// The channel of a handle, if it is one of a stream of such items that has not ended.
fn find<T: Send + 'static>(handle: usize) -> Option<Arc<Channel<Answer<T>>>> {
    registry::find(handle)?.downcast().ok()
}

/// # Safety
///
/// As [`read`].
unsafe extern "C" fn answer<T: FromRef + Send + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    let Some(channel) = find::<T>(handle) else { return refuse() };
    let last = match status {
        ITEM => {
            let seen = channel.look(); // a copy of what has no room would be for nothing
            if seen != Sent::Taken {
                return told(seen);
            }
            // SAFETY: the caller's promise.
            match unsafe { read::<T>(raw::ANSWERED, view) } {
                Ok(item) => return send(&channel, item),
                Err(error) => Some(error),
            }
        }
        END => None,
        // SAFETY: the caller's promise.
        status => Some(unsafe { read_error(status, view) }),
    };
    let peer_knows = matches!(status, END | raw::FAILED | raw::GIVEN_UP);
    let ended = channel.end(last.map(Err), peer_knows);
    drop(registry::remove(handle));
    if ended.is_ok() { TAKEN } else { refuse() }
}

fn send<T>(channel: &Channel<Answer<T>>, item: T) -> u32 {
    match channel.send(Ok(item)) {
        Ok(()) => TAKEN,
        Err((item, seen)) => {
            quietly(|| drop(item));
            told(seen)
        }
    }
}

/// As the peer is told it.
fn told(seen: Sent) -> u32 {
    match seen {
        Sent::Taken => TAKEN,
        Sent::Full => FULL,
        Sent::Ended => refuse(),
    }
}

extern "C" fn state<T: Send + 'static>(handle: usize) -> u32 {
    raw::state(find::<T>(handle).is_some_and(|channel| channel.is_open()))
}

extern "C" fn wait_for_room<T: Send + 'static>(handle: usize, milliseconds: u32) -> u32 {
    let Some(channel) = find::<T>(handle) else { return 1 };
    match channel.wait_for_room(Duration::from_millis(milliseconds.into())) {
        Waited::Room => 0,
        Waited::Ended => 1,
        Waited::TimeIsUp => 2,
    }
}
