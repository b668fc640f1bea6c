//! Calls that count themselves in the gate.

use super::{COUNTED, Gate};
use crate::closure::fault::{Fault, broken};
use crate::closure::refusal::Refusal;
use crate::sync::{Ordering, thread};

impl Gate {
    /// The usual case where calls count themselves. `false`: anything else is the case; the callback
    /// belongs to one thread, for instance.
    #[inline(always)]
    pub(crate) fn try_count_in(&self, handle: usize, exclusive: bool) -> bool {
        // A handle that comes back from C with the flag in it is another number: not ours.
        if handle & COUNTED != 0 || self.state.load(Ordering::SeqCst) != handle | COUNTED {
            return false;
        }
        // SeqCst, and SeqCst for the load that follows: `close` writes `state`, then reads these.
        if exclusive {
            // Acquire, too: what the call before did happens before this one.
            let held = self.holder.compare_exchange(0, handle, Ordering::SeqCst, Ordering::Relaxed);
            if held.is_err() {
                return false;
            }
        } else {
            self.counted.fetch_add(1, Ordering::SeqCst);
        }
        stand_in_for_seq_cst();
        if self.state.load(Ordering::SeqCst) == handle | COUNTED || broken(Fault::SecondLook) {
            return true;
        }
        self.count_out(exclusive);
        false
    }

    /// Leaves after [`Gate::try_count_in`]. `true`: the gate was closed meanwhile, see
    /// [`Gate::last_one_out`].
    #[inline(always)]
    pub(crate) fn leave_counted(&self, handle: usize, exclusive: bool) -> bool {
        self.count_out(exclusive);
        self.state.load(Ordering::SeqCst) != handle | COUNTED
    }

    /// Counts a call in, or says that it has to stay outside.
    pub(super) fn count_in(&self, handle: usize, exclusive: bool) -> Result<(), Refusal> {
        if !exclusive {
            // SeqCst, as the load of `state` that follows: `close` writes `state`, then reads this.
            self.counted.fetch_add(1, Ordering::SeqCst);
            stand_in_for_seq_cst();
            return Ok(());
        }
        loop {
            // SeqCst: as above. Acquire: what the call before did happens before this one.
            let held = self.holder.compare_exchange(0, handle, Ordering::SeqCst, Ordering::Relaxed);
            match held {
                Ok(_) => break,
                Err(held) if held == handle => return Err(Refusal::Busy),
                // A late call with an older handle is about to find out.
                Err(_) => thread::yield_now(),
            }
        }
        stand_in_for_seq_cst();
        Ok(())
    }

    /// Counts a call out.
    #[inline(always)]
    pub(super) fn count_out(&self, exclusive: bool) {
        if exclusive {
            // Release: pairs with the Acquire in `count_in` and in `is_idle`.
            self.holder.store(0, Ordering::Release);
        } else {
            // As above; and SeqCst for `leave`, which looks at `state` next.
            self.counted.fetch_sub(1, Ordering::SeqCst);
            stand_in_for_seq_cst();
        }
    }
}

/// SeqCst reads and writes have one order that all threads agree on. loom takes them for
/// Acquire and Release; in a model this fence stands for what is missing.
#[inline(always)]
pub(super) fn stand_in_for_seq_cst() {
    #[cfg(loom)]
    crate::sync::fence(Ordering::SeqCst);
}
