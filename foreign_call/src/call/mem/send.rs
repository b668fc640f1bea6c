//! Sending a message when there is room for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use callback_bridge::quiet::quietly;

use crate::ring::{Disconnected, Events, Sender, TrySendError};

/// Where messages to the peer go in, and who waits to put one there.
#[derive(Debug)]
pub(in crate::call) struct Sending {
    sender: Sender<Events>,
    /// By their tickets, so in the order in which they came. While somebody waits, who comes waits too.
    waiting: BTreeMap<u64, Waker>,
    last_ticket: u64,
    /// Why nothing is sent any more.
    ended: Option<Disconnected>,
}

impl Sending {
    pub(in crate::call) fn new(sender: Sender<Events>) -> Mutex<Sending> {
        Mutex::new(Sending { sender, waiting: BTreeMap::new(), last_ticket: 0, ended: None })
    }

    /// All who wait, once half of the ring is free: not fewer, as each may be one who does not come.
    /// Until then the peer tells of room.
    fn whom_to_wake(&mut self) -> BTreeMap<u64, Waker> {
        match self.sender.half_ready() {
            true => std::mem::take(&mut self.waiting),
            false => BTreeMap::new(),
        }
    }
}

/// The peer has told of room.
pub(in crate::call) fn room_came(sending: &Mutex<Sending>) {
    let woken = lock(sending).whom_to_wake();
    wake(woken);
}

/// Nothing is sent any more: all who wait get to know.
#[cfg(target_os = "linux")]
pub(in crate::call) fn end(sending: &Mutex<Sending>, why: Disconnected) {
    let mut held = lock(sending);
    held.ended = Some(why);
    let woken = std::mem::take(&mut held.waiting);
    drop(held);
    wake(woken);
}

fn lock(sending: &Mutex<Sending>) -> MutexGuard<'_, Sending> {
    sending.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A message on its way into the ring. Dropped before it is ready, it was not sent.
pub(in crate::call) struct Send<'a> {
    sending: &'a Mutex<Sending>,
    message: &'a [u8],
    /// Its place among those who wait, once it has waited.
    ticket: Option<u64>,
}

/// Sends a message, when there is room: the error is never [`TrySendError::Full`].
pub(in crate::call) fn send<'a>(sending: &'a Mutex<Sending>, message: &'a [u8]) -> Send<'a> {
    Send { sending, message, ticket: None }
}

/// Sends a message at once, unless somebody waits for room or has to.
pub(super) fn try_send(sending: &Mutex<Sending>, message: &[u8]) -> bool {
    let mut sending = lock(sending);
    sending.waiting.is_empty() && sending.sender.try_send(message).is_ok()
}

impl Future for Send<'_> {
    type Output = Result<(), TrySendError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut new = None;
        loop {
            let mut sending = lock(self.sending);
            if let Some(why) = sending.ended {
                return Poll::Ready(Err(why.into()));
            }
            let behind = self.ticket.is_none() && !sending.waiting.is_empty();
            if !behind {
                match sending.sender.try_send(self.message) {
                    Ok(()) => {
                        let woken = self.ticket.map(|_| sending.whom_to_wake());
                        drop(sending);
                        wake(woken.unwrap_or_default());
                        return Poll::Ready(Ok(()));
                    }
                    // After this the peer tells of room. If it is there already, the peer may not tell
                    // those who wait: then we do, once we have sent.
                    Err(TrySendError::Full) if sending.sender.ready_for(self.message.len()) => {
                        continue;
                    }
                    Err(TrySendError::Full) => {}
                    Err(why) => return Poll::Ready(Err(why)),
                }
            }
            let Some(waker) = new.take() else {
                drop(sending);
                new = Some(context.waker().clone()); // foreign code, so not under the lock
                continue;
            };
            let ticket = *self.ticket.get_or_insert_with(|| {
                sending.last_ticket += 1;
                sending.last_ticket
            });
            let old = sending.waiting.insert(ticket, waker);
            drop(sending);
            drop(old);
            return Poll::Pending;
        }
    }
}

impl Drop for Send<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut sending = lock(self.sending);
        let own = sending.waiting.remove(&ticket);
        drop(sending);
        // The peer may have the message by now, and read what this call has lent: no panic passes.
        quietly(|| drop(own));
    }
}

/// Wakes all of them. These are foreign code: neither what was just sent nor the thread that receives
/// may end with a panic of one, and the others are woken all the same.
fn wake(woken: BTreeMap<u64, Waker>) {
    for waker in woken.into_values() {
        quietly(|| waker.wake());
    }
}

/// Waits on this thread for a message to be sent.
pub(in crate::call) fn wait<T>(sending: impl Future<Output = T>) -> T {
    let mut sending = pin!(sending);
    // Nearly always there is room, and no need of a waker that wakes.
    if let Poll::Ready(sent) = sending.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        return sent;
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        if let Poll::Ready(sent) = sending.as_mut().poll(&mut Context::from_waker(&waker)) {
            return sent;
        }
        thread::park();
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
