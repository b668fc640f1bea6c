//! The completer's steps: claim, write, publish. See [`super::slot`] for the whole protocol.

use std::task::Waker;

use super::completion::with_waker_quietly;
use super::fault::{self, Fault};
use super::lay::Lay;
use super::slot::{COMPLETER_OUT, DETACHED, EMPTY, FULL, OPEN, RESPONSE_OUT, Slot, WAITING};
use super::{Reason, Refused};
use crate::sync::Ordering;

impl Slot {
    /// Answers with a value. Gives back the waker that must be woken, once the caller is done here.
    #[inline]
    pub(super) fn complete<T: 'static>(
        &'static self,
        handle: usize,
        value: T,
    ) -> Result<Option<Waker>, Refused<T>> {
        let state = loop {
            let seen = match self.look_for::<T>(handle) {
                Ok(seen) => seen,
                Err(reason) => return Err(Refused { value, reason }),
            };
            if fault::on(Fault::LookThenStore) {
                self.state.store(seen & !OPEN, Ordering::Release);
                break seen & !OPEN;
            }
            // The response may have set `WAITING` meanwhile: look again.
            if self.exchange(seen, seen & !OPEN).is_ok() {
                break seen & !OPEN;
            }
        };
        self.place.with_mut(|place| {
            // SAFETY: the cell's content never changes.
            let place = unsafe { *place };
            // SAFETY: opened for a `T`, as `look_for` has checked.
            let at = unsafe { Lay::<T>::at(place) };
            // SAFETY: room for a `T`; ours alone, since we cleared `OPEN`.
            unsafe { at.write(value) };
        });
        // Nobody waits yet, and the response is still there: nothing more to do.
        let alone = state & (WAITING | RESPONSE_OUT) == 0;
        if alone && self.exchange(state, state | FULL | COMPLETER_OUT).is_ok() {
            return Ok(None);
        }
        self.publish_value()
    }

    /// The value is written; the response may have left a waker, or be gone.
    #[inline(never)]
    fn publish_value<T: 'static>(&'static self) -> Result<Option<Waker>, Refused<T>> {
        // Acquire: pairs with the exchange in `cancel`, if that was between our two steps.
        let mut state = self.state.load(Ordering::Acquire);
        loop {
            if state & RESPONSE_OUT != 0 {
                return Err(Refused { value: self.take_back(state), reason: Reason::Late });
            }
            if state & DETACHED != 0 && !fault::on(Fault::AnswerTheDetached) {
                // Nobody wants the value; that the request has ended is all that counts.
                let value = self.read_value::<T>();
                let waker = self.read_waker();
                self.release_to_all();
                with_waker_quietly(|| drop(value)); // foreign code, so last
                return Ok(Some(waker));
            }
            match self.publish(state, FULL) {
                Ok(waker) => return Ok(waker),
                Err(now) => state = now,
            }
        }
    }

    /// Answers that there is no answer. There is nothing to write, so one step claims and publishes.
    pub(super) fn abandon(&'static self, handle: usize) -> Result<Option<Waker>, Reason> {
        loop {
            let seen = self.look(handle)?;
            if seen & DETACHED != 0 {
                if self.exchange(seen, seen & !OPEN).is_ok() {
                    let waker = self.read_waker();
                    self.clean_place_of_any();
                    self.release_to_all();
                    return Ok(Some(waker));
                }
            } else if let Ok(waker) = self.publish(seen, EMPTY) {
                return Ok(waker);
            }
        }
    }

    /// From `seen` to answered, in one step that also tells whether somebody waits.
    fn publish(&'static self, seen: usize, answer: usize) -> Result<Option<Waker>, usize> {
        let answered = (seen & !OPEN) | answer;
        if seen & WAITING == 0 {
            return self.exchange(seen, answered | COMPLETER_OUT).map(|()| None);
        }
        self.publish_and_take_waker(seen, answered)
    }

    fn publish_and_take_waker(
        &'static self,
        seen: usize,
        answered: usize,
    ) -> Result<Option<Waker>, usize> {
        let too_early = fault::on(Fault::WakerBeforeAnswer);
        if too_early {
            self.with_waker(Waker::wake_by_ref);
        }
        self.exchange(seen, answered)?;
        // The answer met `WAITING`: from here on the waker is ours, and the response leaves it alone.
        let waker = self.read_waker();
        self.completer_out();
        Ok(Some(waker).filter(|_| !too_early))
    }

    fn completer_out(&'static self) {
        // AcqRel: pairs with the one in `response_out`; the second of the two sees all that the
        // first has done with the slot.
        if self.state.fetch_or(COMPLETER_OUT, Ordering::AcqRel) & RESPONSE_OUT != 0 {
            self.release_to_all();
        }
    }

    /// The response went away between our claim and our answer. The slot is now ours.
    #[cold]
    fn take_back<T: 'static>(&'static self, state: usize) -> T {
        let value = self.read_value::<T>();
        let waker = (state & WAITING != 0).then(|| self.read_waker());
        self.release_to_all();
        with_waker_quietly(|| drop(waker)); // foreign code, so last
        value
    }
}
