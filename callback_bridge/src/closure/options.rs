//! A closure and what was chosen for it, before C gets to know it.

use std::marker::PhantomData;
use std::panic::resume_unwind;

use super::barrier;
use super::current::with_seat;
use super::gate::{COUNTED, LOCAL};
use super::kind::{Guarded, Kind, Once, Shared};
use super::pool::{Control, Opening, Reserved};

/// A closure that may be called on any thread and at any time: `Send` and `'static`, and `Sync` if
/// it is [`Shared`].
#[diagnostic::on_unimplemented(
    message = "C may call this closure on any thread, at any time",
    label = "captures something that is not `Send` (or, if shared, not `Sync`), or that is borrowed",
    note = "if C only calls before it returns, use `scope`"
)]
pub trait AnyThread: Kind {}
impl<Closure: Send + 'static> AnyThread for Guarded<Closure> {}
impl<Closure: Send + Sync + 'static> AnyThread for Shared<Closure> {}
impl<Closure: Send + 'static> AnyThread for Once<Closure> {}

/// What [`Callback`](super::Callback) and [`Thunk`](super::Thunk) have in common.
pub(crate) struct Options<K: Kind, G> {
    pub(crate) closure: K::Closure,
    pub(crate) stays_after_panic: bool,
    pub(crate) counted: bool,
    fallback: PhantomData<fn() -> G>,
}

impl<K: Kind, G> Options<K, G> {
    pub(crate) fn new(closure: K::Closure) -> Options<K, G> {
        Options { closure, stays_after_panic: false, counted: false, fallback: PhantomData }
    }

    pub(crate) fn with_fallback<G2>(self) -> Options<K, G2> {
        Options {
            closure: self.closure,
            stays_after_panic: self.stays_after_panic,
            counted: self.counted,
            fallback: PhantomData,
        }
    }

    /// Puts the closure where its trampoline finds it, and gives the handle.
    pub(crate) fn open(self, room: Reserved) -> usize
    where
        K: AnyThread,
    {
        open_boxed(room, K::keep(self.closure), self.stays_after_panic, self.counted)
    }

    /// Lends the closure to the calls that this thread makes inside `call`.
    pub(crate) fn scope<T>(self, room: Reserved, call: impl FnOnce(usize) -> T) -> T {
        /// Lets nobody in any more, also when `call` unwinds.
        struct Close(usize);
        impl Drop for Close {
            fn drop(&mut self) {
                Control::of(self.0).close_local(self.0);
            }
        }
        let flags = flags(self.counted) | LOCAL;
        let stays_after_panic = self.stays_after_panic;
        let mut kept = K::keep(self.closure);
        let handle = room.open(Opening {
            data: (&raw mut kept).cast(),
            drop_closure: None,
            owner: with_seat(|seat| seat.id()),
            flags,
            stays_after_panic,
        });
        let close = Close(handle);
        let answer = call(handle);
        let panic = Control::of(handle).payload().take();
        drop(close);
        drop(kept);
        match panic {
            Some(panic) => resume_unwind(panic),
            None => answer,
        }
    }
}

fn flags(counted: bool) -> usize {
    if counted || !barrier::is_available() { COUNTED } else { 0 }
}

/// Puts what a trampoline uses where it finds it, and gives the handle. It is dropped on whichever
/// thread is the last one out, so whoever calls this knows that it is `Send`.
pub(crate) fn open_boxed<Kept>(
    room: Reserved,
    kept: Kept,
    stays_after_panic: bool,
    counted: bool,
) -> usize {
    /// # Safety
    ///
    /// `data` is from `Box::into_raw` of a `Kept`, and nobody uses it any more.
    unsafe fn drop_boxed<Kept>(data: *mut ()) {
        // SAFETY: the caller's promise.
        drop(unsafe { Box::from_raw(data.cast::<Kept>()) });
    }
    room.open(Opening {
        data: Box::into_raw(Box::new(kept)).cast(),
        drop_closure: Some(drop_boxed::<Kept>),
        owner: 0,
        flags: flags(counted),
        stays_after_panic,
    })
}
