//! A registered callback.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::Ordering;
use std::thread;

use super::current::AllSeats;
use super::pool::{Closed, Control, OnPoison};
use super::statistics::GLOBAL;
use super::thunk_pool;
use super::unregister::{Aftermath, Unregister};
use crate::quiet::drop_quietly;

/// A callback that C knows. Dropping it unregisters, waits for the calls in flight, and then drops
/// the closure.
///
/// In this order:
/// 1. what [`Registration::before_unregistering`] was given runs;
/// 2. the closure that unregisters runs. If it panics, the steps below are still taken;
/// 3. the callback is closed: a call that comes now is refused and counted. C gets the fallback;
/// 4. calls in flight on other threads are waited for;
/// 5. the closure is dropped. If that panics, the panic is caught and counted.
///
/// Dropped inside its own callback, it skips 4 and 5: whoever leaves the callback last drops the
/// closure. It does wait for calls in flight when it is dropped inside *another* callback, so two
/// callbacks that drop each other's registration at the same time wait for each other for ever.
///
/// The thread that drops it is the one that unregisters. A library that refuses to unregister inside
/// its callback says so through the closure's `Result`: then the callback is retired.
#[must_use = "dropping it unregisters the callback"]
pub struct Registration<U: Unregister> {
    handle: usize,
    slot: Option<usize>,
    before: Option<Box<dyn FnOnce() + Send>>,
    /// `None` once it has run, or never will.
    unregister: Option<U>,
}

/// A registration whose type can be written down: from [`Registration::boxed`].
pub type BoxedRegistration<E = Infallible> =
    Registration<Box<dyn FnOnce() -> Result<Aftermath, E> + Send>>;

/// Tells whether a callback is poisoned, as long as it is registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoisonWatch(usize);

impl PoisonWatch {
    pub(crate) fn is_poisoned(self) -> bool {
        Control::of(self.0).gate.is_poisoned(self.0)
    }
}

/// What a callback has refused, and how often its closure has panicked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Calls that were refused while the callback was registered.
    pub refused: u64,
    /// Calls in which the closure panicked.
    pub panics: u64,
}

/// How a registration ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended<E> {
    /// What the library said, or why it refused. After anything but
    /// `Ok(Aftermath::NoCallFollows)` the callback is retired.
    pub outcome: Result<Aftermath, E>,
    /// The first panic of the closure that nobody has taken yet.
    pub panic: Option<Box<dyn Any + Send>>,
    /// What was counted.
    pub counts: Counts,
    /// Whether the closure is dropped. If not, a call in flight will drop it as it leaves: this was
    /// called inside the callback.
    pub dropped: bool,
}

impl<U: Unregister> Registration<U> {
    pub(crate) fn new(handle: usize, slot: Option<usize>, unregister: U) -> Registration<U> {
        Registration { handle, slot, before: None, unregister: Some(unregister) }
    }

    fn control(&self) -> &'static Control {
        Control::of(self.handle)
    }

    /// What has been counted until now.
    pub fn counts(&self) -> Counts {
        let control = self.control();
        Counts {
            refused: control.refused.load(Ordering::Relaxed),
            panics: control.panics.load(Ordering::Relaxed),
        }
    }

    /// Whether calls are refused because the closure has panicked.
    pub fn is_poisoned(&self) -> bool {
        self.control().gate.is_poisoned(self.handle)
    }

    /// Has `say` called whenever the callback is poisoned, on the callback's thread and outside of
    /// the closure; and gives a way to ask for it without the registration.
    pub(crate) fn watch_poison(&self, say: OnPoison) -> PoisonWatch {
        self.control().on_poison(say);
        PoisonWatch(self.handle)
    }

    /// Lets C call the closure again after a panic.
    pub fn clear_poison(&self) {
        self.control().gate.unpoison(self.handle, &AllSeats);
    }

    /// Takes the closure's panic, if there was one. Later panics are dropped until this one is taken,
    /// and so is this one if nobody takes it before the registration is dropped; by then the panic hook
    /// has printed it.
    pub fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.control().payload().take()
    }

    /// Goes on with the closure's panic on this thread, if there was one.
    ///
    /// # Panics
    ///
    /// If the closure has panicked.
    pub fn resume_panic(&self) {
        if let Some(panic) = self.take_panic() {
            resume_unwind(panic);
        }
    }

    /// The same registration, with the closure that unregisters in a box, so that a struct can have it
    /// as a field.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ffi::{c_int, c_void};
    ///
    /// use callback_bridge::closure::{BoxedRegistration, Callback, UserData};
    ///
    /// # type OnLevel = unsafe extern "C" fn(*mut c_void, c_int);
    /// # unsafe fn meter_set(_: Option<OnLevel>, _: *mut c_void) -> c_int { 0 }
    /// struct Meter {
    ///     callback: BoxedRegistration<c_int>,
    /// }
    ///
    /// impl Meter {
    ///     fn new(mut on_level: impl FnMut(c_int) + Send + 'static) -> Option<Meter> {
    ///         let callback = Callback::new(move |_: UserData, level: c_int| on_level(level));
    ///         let registration = callback.register(|function, user_data| {
    ///             // SAFETY: the meter calls the function with this user data, until it is unset.
    ///             match unsafe { meter_set(Some(function), user_data) } {
    ///                 0 => Ok(|| {
    ///                     // SAFETY: after this the meter calls no more, unless it says that it does.
    ///                     match unsafe { meter_set(None, std::ptr::null_mut()) } {
    ///                         0 => Ok(()),
    ///                         error => Err(error),
    ///                     }
    ///                 }),
    ///                 error => Err(error),
    ///             }
    ///         });
    ///         Some(Meter { callback: registration.ok()?.boxed() })
    ///     }
    /// }
    ///
    /// let meter = Meter::new(|level| println!("{level}")).expect("there is a meter");
    /// assert_eq!(meter.callback.counts().refused, 0);
    /// ```
    pub fn boxed(mut self) -> BoxedRegistration<U::Error>
    where
        U: Send + 'static,
        U::Error: 'static,
    {
        // Without it, dropping `self` does nothing.
        let unregister = self.unregister.take();
        Registration {
            handle: self.handle,
            slot: self.slot,
            before: self.before.take(),
            unregister: unregister.map(|unregister| Box::new(|| unregister.unregister()) as _),
        }
    }

    /// Runs `close` before the callback is unregistered.
    ///
    /// For a callback that may be waiting, for room in a hand-off for instance: a library whose
    /// unregistering waits for the callback would never return. `close` lets it go first. A second
    /// one takes the place of the first.
    pub fn before_unregistering(&mut self, close: impl FnOnce() + Send + 'static) {
        self.before = Some(Box::new(close));
    }

    /// Does what dropping does, and says how it went.
    ///
    /// # Panics
    ///
    /// If one of the two closures that it runs panics. By then the callback is closed.
    pub fn unregister(mut self) -> Ended<U::Error> {
        match self.end() {
            Some(ended) => ended,
            None => unreachable!("only `end` and `detach` take the closure, and both end `self`"),
        }
    }

    /// Leaves the callback to C, for ever: there will be no unregistering.
    ///
    /// A `FnOnce` closure is dropped after its call. Others stay until the process ends, and so does
    /// every thunk: its function serves no other closure.
    pub fn detach(mut self) {
        self.unregister = None;
        let control = self.control();
        control.detached.store(true, Ordering::SeqCst);
        // SeqCst, both: pairs with the end of a `FnOnce` call, which stores `spent`, then loads
        // `detached`. One of the two sees the other; if both do, the second `close` does nothing.
        if control.spent.load(Ordering::SeqCst) {
            control.close(self.handle);
        }
    }

    fn end(&mut self) -> Option<Ended<U::Error>> {
        let unregister = self.unregister.take()?;
        let before = self.before.take();
        let said = catch_unwind(AssertUnwindSafe(|| {
            if let Some(before) = before {
                before();
            }
        }));
        let outcome = catch_unwind(AssertUnwindSafe(|| unregister.unregister()));
        let closed = self.control().close(self.handle);
        let no_call_follows = matches!(outcome, Ok(Ok(Aftermath::NoCallFollows)));
        if !no_call_follows {
            GLOBAL.retired.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(slot) = self.slot {
            thunk_pool::give_back(slot, no_call_follows);
        }
        let outcome = match (said, outcome) {
            (Ok(()), Ok(outcome)) => outcome,
            (Err(panic), _) | (_, Err(panic)) => {
                if thread::panicking() {
                    // Two at once would abort. The panic hook has reported it.
                    drop_quietly(panic);
                    return None;
                }
                resume_unwind(panic)
            }
        };
        let nothing = Closed { dropped: true, panic: None, refused: 0, panics: 0 };
        let mut closed = closed.unwrap_or(nothing);
        Some(Ended {
            outcome,
            panic: closed.panic.take(),
            counts: Counts { refused: closed.refused, panics: closed.panics },
            dropped: closed.dropped,
        })
    }
}

impl<U: Unregister> Drop for Registration<U> {
    fn drop(&mut self) {
        if let Some(Ended { panic: Some(unclaimed), .. }) = self.end() {
            // The panic hook has reported it.
            drop_quietly(unclaimed);
        }
    }
}

impl<U: Unregister> fmt::Debug for Registration<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registration")
            .field("counts", &self.counts())
            .field("poisoned", &self.is_poisoned())
            .finish_non_exhaustive()
    }
}
