//! The buffer between the peer's threads, which send, and the task that receives.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use callback_bridge::quiet::quietly;

use super::registry::{Place, Registered};
use super::room::Sent;

/// How a wait for room ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waited {
    Room,
    Ended,
    TimeIsUp,
}

/// A bounded queue. Many senders, one receiver; either side may end it.
pub(super) struct Channel<I> {
    state: Mutex<State<I>>,
    /// Senders sleep here.
    room: Condvar,
    /// So many items at most.
    limit: usize,
    /// Where senders find whether there is room.
    place: Place,
}

struct State<I> {
    /// A last item may come in addition to the limit. Room is made as items wait: most streams never
    /// use all that they may.
    items: VecDeque<I>,
    ended: bool,
    /// It was the peer's end, so there is nobody to tell.
    peer_knows: bool,
    /// The receiver sleeps.
    waker: Option<Waker>,
    /// So many senders sleep.
    sleeping: usize,
}

/// What the receiver got, and whether the peer is to be told that there is room.
pub(in crate::call) struct Received<I> {
    pub(in crate::call) item: Option<I>,
    pub(in crate::call) tell_room: bool,
}

/// What the receiver leaves behind.
pub(super) struct Closed<I> {
    /// The peer has not ended it.
    pub(super) tell_peer: bool,
    /// Foreign code, which may panic when it is dropped.
    pub(super) left: (VecDeque<I>, Option<Waker>),
}

impl<I> Channel<I> {
    pub(super) fn new(limit: usize, place: Place) -> Channel<I> {
        let state = State {
            items: VecDeque::new(),
            ended: false,
            peer_knows: false,
            waker: None,
            sleeping: 0,
        };
        Channel { state: Mutex::new(state), room: Condvar::new(), limit, place }
    }

    fn state(&self) -> MutexGuard<'_, State<I>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// Takes a place for an item, before one is made.
    pub(super) fn take_place(&self) -> Sent {
        self.place.room.take(self.place.handle)
    }

    /// Adds an item, whose sender has taken a place for it. It comes back if the channel has ended, or
    /// if the sender had no place.
    pub(super) fn push(&self, item: I) -> Result<(), I> {
        let mut state = self.state();
        if state.ended || state.items.len() >= self.limit {
            return Err(item);
        }
        state.items.push_back(item);
        let waker = state.waker.take();
        drop(state);
        wake(waker);
        Ok(())
    }

    /// Ends it from the sender's side, with one item more if there is one to tell. It comes back if the
    /// channel has ended already. `peer_knows`: it is the peer who ends it, not what it has sent.
    pub(super) fn end(&self, last: Option<I>, peer_knows: bool) -> Result<(), Option<I>> {
        let mut state = self.state();
        if state.ended {
            return Err(last);
        }
        state.ended = true;
        state.peer_knows = peer_knows;
        state.items.extend(last);
        let (waker, sleeping) = (state.waker.take(), state.sleeping);
        drop(state);
        if sleeping > 0 {
            self.room.notify_all();
        }
        wake(waker);
        Ok(())
    }

    /// Ends it from the receiver's side, who drops what is left.
    pub(super) fn close(&self) -> Closed<I> {
        let mut state = self.state();
        state.ended = true;
        let tell_peer = !state.peer_knows;
        let left = (std::mem::take(&mut state.items), state.waker.take());
        let sleeping = state.sleeping;
        drop(state);
        if sleeping > 0 {
            self.room.notify_all();
        }
        Closed { tell_peer, left }
    }

    /// The next item, or `None` after the last.
    pub(super) fn poll(&self, context: &mut Context<'_>) -> Poll<Received<I>> {
        let mut new = None;
        loop {
            let mut state = self.state();
            if let Some(item) = state.items.pop_front() {
                // Not at the first place, or each item would cost a wake-up.
                let tell_room = self.place.room.give(self.place.handle, self.limit);
                let wake_senders = tell_room && state.sleeping > 0;
                drop(state);
                if wake_senders {
                    self.room.notify_all();
                }
                return Poll::Ready(Received { item: Some(item), tell_room });
            }
            if state.ended {
                return Poll::Ready(Received { item: None, tell_room: false });
            }
            if state.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                return Poll::Pending;
            }
            let Some(new) = new.take() else {
                drop(state);
                new = Some(context.waker().clone()); // foreign code, so not under the lock
                continue;
            };
            let old = state.waker.replace(new);
            drop(state);
            drop(old);
            return Poll::Pending;
        }
    }
}

impl<I: Send + 'static> Registered for Channel<I> {
    fn is_open(&self) -> bool {
        !self.state().ended
    }

    fn wait_for_room(&self, time: Duration) -> Waited {
        // A time that no clock will ever show is none.
        let until = Instant::now().checked_add(time);
        let mut state = self.state();
        loop {
            match self.place.room.look(self.place.handle) {
                _ if state.ended => return Waited::Ended,
                Sent::Taken => return Waited::Room,
                Sent::Ended => return Waited::Ended,
                Sent::Full => {}
            }
            let left = until.map_or(Duration::MAX, |until| until.duration_since(Instant::now()));
            if left.is_zero() {
                return Waited::TimeIsUp;
            }
            // The receiver gives places back under the lock, so none comes before we sleep.
            state.sleeping += 1;
            let woken = self.room.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            state.sleeping -= 1;
        }
    }
}

/// On a thread of the peer's, which no panic may reach.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        quietly(|| waker.wake());
    }
}
