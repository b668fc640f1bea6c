//! A stream's two ends: what the peer calls, and what the caller polls.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use callback_bridge::quiet::quietly;
use futures_core::Stream;

#[cfg(all(unix, not(loom)))]
use super::channel::Received;
use super::channel::{Channel, Waited};
use super::registry::{self, Place, Registered};
use super::room::{Room, Sent};
use crate::call::interface::{Notify, Told};
use crate::call::raw::{self, Answer, Functions, RawCall, TAKEN, read, read_error, refuse};
use crate::{CallError, FromRef};

/// One item. A stream has no other answer.
pub(in crate::call) const ITEM: u32 = 3;
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

/// Calls, and returns where the items will come.
pub fn call_stream<T: FromRef + Send + 'static, I>(
    items: Items<T, I>,
    call: impl FnOnce(RawCall),
) -> Items<T, I> {
    if let Some(Place { handle, .. }) = items.place() {
        let rust = const {
            &Functions {
                answer: answer::<T>,
                state: state::<T>,
                wait_for_room: Some(wait_for_room::<T>),
            }
        };
        call(RawCall { handle, rust });
    }
    items
}

/// The place of those for which there is none.
static NOWHERE: LazyLock<Room> = LazyLock::new(Room::new);

impl<T: Send + 'static, I> Items<T, I> {
    /// Where the items of a call will come. At most `buffer` of them wait there.
    pub fn new(buffer: usize, notify: Option<Notify>, finish: fn(Answer<T>) -> I) -> Items<T, I> {
        let make = |place| Arc::new(Channel::new(buffer, place));
        let channel = registry::add(buffer, make).unwrap_or_else(|| {
            let channel = make(Place { handle: 0, room: &NOWHERE });
            let _open = channel.end(Some(Err(Box::new(CallError::Exhausted))), true);
            channel
        });
        let told = Told { handle: channel.place().handle, notify };
        Items { channel, told, finish }
    }

    /// For the peer. `None` if there are too many streams: then nothing is called.
    pub(in crate::call) fn place(&self) -> Option<Place> {
        Some(self.channel.place()).filter(|place| place.handle != 0)
    }
}

/// For a stream that tells the peer in another way.
#[cfg(all(unix, not(loom)))]
impl<T, I> Items<T, I> {
    /// The peer was never called.
    pub(in crate::call) fn fail(&self, error: Box<CallError>) {
        let _open = self.channel.end(Some(Err(error)), true);
    }

    pub(in crate::call) fn told(&self) -> Told {
        self.told
    }

    pub(in crate::call) fn finish(&self) -> fn(Answer<T>) -> I {
        self.finish
    }

    pub(in crate::call) fn poll(&self, context: &mut Context<'_>) -> Poll<Received<Answer<T>>> {
        self.channel.poll(context)
    }
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
    let stream: Arc<dyn Any + Send + Sync> = registry::find(handle)?;
    stream.downcast().ok()
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
    if status == ITEM {
        match channel.take_place() {
            Sent::Taken => {}
            Sent::Full => return FULL, // a copy of what has no room would be for nothing
            Sent::Ended => return refuse(),
        }
    }
    // SAFETY: the caller's promise.
    unsafe { receive::<T>(&channel, handle, status, view) }
}

/// What the peer has sent over a ring. It has taken a place for an item itself.
///
/// # Safety
///
/// As [`read`].
#[cfg(all(unix, not(loom)))]
pub(in crate::call) unsafe extern "C" fn answer_over<T: FromRef + Send + 'static>(
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    let Some(channel) = find::<T>(handle) else { return refuse() };
    // SAFETY: the caller's promise.
    unsafe { receive::<T>(&channel, handle, status, view) }
}

/// # Safety
///
/// As [`read`].
unsafe fn receive<T: FromRef + Send + 'static>(
    channel: &Channel<Answer<T>>,
    handle: usize,
    status: u32,
    view: *const c_void,
) -> u32 {
    let last = match status {
        // SAFETY: the caller's promise.
        ITEM => match unsafe { read::<T>(raw::ANSWERED, view) } {
            Ok(item) => return push(channel, item),
            Err(error) => Some(error),
        },
        END => None,
        // SAFETY: the caller's promise.
        status => Some(unsafe { read_error(status, view) }),
    };
    let peer_knows = matches!(status, END | raw::FAILED | raw::GIVEN_UP);
    let ended = channel.end(last.map(Err), peer_knows);
    drop(registry::remove(handle));
    if ended.is_ok() { TAKEN } else { refuse() }
}

fn push<T>(channel: &Channel<Answer<T>>, item: T) -> u32 {
    match channel.push(Ok(item)) {
        Ok(()) => TAKEN,
        Err(refused) => {
            quietly(|| drop(refused));
            refuse()
        }
    }
}

extern "C" fn state<T: Send + 'static>(handle: usize) -> u32 {
    state_of(find::<T>(handle))
}

extern "C" fn wait_for_room<T: Send + 'static>(handle: usize, milliseconds: u32) -> u32 {
    wait_for_room_of(find::<T>(handle), milliseconds)
}

/// The same, for a stream of any items.
#[cfg(all(unix, not(loom)))]
pub(in crate::call) extern "C" fn state_of_any(handle: usize) -> u32 {
    state_of(registry::find(handle))
}

#[cfg(all(unix, not(loom)))]
pub(in crate::call) extern "C" fn wait_for_room_of_any(handle: usize, milliseconds: u32) -> u32 {
    wait_for_room_of(registry::find(handle), milliseconds)
}

fn state_of(stream: Option<Arc<impl Registered + ?Sized>>) -> u32 {
    raw::state(stream.is_some_and(|stream| stream.is_open()))
}

fn wait_for_room_of(stream: Option<Arc<impl Registered + ?Sized>>, milliseconds: u32) -> u32 {
    let time = Duration::from_millis(milliseconds.into());
    match stream.map_or(Waited::Ended, |stream| stream.wait_for_room(time)) {
        Waited::Room => 0,
        Waited::Ended => 1,
        Waited::TimeIsUp => 2,
    }
}
