//! C's prototypes without user data, the thunks of each, and the trampolines behind them.
//!
//! | function | compiled for | does |
//! |---|---|---|
//! | `thunk` | a slot, a signature | jumps to where its thread's seat says, if that remembers the slot |
//! | `seated` | a closure | runs it and leaves the seat |
//! | `closed` | a signature | stands where `seated` stood, once somebody has changed the gate |
//! | `long_way` | a signature | asks the slot which closure it is, and jumps there |
//! | `standing` | a closure | enters by its handle |
//! | `forever_thunk` | a slot, a signature | asks the slot and jumps there: nothing ends |
//! | `forever` | a closure | runs it |

use super::current::with_seat;
use super::entry::{Entry, InEntry, trampoline_of};
use super::fallback::Fallback;
use super::ffi_safe::{FfiReturn, FfiSafe};
use super::forever::run_forever;
use super::kind::{Call, CallShared, Kind};
use super::seat::{Seat, key_of_thunk};
use super::thunk_pool::{CAPACITY, SLOTS};
use super::trampoline::{counted, seated, sit_down_in_thunk};

/// The arguments of a callback that gets no user data: up to eight [`FfiSafe`] types.
///
/// Implemented for all such tuples; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "the arguments of a `Thunk` are up to eight FFI-safe types",
    label = "these are not",
    note = "where C passes user data, use `Callback`"
)]
pub trait PlainPrototype: Sized + 'static {
    /// The function pointer that C is given.
    type Function<R: FfiReturn>: Copy + 'static;

    /// The trampoline of one closure for calls that have taken their seat; its address, to be kept
    /// in an entry.
    #[doc(hidden)]
    fn seated<K: Kind + Call<Self>, G: Fallback<K::Output>>() -> *const ();

    /// The entry without a closure.
    #[doc(hidden)]
    fn closed<R: FfiReturn>() -> *mut ();

    /// The trampoline of one closure for all other calls; its address, to be kept in a slot.
    #[doc(hidden)]
    fn standing<K: Kind + Call<Self>, G: Fallback<K::Output>>() -> *mut ();

    /// As `standing`, of a leaked closure.
    #[doc(hidden)]
    fn forever<F: CallShared<Self>, G: Fallback<F::Output>>() -> *mut ();

    /// The compiled thunk of one slot, whatever closure is behind it.
    #[doc(hidden)]
    fn thunk<R: FfiReturn>(slot: usize) -> Self::Function<R>;

    /// The same of a slot that serves a leaked closure.
    #[doc(hidden)]
    fn forever_thunk<R: FfiReturn>(slot: usize) -> Self::Function<R>;
}

/// The functions of all slots.
macro_rules! every_slot {
    ($function:ident $generics:tt) => {
        every_slot!(@all $function $generics
            0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
            33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62
            63)
    };
    (@all $function:ident $generics:tt $($slot:literal)*) => {
        [$(every_slot!(@one $function $generics $slot)),*]
    };
    (@one $function:ident [$($generic:tt)*] $slot:literal) => { $function::<$slot, $($generic)*> };
}

/// Asks a slot which closure it stands for, and jumps there.
macro_rules! ask {
    ($slot:expr, ($($argument:ident)*) -> $R:ident) => {{
        let (handle, trampoline) = SLOTS[$slot].load();
        // SAFETY: a thunk is given out only once its slot has a trampoline, and a slot serves one
        // signature for ever: this one.
        let trampoline = unsafe {
            std::mem::transmute::<*mut (), unsafe extern "C" fn($($argument,)* usize) -> $R>(
                trampoline,
            )
        };
        // SAFETY: the arguments are C's; the handle was loaded before the trampoline.
        unsafe { trampoline($($argument,)* handle) }
    }};
}

macro_rules! plain_prototype {
    ($($argument:ident)*) => {
        impl<$($argument: FfiSafe),*> PlainPrototype for ($($argument,)*) {
            type Function<R: FfiReturn> = unsafe extern "C" fn($($argument),*) -> R;

            fn seated<K: Kind + Call<Self>, G: Fallback<K::Output>>() -> *const () {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn seated_here<K, G, $($argument),*>(
                    $($argument: $argument,)* entry: *mut ()
                ) -> K::Output
                where
                    K: Kind + Call<($($argument,)*)>,
                    G: Fallback<K::Output>,
                {
                    // SAFETY: the thunk has taken its seat and found there the entry that leads here,
                    // and so to a closure of the kind K.
                    unsafe {
                        seated::<InEntry<K>, G, _>(entry, ($($argument,)*), Seat::leave_thunk)
                    }
                }
                let function: unsafe extern "C" fn($($argument,)* *mut ()) -> K::Output =
                    seated_here::<K, G, $($argument),*>;
                function as *const ()
            }

            fn closed<R: FfiReturn>() -> *mut () {
                #[cold]
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn closed<R, $($argument),*>(
                    $($argument: $argument,)* _entry: *mut ()
                ) -> R {
                    let slot = with_seat(Seat::forget_thunk);
                    ask!(slot, ($($argument)*) -> R)
                }
                let entry: &'static Entry<()> = const {
                    let function: unsafe extern "C" fn($($argument,)* *mut ()) -> R =
                        closed::<R, $($argument),*>;
                    &Entry::new(function as *const (), ())
                };
                // Nobody writes through it.
                std::ptr::from_ref(entry).cast_mut().cast()
            }

            fn standing<K: Kind + Call<Self>, G: Fallback<K::Output>>() -> *mut () {
                #[cold]
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn standing<K, G, $($argument),*>(
                    $($argument: $argument,)* handle: usize
                ) -> K::Output
                where
                    K: Kind + Call<($($argument,)*)>,
                    G: Fallback<K::Output>,
                {
                    // SAFETY: the slot gave us the handle of the closure that it got this
                    // trampoline with, or one that is not open any more.
                    unsafe { counted::<InEntry<K>, G, _>(handle, ($($argument,)*)) }
                }
                let function: unsafe extern "C" fn($($argument,)* usize) -> K::Output =
                    standing::<K, G, $($argument),*>;
                function as *mut ()
            }

            fn forever<Z: CallShared<Self>, G: Fallback<Z::Output>>() -> *mut () {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn forever<Z, G, $($argument),*>(
                    $($argument: $argument,)* address: usize
                ) -> Z::Output
                where
                    Z: CallShared<($($argument,)*)>,
                    G: Fallback<Z::Output>,
                {
                    // SAFETY: the slot keeps the address of a leaked closure of this type.
                    unsafe { run_forever::<Z, G, _>(address, ($($argument,)*)) }
                }
                let function: unsafe extern "C" fn($($argument,)* usize) -> Z::Output =
                    forever::<Z, G, $($argument),*>;
                function as *mut ()
            }

            fn thunk<R: FfiReturn>(slot: usize) -> Self::Function<R> {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn thunk<const SLOT: usize, R, $($argument),*>(
                    $($argument: $argument),*
                ) -> R {
                    let Some(entry) = sit_down_in_thunk(const { key_of_thunk(SLOT) }) else {
                        // SAFETY: the arguments are C's, the slot is this thunk's.
                        return unsafe { long_way::<R, $($argument),*>($($argument,)* SLOT) };
                    };
                    // SAFETY: the seat is taken, so what it remembers of this slot stays: an entry.
                    let trampoline = unsafe { trampoline_of(entry) };
                    // SAFETY: a slot serves one signature for ever, this one, and its entries have
                    // trampolines of that signature.
                    let trampoline = unsafe {
                        std::mem::transmute::<
                            *const (),
                            unsafe extern "C" fn($($argument,)* *mut ()) -> R,
                        >(trampoline)
                    };
                    // SAFETY: the arguments are C's; the entry is the trampoline's.
                    unsafe { trampoline($($argument,)* entry) }
                }

                /// Takes one argument more than the thunk, the slot.
                #[cold]
                #[inline(never)]
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn long_way<R, $($argument),*>(
                    $($argument: $argument,)* slot: usize
                ) -> R {
                    ask!(slot, ($($argument)*) -> R)
                }
                let all: [Self::Function<R>; CAPACITY] = every_slot!(thunk [R, $($argument),*]);
                all[slot]
            }

            fn forever_thunk<R: FfiReturn>(slot: usize) -> Self::Function<R> {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn forever_thunk<const SLOT: usize, R, $($argument),*>(
                    $($argument: $argument),*
                ) -> R {
                    ask!(SLOT, ($($argument)*) -> R)
                }
                let all: [Self::Function<R>; CAPACITY] =
                    every_slot!(forever_thunk [R, $($argument),*]);
                all[slot]
            }
        }
    };
}
plain_prototype!();
plain_prototype!(A);
plain_prototype!(A B);
plain_prototype!(A B C);
plain_prototype!(A B C D);
plain_prototype!(A B C D E);
plain_prototype!(A B C D E F);
plain_prototype!(A B C D E F H);
plain_prototype!(A B C D E F H I);
