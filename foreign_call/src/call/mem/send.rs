//! Sending a message when there is room for it.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

use callback_bridge::quiet::quietly;

use super::link::{Link, Sending};
use crate::CallError;
use crate::call::raw::Answer;
use crate::ring::TrySendError;

/// A message on its way into the ring. Dropped before it is ready, it was not sent.
pub(super) struct Send<'a> {
    link: &'static Link,
    message: &'a [u8],
    /// Its place among those who wait, once it has waited.
    ticket: Option<u64>,
}

impl Link {
    /// Sends a message, when there is room.
    pub(super) fn send<'a>(&'static self, message: &'a [u8]) -> Send<'a> {
        Send { link: self, message, ticket: None }
    }

    fn lock(&'static self) -> Answer<MutexGuard<'static, Sending>> {
        Ok(self.sending()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Future for Send<'_> {
    type Output = Answer<()>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Answer<()>> {
        let mut new = None;
        loop {
            let mut sending = self.link.lock()?;
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
                    Err(TrySendError::Full) if sending.sender.ready() => continue,
                    Err(TrySendError::Full) => {}
                    Err(_) => return Poll::Ready(Err(Box::new(CallError::Unanswered))),
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
        let Ok(mut sending) = self.link.lock() else { return };
        let own = sending.waiting.remove(&ticket);
        drop(sending);
        // The peer may have the message by now, and read what this call has lent: no panic passes.
        quietly(|| drop(own));
    }
}

/// Wakes all of them. These are foreign code: neither what was just sent nor the thread that receives
/// may end with a panic of one, and the others are woken all the same.
pub(super) fn wake(woken: BTreeMap<u64, Waker>) {
    for waker in woken.into_values() {
        quietly(|| waker.wake());
    }
}

/// Waits on this thread for a message to be sent.
pub(super) fn wait<T>(sending: impl Future<Output = T>) -> T {
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
