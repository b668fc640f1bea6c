//! A closure and what was chosen for it, before C gets to know it.

use std::marker::PhantomData;
use std::panic::resume_unwind;

use super::barrier;
use super::current::with_seat;
use super::entry::Entry;
use super::gate::{COUNTED, LOCAL, Open};
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

/// What a thunk has that a callback with user data has not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThunkParts {
    /// [`key_of_thunk`](super::seat::key_of_thunk).
    pub(crate) key: usize,
    /// What runs the closure once the thunk has taken its seat.
    pub(crate) trampoline: *const (),
    /// The entry that leads to the longer way.
    pub(crate) closed: *mut (),
}

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
        open_boxed(room, K::keep(self.closure), None, self.stays_after_panic, self.counted)
    }

    /// The same for a thunk.
    pub(crate) fn open_thunk(self, room: Reserved, parts: ThunkParts) -> usize
    where
        K: AnyThread,
    {
        let entry = Entry::new(parts.trampoline, K::keep(self.closure));
        open_boxed(room, entry, Some(parts), self.stays_after_panic, self.counted)
    }

    /// Lends the closure to the calls that this thread makes inside `call`.
    pub(crate) fn scope<T>(self, room: Reserved, call: impl FnOnce(usize) -> T) -> T {
        let (stays_after_panic, counted) = (self.stays_after_panic, self.counted);
        lend(room, K::keep(self.closure), None, stays_after_panic, counted, call)
    }

    /// The same for a thunk.
    pub(crate) fn scope_thunk<T>(
        self,
        room: Reserved,
        parts: ThunkParts,
        call: impl FnOnce(usize) -> T,
    ) -> T {
        let (stays_after_panic, counted) = (self.stays_after_panic, self.counted);
        let entry = Entry::new(parts.trampoline, K::keep(self.closure));
        lend(room, entry, Some(parts), stays_after_panic, counted, call)
    }
}

/// Lends what a trampoline uses to the calls that this thread makes inside `call`, which gets the
/// handle.
fn lend<Kept, T>(
    room: Reserved,
    mut kept: Kept,
    thunk: Option<ThunkParts>,
    stays_after_panic: bool,
    counted: bool,
    call: impl FnOnce(usize) -> T,
) -> T {
    /// Lets nobody in any more, also when `call` unwinds.
    struct Close(usize);
    impl Drop for Close {
        fn drop(&mut self) {
            Control::of(self.0).close_local(self.0);
        }
    }
    let handle = room.open(Opening {
        gate: Open {
            data: (&raw mut kept).cast(),
            thunk: thunk.map(|parts| (parts.key, parts.closed)),
            owner: with_seat(|seat| seat.id()),
            flags: flags(counted) | LOCAL,
        },
        drop_closure: None,
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

fn flags(counted: bool) -> usize {
    if counted || !barrier::is_available() { COUNTED } else { 0 }
}

/// Puts what a trampoline uses where it finds it, and gives the handle. It is dropped on whichever
/// thread is the last one out, so whoever calls this knows that it is `Send`.
pub(crate) fn open_boxed<Kept>(
    room: Reserved,
    kept: Kept,
    thunk: Option<ThunkParts>,
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
        gate: Open {
            data: Box::into_raw(Box::new(kept)).cast(),
            thunk: thunk.map(|parts| (parts.key, parts.closed)),
            owner: 0,
            flags: flags(counted),
        },
        drop_closure: Some(drop_boxed::<Kept>),
        stays_after_panic,
    })
}
