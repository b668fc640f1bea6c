//! The gate of one callback: who may enter, who is inside, and when the closure may be dropped.
//!
//! A gate is never freed. It serves one registration after the other, each with a handle of its own:
//! a call that comes with an older handle finds that `state` is not its own and is refused. That
//! holds for a call that C had begun before the callback was unregistered, too, however late its
//! first instruction runs.
//!
//! A thread enters in one of two ways. *Seated* (see [`Seat`]): plain stores in its own seat.
//! *Counted*: one locked instruction here; nested calls do so, and threads of a platform without a
//! process-wide barrier, and callbacks that were taken from their owning thread.
//!
//! An exclusive callback (`FnMut`) can be entered seated by one thread only, its owner: the first
//! that calls. A second thread *revokes* that: it closes the gate for a moment, passes the barrier,
//! and if the owner is outside, all threads count from then on.

mod counted;

use std::ptr;

use super::fault::{Fault, broken};
use super::refusal::Refusal;
use super::seat::{Remembered, Seat, Seats};
use crate::sync::{AtomicPtr, AtomicUsize, Ordering, fence, thread};
use counted::stand_in_for_seq_cst;

/// All calls count themselves; nobody may be seated.
pub(crate) const COUNTED: usize = 2;
/// The closure has panicked.
pub(crate) const POISONED: usize = 4;
/// A thread is about to take the callback from its owner.
const REVOKING: usize = 8;
/// Calls of one thread only: the owner, set when the gate was opened.
pub(crate) const LOCAL: usize = 16;
/// Handles have these bits clear.
pub(crate) const FLAGS: usize = COUNTED | POISONED | REVOKING | LOCAL;

/// How a call got in, and has to get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Through the thread's seat, which knows the callback by this key.
    Seated(usize),
    /// Counted in the gate.
    Counted,
}

/// A call that wants to get in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'call> {
    pub(crate) handle: usize,
    /// The callback lets in one call at a time.
    pub(crate) exclusive: bool,
    /// The calling thread's seat.
    pub(crate) seat: &'call Seat,
    /// Whether the seat can be used: it is known to [`Seats`], and nobody sits in it.
    pub(crate) may_sit: bool,
}

/// See the module's documentation.
#[derive(Debug)]
pub(crate) struct Gate {
    /// Closed: 0. Open: the handle and flags.
    state: AtomicUsize,
    /// Exclusive calls, counted: the handle of the one inside, or 0.
    holder: AtomicUsize,
    /// Shared calls, counted: how many are inside.
    counted: AtomicUsize,
    /// Which thread may be seated in an exclusive callback: [`Seat::id`], or 0.
    owner: AtomicUsize,
    /// The handle whose closure the last one out drops, or 0.
    deferred: AtomicUsize,
    /// The closure, and the rest of what a seat remembers.
    data: AtomicPtr<()>,
    /// 0: the handle is the key.
    thunk_key: AtomicUsize,
    closed: AtomicPtr<()>,
}

/// What a gate is opened for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Open {
    /// The closure.
    pub(crate) data: *mut (),
    /// Of a thunk: the key that it compares, and what it finds in place of `data` once the gate has
    /// changed.
    pub(crate) thunk: Option<(usize, *mut ())>,
    /// Of a local callback: the thread's [`Seat::id`].
    pub(crate) owner: usize,
    /// [`COUNTED`], [`LOCAL`], both or 0.
    pub(crate) flags: usize,
}

impl Gate {
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Gate {
        Gate {
            state: AtomicUsize::new(0),
            holder: AtomicUsize::new(0),
            counted: AtomicUsize::new(0),
            owner: AtomicUsize::new(0),
            deferred: AtomicUsize::new(0),
            data: AtomicPtr::new(ptr::null_mut()),
            thunk_key: AtomicUsize::new(0),
            closed: AtomicPtr::new(ptr::null_mut()),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new() -> Gate {
        Gate {
            state: AtomicUsize::new(0),
            holder: AtomicUsize::new(0),
            counted: AtomicUsize::new(0),
            owner: AtomicUsize::new(0),
            deferred: AtomicUsize::new(0),
            data: AtomicPtr::new(ptr::null_mut()),
            thunk_key: AtomicUsize::new(0),
            closed: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// Lets calls with this handle in. The gate must be closed and nobody inside.
    pub(crate) fn open(&self, handle: usize, open: Open) {
        let (thunk_key, closed) = open.thunk.unwrap_or((0, ptr::null_mut()));
        self.owner.store(open.owner, Ordering::Relaxed);
        self.data.store(open.data, Ordering::Relaxed);
        self.thunk_key.store(thunk_key, Ordering::Relaxed);
        self.closed.store(closed, Ordering::Relaxed);
        // Release (and more): whoever reads this handle sees the stores above.
        self.state.store(handle | open.flags, Ordering::SeqCst);
    }

    /// The closure. Whoever is inside may use it; so may who has closed the gate, once it is idle.
    pub(crate) fn data(&self) -> *mut () {
        self.data.load(Ordering::Acquire)
    }

    /// What a seat remembers. It is this handle's if the state is, before and after.
    fn remembered(&self, handle: usize) -> Remembered {
        // Relaxed, both: as `owner`.
        let thunk_key = self.thunk_key.load(Ordering::Relaxed);
        let closed = self.closed.load(Ordering::Relaxed);
        let key = if thunk_key == 0 { handle } else { thunk_key };
        Remembered { key, handle, data: self.data(), closed }
    }

    /// The state if it belongs to this handle.
    fn state(&self, handle: usize) -> Option<usize> {
        // SeqCst: pairs with the locked instructions in `enter`, `close` and `revoke`.
        let state = self.state.load(Ordering::SeqCst);
        let same = state & !FLAGS == handle || broken(Fault::Generation);
        // C may have passed null, which is what a closed gate has.
        (state != 0 && same).then_some(state & FLAGS)
    }

    /// Lets a call in whose thread is not seated at this callback, or says why not.
    fn enter<S: Seats>(&self, call: Call<'_>, seats: &S) -> Result<Way, Refusal> {
        let Call { handle, exclusive, seat, may_sit } = call;
        if self.try_count_in(handle, exclusive) {
            return Ok(Way::Counted);
        }
        loop {
            let flags = self.state(handle).ok_or(Refusal::Closed)?;
            if flags & POISONED != 0 {
                return Err(Refusal::Poisoned);
            }
            // Relaxed: `open` wrote it before the state that we have read.
            let others = flags & LOCAL != 0 && self.owner.load(Ordering::Relaxed) != seat.id();
            if others && !broken(Fault::Owner) {
                return Err(Refusal::OtherThread);
            }
            if flags & REVOKING != 0 {
                // Another thread is between two lines of `revoke`, where no user code runs.
                thread::yield_now();
                continue;
            }
            if flags & COUNTED == 0 {
                if exclusive {
                    // A nested call may claim the callback too: it is this thread's from then on.
                    let owner = self.owner.compare_exchange(
                        0,
                        seat.id(),
                        Ordering::AcqRel,
                        Ordering::Acquire,
                    );
                    if owner.is_err_and(|owner| owner != seat.id()) {
                        self.revoke(handle, seats)?;
                        continue;
                    }
                    if seat.is_busy_with(handle) {
                        return Err(Refusal::Busy);
                    }
                }
                if may_sit {
                    let open = || self.state(handle) == Some(flags);
                    let callback = self.remembered(handle);
                    if seat.sit(callback, open) {
                        return Ok(Way::Seated(callback.key));
                    }
                    continue;
                }
            }
            self.count_in(handle, exclusive)?;
            if self.state(handle) == Some(flags) || broken(Fault::SecondLook) {
                return Ok(Way::Counted);
            }
            self.count_out(exclusive);
        }
    }

    /// Runs `body` with the closure inside the gate, or says why not.
    ///
    /// `drop_closure` is called with the handle whose closure is this thread's to drop, if there is
    /// one. `body` must not unwind.
    pub(crate) fn run<S: Seats, T>(
        &self,
        call: Call<'_>,
        seats: &S,
        body: impl FnOnce(*mut ()) -> T,
        drop_closure: impl FnOnce(usize),
    ) -> Result<T, Refusal> {
        let Call { handle, exclusive, seat, .. } = call;
        let answer = self.enter(call, seats).map(|way| {
            let answer = body(self.data());
            match way {
                Way::Seated(key) if seat.leave_to(key, exclusive) => seat.forget(),
                Way::Seated(_) => {}
                Way::Counted => self.count_out(exclusive),
            }
            answer
        });
        // Also after a refusal: a call that took its seat or counted itself in for a moment may have
        // kept the last one out from dropping the closure.
        if answer.is_err() || self.state(handle).is_none() {
            self.last_one_out(seats).map(drop_closure);
        }
        answer
    }

    /// Takes an exclusive callback from its owning thread, for good.
    fn revoke<S: Seats>(&self, handle: usize, seats: &S) -> Result<(), Refusal> {
        let callback = self.remembered(handle);
        let revoking = handle | REVOKING;
        if self
            .state
            .compare_exchange(handle, revoking, Ordering::SeqCst, Ordering::Relaxed)
            .is_err()
        {
            // Somebody else did something; look again.
            return Ok(());
        }
        seats.interrupt_all(callback);
        let busy = seats.any_busy_with(handle) && !broken(Fault::Revocation);
        // If the owner is inside, the callback stays its own: this is a second entry, refused.
        let next = if busy { handle } else { handle | COUNTED };
        self.state.store(next, Ordering::SeqCst);
        if busy { Err(Refusal::Busy) } else { Ok(()) }
    }

    /// Changes the flags from outside of `revoke`. `None`: the gate does not belong to the handle.
    fn change<S: Seats>(
        &self,
        handle: usize,
        seats: &S,
        to: impl Fn(usize) -> usize,
    ) -> Option<()> {
        loop {
            let flags = self.state(handle)?;
            if flags & REVOKING != 0 {
                thread::yield_now();
                continue;
            }
            let callback = self.remembered(handle);
            let new = to(handle | flags);
            let changed = self.state.compare_exchange(
                handle | flags,
                new,
                Ordering::SeqCst,
                Ordering::Relaxed,
            );
            if changed.is_ok() {
                stand_in_for_seq_cst();
                if flags & COUNTED == 0 {
                    seats.interrupt_all(callback);
                }
                return Some(());
            }
        }
    }

    /// Lets nobody in any more. `false`: that had been done already.
    pub(crate) fn close<S: Seats>(&self, handle: usize, seats: &S) -> bool {
        self.change(handle, seats, |_| 0).is_some()
    }

    /// Closes a local callback: only this thread's seat can know it, and this thread is outside.
    #[cfg(not(loom))]
    pub(crate) fn close_local(&self, handle: usize, seat: &Seat) {
        if self.state(handle).is_some() {
            self.state.store(0, Ordering::SeqCst);
        }
        if seat.handle() == handle {
            seat.forget();
        }
    }

    /// Refuses all calls until [`Gate::unpoison`].
    #[cfg(not(loom))]
    pub(crate) fn poison<S: Seats>(&self, handle: usize, seats: &S) {
        self.change(handle, seats, |state| state | POISONED);
    }

    /// Lets calls in again after [`Gate::poison`].
    #[cfg(not(loom))]
    pub(crate) fn unpoison<S: Seats>(&self, handle: usize, seats: &S) {
        self.change(handle, seats, |state| state & !POISONED);
    }

    /// Whether the closure has panicked and calls are refused for it.
    #[cfg(not(loom))]
    pub(crate) fn is_poisoned(&self, handle: usize) -> bool {
        self.state(handle).is_some_and(|flags| flags & POISONED != 0)
    }

    /// Whether nobody is inside. If the gate was closed before, nobody gets to the closure again; a
    /// late call may still count itself in and out.
    pub(crate) fn is_idle<S: Seats>(&self, handle: usize, seats: &S) -> bool {
        // SeqCst: after the write of `state` in `close`. Acquire: pairs with `count_out`.
        !seats.any_busy_with(handle)
            && self.holder.load(Ordering::SeqCst) != handle
            && self.counted.load(Ordering::SeqCst) == 0
    }

    /// The gate was closed by a thread that is inside, whose seat this is: the last one out drops
    /// the closure.
    pub(crate) fn defer(&self, handle: usize, seat: &Seat) {
        seat.end(handle);
        self.deferred.store(handle, Ordering::SeqCst);
    }

    /// Asked by everybody who leaves and finds the gate closed. For one of them: the handle whose
    /// closure is to be dropped.
    pub(crate) fn last_one_out<S: Seats>(&self, seats: &S) -> Option<usize> {
        // Pairs with itself: of two that leave at the same time, the later one sees that the other
        // is out. Pairs with `defer` in the same way.
        if !broken(Fault::FenceWhenLeaving) {
            fence(Ordering::SeqCst);
        }
        let handle = self.deferred.load(Ordering::Acquire);
        let mine = handle != 0
            && self.is_idle(handle, seats)
            && self
                .deferred
                .compare_exchange(handle, 0, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok();
        mine.then_some(handle)
    }
}
