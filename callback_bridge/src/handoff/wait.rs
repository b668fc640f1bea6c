//! Waiting for a block on a thread: looking for a while, then sleeping until a producer wakes us,
//! or by the clock.

use std::task::Waker;
use std::time::Instant;

use super::clock;
use super::consumer::Consumer;
use super::fault::{Fault, fault};
use super::lane::ASLEEP;
use super::options::WakeUps;
use crate::looks::{LOOKS, pause};
use crate::sync::thread;

/// What waiting came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Ready,
    Empty,
    Ended,
}

impl<T: Copy + Send> Consumer<T> {
    pub(super) fn status(&self) -> Status {
        // First: a callback that is poisoned publishes nothing more.
        let poisoned = self.callback_is_poisoned();
        let mut ended = true;
        for side in &self.sides {
            // In this order: whoever has ended publishes nothing more.
            ended &= side.finished();
            if side.ready() {
                return Status::Ready;
            }
        }
        if ended || poisoned { Status::Ended } else { Status::Empty }
    }

    /// Tells the producers that the consumer sleeps, unless one of them is waking it just now.
    /// After that, the consumer has to look again before it really sleeps.
    pub(super) fn fall_asleep(&mut self, waker: &Waker) -> bool {
        self.asleep = true;
        if !self.signal.arm(waker) {
            return false;
        }
        for side in &self.sides {
            side.lane.attend(ASLEEP, 0);
        }
        if !fault(Fault::SleepWithoutFence) {
            // Each producer publishes, fences (or we do it for it), and looks at `ASLEEP`: it sees
            // it, or we see what it published.
            self.fence.heavy();
        }
        true
    }

    /// Tells the producers that nobody has to be woken.
    pub(super) fn wake_up(&mut self) {
        if self.asleep {
            self.asleep = false;
            for side in &self.sides {
                side.lane.attend(0, ASLEEP);
            }
            self.signal.disarm();
        }
    }

    /// Sleeps until a block is ready or none will come, or until the deadline.
    #[cold]
    pub(super) fn wait(&mut self, deadline: Option<Instant>) -> Status {
        let looks = if self.options.wakes() { LOOKS } else { 0 };
        for look in 0..looks {
            match self.status() {
                Status::Empty => pause(look),
                status => return status,
            }
        }
        let status = loop {
            let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if let WakeUps::Clock(period) = self.options.wake_ups {
                match self.status() {
                    Status::Empty => {}
                    status => break status,
                }
                if left.is_some_and(|left| left.is_zero()) {
                    break Status::Empty;
                }
                clock::nap(left.map_or(period, |left| left.min(period)));
                continue;
            }
            let waker = self.parker_waker.clone();
            let armed = self.fall_asleep(&waker);
            if !fault(Fault::SleepWithoutLook) {
                match self.status() {
                    Status::Empty => {}
                    status => break status,
                }
            }
            if left.is_some_and(|left| left.is_zero()) {
                break Status::Empty;
            }
            if armed {
                self.parker.park(left);
            } else {
                thread::yield_now();
            }
        };
        self.wake_up();
        status
    }
}
