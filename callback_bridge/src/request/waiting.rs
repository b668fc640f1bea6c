//! The response's steps: look, leave a waker, take, cancel. See [`super::slot`] for the protocol.

use std::mem::MaybeUninit;
use std::task::{Poll, Waker};

use super::completion::with_waker_quietly;
use super::fault::{self, Fault};
use super::slot::{COMPLETER_OUT, DETACHED, EMPTY, FULL, OPEN, RESPONSE_OUT, Slot, WAITING};
use crate::sync::Ordering;

impl Slot {
    /// The response's look at its slot: the answer, `None` where there will be none; or the waker is
    /// there for whoever answers.
    #[inline]
    pub(super) fn poll<T: 'static>(&'static self, waker: &Waker) -> Poll<Option<T>> {
        // Acquire: pairs with the exchange in `publish`: with the answer comes the value.
        let seen = self.state.load(Ordering::Acquire);
        if seen & (FULL | EMPTY) != 0 {
            return Poll::Ready(self.take(seen));
        }
        self.leave_waker(seen, waker)
    }

    /// There was no answer yet: the waker must be there for it, and must be this one.
    #[inline(never)]
    fn leave_waker<T: 'static>(&'static self, seen: usize, waker: &Waker) -> Poll<Option<T>> {
        if seen & WAITING != 0 {
            // A completer that answers at this moment only reads the cell, too.
            let same = self.with_waker(|old| old.will_wake(waker));
            if same || fault::on(Fault::KeepFirstWaker) {
                return Poll::Pending;
            }
        }
        let new = waker.clone(); // foreign code, so before anything is touched
        // What comes back is dropped, foreign code again, while nothing is half done: where it
        // panics, the answer is still there.
        match self.put_waker(seen, new, WAITING) {
            Ok(_old) => Poll::Pending,
            Err((seen, new, old)) => {
                drop((new, old));
                Poll::Ready(self.take(seen))
            }
        }
    }

    /// The response lets go; `ended` is for whoever ends the request. It comes back if that has
    /// happened already. Only for a response that does nothing with its slot from here on.
    pub(super) fn detach<T: 'static>(&'static self, ended: Waker) -> Result<(), Waker> {
        // Acquire: as in `poll`.
        let seen = self.state.load(Ordering::Acquire);
        let (seen, ended, old) = if seen & (FULL | EMPTY) != 0 {
            (seen, ended, None)
        } else {
            match self.put_waker(seen, ended, WAITING | DETACHED) {
                Ok(old) => {
                    with_waker_quietly(|| drop(old));
                    return Ok(());
                }
                Err(answered) => answered,
            }
        };
        let answer = self.take::<T>(seen);
        with_waker_quietly(|| drop((answer, old)));
        Err(ended)
    }

    /// Puts a waker there and sets the flags. Gives back the waker that was there.
    ///
    /// # Errors
    ///
    /// If the answer was there first: what was seen, the new waker, and the old one.
    fn put_waker(
        &'static self,
        seen: usize,
        new: Waker,
        flags: usize,
    ) -> Result<Option<Waker>, (usize, Waker, Option<Waker>)> {
        let old = if seen & WAITING == 0 {
            None
        } else {
            // AcqRel: as in `exchange`. If the answer was there first, the waker is the completer's.
            let seen = self.state.fetch_and(!WAITING, Ordering::AcqRel);
            if seen & (FULL | EMPTY) != 0 {
                return Err((seen, new, None));
            }
            Some(self.read_waker())
        };
        // SAFETY: `WAITING` is clear, so the cell is ours, and what was in it is out.
        self.waker.with_mut(|cell| unsafe { cell.write(MaybeUninit::new(new)) });
        // AcqRel: Release publishes the waker to the exchange in `publish`; Acquire takes the value,
        // if the answer was there first.
        let seen = self.state.fetch_or(flags, Ordering::AcqRel);
        if seen & (FULL | EMPTY) == 0 || fault::on(Fault::NoLookAfterWaker) {
            return Ok(old);
        }
        // The answer did not meet `WAITING`, so the waker is still ours, and so is the slot.
        Err((seen, self.read_waker(), old))
    }

    /// Whether there is an answer, or will be none.
    pub(super) fn is_answered(&self) -> bool {
        // Relaxed: nothing is read on the strength of it.
        self.state.load(Ordering::Relaxed) & (FULL | EMPTY) != 0
    }

    /// The answer, if it is there.
    pub(super) fn try_take<T: 'static>(&'static self) -> Poll<Option<T>> {
        // Acquire: as in `poll`.
        let seen = self.state.load(Ordering::Acquire);
        if seen & (FULL | EMPTY) == 0 { Poll::Pending } else { Poll::Ready(self.take(seen)) }
    }

    /// The answer that was seen. The response is out of the slot afterwards.
    #[inline]
    fn take<T: 'static>(&'static self, seen: usize) -> Option<T> {
        let value = if seen & FULL != 0 {
            Some(self.read_value::<T>())
        } else {
            self.clean_place::<T>();
            None
        };
        if seen & COMPLETER_OUT != 0 {
            self.release();
        } else {
            self.response_out();
        }
        value
    }

    #[inline(never)]
    fn response_out(&'static self) {
        // AcqRel: pairs with the one in `completer_out`.
        if self.state.fetch_or(RESPONSE_OUT, Ordering::AcqRel) & COMPLETER_OUT != 0 {
            self.release();
        }
    }

    /// The response is dropped before it has taken an answer. Says whether that was a cancellation:
    /// whether nobody had answered, or begun to.
    pub(super) fn cancel<T: 'static>(&'static self) -> bool {
        // Acquire: as in `poll`.
        let mut seen = self.state.load(Ordering::Acquire);
        loop {
            if seen & (FULL | EMPTY) != 0 {
                drop(self.take::<T>(seen));
                return false;
            }
            let open = seen & OPEN != 0 || fault::on(Fault::FreeWhileClaimed);
            // Open: from the exchange on nobody can claim it, so all of it is ours. Claimed: the
            // completer is between its two steps and sees at the second that we are out; the waker
            // is left to it.
            let closed = if open { seen & !(OPEN | WAITING) } else { seen };
            match self.exchange(seen, closed | RESPONSE_OUT) {
                Ok(()) if open => break,
                Ok(()) => return false,
                Err(now) => seen = now,
            }
        }
        let waker = (seen & WAITING != 0).then(|| self.read_waker());
        self.clean_place::<T>();
        self.release();
        drop(waker); // foreign code, so last
        true
    }
}
