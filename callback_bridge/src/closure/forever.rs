//! Closures that are never taken back from C.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::fallback::Fallback;
use super::kind::CallShared;
use super::refusal::Refusal;
use super::statistics::GLOBAL;
use crate::quiet::drop_quietly;

/// What is left of a closure that was given to C for ever: its panics.
///
/// From [`Callback::forever`](super::Callback::forever) and
/// [`Thunk::forever`](super::Thunk::forever).
pub struct Forever {
    panics: AtomicU64,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Forever {
    /// Calls in which the closure panicked.
    pub fn panics(&self) -> u64 {
        self.panics.load(Ordering::Relaxed)
    }

    /// Takes the closure's first panic that nobody has taken yet.
    pub fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.payload.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn keep_panic(&self, panic: Box<dyn Any + Send>) {
        self.panics.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.payload.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none() {
            *kept = Some(panic);
            return;
        }
        drop(kept);
        // The panic hook has reported it.
        drop_quietly(panic);
    }
}

impl fmt::Debug for Forever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Forever").field("panics", &self.panics()).finish_non_exhaustive()
    }
}

/// All of them, so that a leak checker sees that they are meant to stay.
static ALL: Mutex<Vec<&'static Forever>> = Mutex::new(Vec::new());

/// A closure that is never freed, so its address may be C's user data.
pub(crate) struct Leaked<Closure> {
    closure: Closure,
    forever: Forever,
}

impl<Closure> Leaked<Closure> {
    /// Gives the address, too.
    pub(crate) fn leak(closure: Closure) -> (&'static Forever, usize)
    where
        Closure: Send + Sync + 'static,
    {
        let forever = Forever { panics: AtomicU64::new(0), payload: Mutex::new(None) };
        let leaked: &'static Leaked<Closure> = Box::leak(Box::new(Leaked { closure, forever }));
        ALL.lock().unwrap_or_else(PoisonError::into_inner).push(&leaked.forever);
        (&leaked.forever, ptr::from_ref(leaked).expose_provenance())
    }
}

/// What the trampoline of a leaked closure does.
///
/// # Safety
///
/// `address` is 0 or from [`Leaked::leak`] with a closure of this type.
#[inline(always)]
pub(crate) unsafe fn run_forever<Closure, G, Args>(address: usize, args: Args) -> Closure::Output
where
    Closure: CallShared<Args>,
    G: Fallback<Closure::Output>,
{
    if address == 0 {
        return refuse::<Closure::Output, G>();
    }
    let leaked = ptr::with_exposed_provenance::<Leaked<Closure>>(address);
    // SAFETY: the caller's promise: it was leaked, so it lives for ever; all references to it are
    // shared ones; it is `Send` and `Sync`, so this may be any thread.
    let leaked = unsafe { &*leaked };
    match catch_unwind(AssertUnwindSafe(|| leaked.closure.call_shared(args))) {
        Ok(answer) => answer,
        Err(panic) => {
            leaked.forever.keep_panic(panic);
            G::value(Refusal::Panicked)
        }
    }
}

/// `extern "C"`, so that it doesn't unwind and can be jumped to.
#[cold]
#[inline(never)]
#[allow(improper_ctypes_definitions, reason = "Rust calls it")]
extern "C" fn refuse<R, G: Fallback<R>>() -> R {
    GLOBAL.late_calls.fetch_add(1, Ordering::Relaxed);
    G::value(Refusal::Closed)
}
