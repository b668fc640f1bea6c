//! What a thunk finds in its thread's seat: the closure, behind the trampoline that runs it.
//!
//! A thunk is compiled for a signature and knows no closure. It jumps to where the first word of the
//! seat's `data` points. Once somebody has changed the gate, `data` is an entry without a closure,
//! whose trampoline takes the longer way: so the jump is the look at the gate, too.

use std::marker::PhantomData;

use super::kind::{Call, Kind};
use super::refusal::Refusal;

/// A closure that is given to a thunk, or `()`.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Entry<Kept> {
    /// An `extern "C"` function. It takes the signature's arguments and where the entry is.
    trampoline: *const (),
    kept: Kept,
}

impl<Kept> Entry<Kept> {
    pub(crate) const fn new(trampoline: *const (), kept: Kept) -> Entry<Kept> {
        Entry { trampoline, kept }
    }
}

/// # Safety
///
/// `data` is where an [`Entry`] lies, alive.
#[inline(always)]
pub(crate) unsafe fn trampoline_of(data: *mut ()) -> *const () {
    // SAFETY: the caller's promise; it is the first field, whatever the entry keeps, and nobody
    // writes it.
    unsafe { data.cast::<*const ()>().read() }
}

/// The closure of a thunk, of the kind `K`.
pub(crate) struct InEntry<K>(PhantomData<K>);

impl<K: Kind + Call<Args>, Args> Call<Args> for InEntry<K> {
    type Output = K::Output;
    const ONCE: bool = K::ONCE;
    const EXCLUSIVE: bool = K::EXCLUSIVE;

    #[inline(always)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal> {
        // SAFETY: the caller's promise: there lies the entry, alive.
        let kept = unsafe { &raw mut (*data.cast::<Entry<K::Kept>>()).kept };
        // SAFETY: the caller's promise.
        unsafe { K::call(kept.cast(), args) }
    }
}
