//! From a call by C to the closure and back.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;

use super::current::{AllSeats, inside, may_sit, with_seat};
use super::fallback::Fallback;
use super::gate;
use super::kind::Call;
use super::pool::Control;
use super::refusal::Refusal;
use super::seat::Seat;
use super::statistics::GLOBAL;

/// The short way in: this thread ran the callback last, and nobody has changed its gate.
///
/// `Some` is where the closure lies; [`seated`] has to follow. `None`: [`standing`] does.
#[inline(always)]
pub(crate) fn sit_down(handle: usize) -> Option<*mut ()> {
    with_seat(|seat| {
        if !seat.remembers(handle) {
            return None;
        }
        let data = seat.sit_down();
        (!data.is_null()).then_some(data)
    })
}

/// The short way into a thunk. As [`sit_down`], with an [`Entry`](super::entry::Entry): of the thunk's
/// closure or, if somebody has changed its gate, the one of its signature without a closure.
#[inline(always)]
pub(crate) fn sit_down_in_thunk(key: usize) -> Option<*mut ()> {
    with_seat(|seat| seat.remembers(key).then(|| seat.sit_down_in_thunk(key)))
}

/// Calls the closure and leaves, by [`Seat::leave`] or [`Seat::leave_thunk`].
///
/// # Safety
///
/// `data` is from [`sit_down`] with a handle that belongs to a closure of the kind `K`, or from
/// [`sit_down_in_thunk`], the entry of one.
#[inline(always)]
pub(crate) unsafe fn seated<K, G, Args>(
    data: *mut (),
    args: Args,
    leave: impl FnOnce(&Seat, bool) -> bool,
) -> K::Output
where
    K: Call<Args>,
    G: Fallback<K::Output>,
{
    // SAFETY: this thread's seat is taken, so the closure stays; it is of the kind K; if it is
    // exclusive, only its owning thread sits.
    let called = catch_unwind(AssertUnwindSafe(|| unsafe { K::call(data, args) }));
    let answer = match called {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => refuse::<K::Output, G>(Control::of(seat_handle()), refusal),
        Err(panic) => panicked_seated::<K::Output, G>(panic),
    };
    if K::ONCE {
        spent(seat_handle());
    }
    if with_seat(|seat| leave(seat, K::EXCLUSIVE)) { leave_slowly(answer) } else { answer }
}

fn seat_handle() -> usize {
    with_seat(Seat::handle)
}

/// The way in for calls that count themselves, as a rule; otherwise [`standing`].
///
/// # Safety
///
/// As [`standing`].
#[inline(always)]
pub(crate) unsafe fn counted<K, G, Args>(handle: usize, args: Args) -> K::Output
where
    K: Call<Args>,
    G: Fallback<K::Output>,
{
    let control = Control::of(handle);
    if !control.gate.try_count_in(handle, K::EXCLUSIVE) {
        // SAFETY: the caller's promise.
        return unsafe { standing::<K, G, Args>(handle, args) };
    }
    let answer = inside(handle, || {
        // SAFETY: as in `standing`.
        unsafe { answer::<K, G, Args>(handle, control.gate.data(), args) }
    });
    if control.gate.leave_counted(handle, K::EXCLUSIVE) {
        control.leave_closed();
    }
    answer
}

/// The long way: this thread ran another callback last, or is inside of one, or somebody has changed
/// the gate, or calls count themselves.
///
/// # Safety
///
/// If `handle` belongs to an open callback, that was opened with a closure of the kind `K`.
#[cold]
#[inline(never)]
unsafe fn standing<K, G, Args>(handle: usize, args: Args) -> K::Output
where
    K: Call<Args>,
    G: Fallback<K::Output>,
{
    let control = Control::of(handle);
    let may_sit = may_sit();
    let outcome = with_seat(|seat| {
        let call = gate::Call { handle, exclusive: K::EXCLUSIVE, seat, may_sit };
        let body = |data| {
            inside(handle, || {
                // SAFETY: the gate has let us in, so the closure stays and belongs to the handle:
                // it is of the kind K. If it is exclusive, the gate lets nobody else in.
                unsafe { answer::<K, G, Args>(handle, data, args) }
            })
        };
        control.gate.run(call, &AllSeats, body, |_| control.free())
    });
    outcome.unwrap_or_else(|refusal| refuse::<K::Output, G>(control, refusal))
}

/// Calls the closure, inside the gate, not through the seat.
///
/// # Safety
///
/// `data` is where a closure of the kind `K` lies. It stays, and nobody else uses it if it is
/// exclusive.
#[inline(always)]
unsafe fn answer<K, G, Args>(handle: usize, data: *mut (), args: Args) -> K::Output
where
    K: Call<Args>,
    G: Fallback<K::Output>,
{
    // SAFETY: the caller's promise.
    let called = catch_unwind(AssertUnwindSafe(|| unsafe { K::call(data, args) }));
    let answer = match called {
        Ok(Ok(answer)) => answer,
        Ok(Err(refusal)) => refuse::<K::Output, G>(Control::of(handle), refusal),
        Err(panic) => panicked::<K::Output, G>(handle, panic),
    };
    if K::ONCE {
        spent(handle);
    }
    answer
}

/// Counts a refused call and answers it.
#[cold]
fn refuse<R, G: Fallback<R>>(control: &Control, refusal: Refusal) -> R {
    if refusal == Refusal::Closed {
        GLOBAL.late_calls.fetch_add(1, Ordering::Relaxed);
    } else {
        control.refused.fetch_add(1, Ordering::Relaxed);
    }
    G::value(refusal)
}

/// As [`panicked`], for the callback in whose seat this thread is.
#[cold]
#[inline(never)]
fn panicked_seated<R, G: Fallback<R>>(panic: Box<dyn Any + Send>) -> R {
    panicked::<R, G>(seat_handle(), panic)
}

/// Keeps the panic for the owner and answers the call. Runs inside the gate.
#[cold]
fn panicked<R, G: Fallback<R>>(handle: usize, panic: Box<dyn Any + Send>) -> R {
    let control = Control::of(handle);
    // First, so that whoever finds the callback poisoned finds the panic, too.
    control.keep_payload(panic);
    if !control.stays_after_panic.load(Ordering::Relaxed) {
        control.gate.poison(handle, &AllSeats);
        control.say_poisoned();
    }
    G::value(Refusal::Panicked)
}

/// The call of a `FnOnce` is over. Runs inside the gate.
fn spent(handle: usize) {
    let control = Control::of(handle);
    control.spent.store(true, Ordering::SeqCst);
    // SeqCst, both: pairs with `Registration::detach`, which stores `detached`, then loads `spent`.
    if control.detached.load(Ordering::SeqCst) {
        control.close(handle);
    }
}

/// Somebody has changed the gate while this thread was inside.
///
/// `extern "C"`, so that it doesn't unwind and can be jumped to.
#[cold]
#[inline(never)]
#[allow(improper_ctypes_definitions, reason = "Rust calls it")]
extern "C" fn leave_slowly<R>(answer: R) -> R {
    let handle = with_seat(|seat| {
        let handle = seat.handle();
        seat.forget();
        handle
    });
    Control::of(handle).leave_closed();
    answer
}
