//! What may cross between C and a closure.

use std::ffi::c_void;
use std::marker::PhantomData;

/// A type that C passes to a callback, or gets back from it, by value.
///
/// Implemented for the primitive numbers and `bool`, raw pointers, and nullable function pointers
/// (`Option<unsafe extern "C" fn(..)>`). For a `repr(C)` struct of your own, say so:
///
/// ```
/// use callback_bridge::closure::{Callback, FfiSafe, UserData};
///
/// #[derive(Clone, Copy, Default)]
/// #[repr(C)]
/// struct Level {
///     left: f32,
///     right: f32,
/// }
/// // SAFETY: it is `repr(C)`, its fields are FFI-safe, and every bit pattern of them is a value.
/// unsafe impl FfiSafe for Level {}
///
/// let _callback = Callback::new(|level: Level, _: UserData| level.left.max(level.right));
/// ```
///
/// Anything else doesn't compile:
///
/// ```compile_fail
/// use callback_bridge::closure::{Callback, UserData};
///
/// let _callback = Callback::new(|name: String, _: UserData| {});
/// ```
///
/// # Safety
///
/// The type has a layout that C knows (`repr(C)`, `repr(transparent)` or `repr(i32)` and the like),
/// and whatever C may pass for it is a value of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be passed between C and a closure",
    label = "not known to be FFI-safe",
    note = "numbers, raw pointers and nullable function pointers are; for a `repr(C)` struct write \
            `unsafe impl FfiSafe`"
)]
pub unsafe trait FfiSafe: Copy + 'static {}

macro_rules! ffi_safe {
    ($($kind:ty),* $(,)?) => {$(
        // SAFETY: C has the same type.
        unsafe impl FfiSafe for $kind {}
    )*};
}
ffi_safe!(i8, i16, i32, i64, isize, u8, u16, u32, u64, usize, f32, f64, bool);

// SAFETY: a pointer to a sized type is one address. To read through it is up to the closure.
unsafe impl<T: 'static> FfiSafe for *const T {}
// SAFETY: as above.
unsafe impl<T: 'static> FfiSafe for *mut T {}

macro_rules! ffi_safe_functions {
    ($($argument:ident)*) => {
        // SAFETY: null is `None`.
        unsafe impl<R: 'static, $($argument: 'static),*> FfiSafe
            for Option<unsafe extern "C" fn($($argument),*) -> R> {}
        // SAFETY: null is `None`.
        unsafe impl<R: 'static, $($argument: 'static),*> FfiSafe
            for Option<extern "C" fn($($argument),*) -> R> {}
    };
}
ffi_safe_functions!();
ffi_safe_functions!(A);
ffi_safe_functions!(A B);
ffi_safe_functions!(A B C);
ffi_safe_functions!(A B C D);
ffi_safe_functions!(A B C D E);
ffi_safe_functions!(A B C D E F);
ffi_safe_functions!(A B C D E F G);
ffi_safe_functions!(A B C D E F G H);

/// What a callback returns: `()` for C's `void`, or any [`FfiSafe`] type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be returned to C",
    label = "neither `()` nor known to be FFI-safe"
)]
pub trait FfiReturn: sealed::FfiReturn + 'static {}

impl FfiReturn for () {}
impl<T: FfiSafe> FfiReturn for T {}

/// Stands where C's prototype has the user data.
///
/// A closure for a [`Callback`](super::Callback) takes its arguments in the order of the prototype,
/// and this one where C passes the user data (the "context", `void *`) through. `P` is how the
/// prototype declares it: `*mut c_void` if nothing else is said, `*mut c_uchar` for libpcap, `usize`
/// for a Windows `DWORD_PTR`. It carries nothing: what the closure needs, it captures.
///
/// # Examples
///
/// ```
/// use std::ffi::{c_int, c_uchar, c_void};
///
/// use callback_bridge::closure::{Callback, UserData};
///
/// // int (*)(unsigned, void *, void *, void *): SQLite's trace hook.
/// let _trace = Callback::new(|_mask: u32, _: UserData, _p: *mut c_void, _x: *mut c_void| 0);
/// // void (*)(u_char *, const struct pcap_pkthdr *, const u_char *): libpcap.
/// let _packet = Callback::new(|_: UserData<*mut c_uchar>, _: *const c_void, _: *const c_uchar| {});
/// ```
#[derive(Clone, Copy, Debug)]
pub struct UserData<P = *mut c_void>(PhantomData<fn() -> P>);

impl<P> UserData<P> {
    pub(crate) fn new() -> UserData<P> {
        UserData(PhantomData)
    }
}

/// How a prototype declares its user data: a pointer to any sized type, or an integer as wide.
pub trait UserPointer: sealed::UserPointer + Copy + 'static {}

impl<T: 'static> UserPointer for *mut T {}
impl<T: 'static> UserPointer for *const T {}
impl UserPointer for usize {}
impl UserPointer for isize {}

pub(crate) mod sealed {
    use std::ptr;

    pub trait FfiReturn {}
    impl FfiReturn for () {}
    impl<T: super::FfiSafe> FfiReturn for T {}

    /// To a handle and back. No memory stands behind it.
    pub trait UserPointer {
        fn handle(self) -> usize;
        fn from_handle(handle: usize) -> Self;
        /// Of something that was exposed.
        fn from_address(address: usize) -> Self;
    }
    impl<T> UserPointer for *mut T {
        #[inline(always)]
        fn handle(self) -> usize {
            self.addr()
        }
        fn from_handle(handle: usize) -> Self {
            ptr::without_provenance_mut(handle)
        }
        fn from_address(address: usize) -> Self {
            ptr::with_exposed_provenance_mut(address)
        }
    }
    impl<T> UserPointer for *const T {
        #[inline(always)]
        fn handle(self) -> usize {
            self.addr()
        }
        fn from_handle(handle: usize) -> Self {
            ptr::without_provenance(handle)
        }
        fn from_address(address: usize) -> Self {
            ptr::with_exposed_provenance(address)
        }
    }
    impl UserPointer for usize {
        #[inline(always)]
        fn handle(self) -> usize {
            self
        }
        fn from_handle(handle: usize) -> Self {
            handle
        }
        fn from_address(address: usize) -> Self {
            address
        }
    }
    impl UserPointer for isize {
        #[inline(always)]
        fn handle(self) -> usize {
            self.cast_unsigned()
        }
        fn from_handle(handle: usize) -> Self {
            handle.cast_signed()
        }
        fn from_address(address: usize) -> Self {
            address.cast_signed()
        }
    }
}
