//! C's prototypes, as tuples of argument types, and the trampolines of each.

use super::fallback::Fallback;
use super::ffi_safe::{FfiReturn, FfiSafe, UserData, UserPointer};
use super::forever::run_forever;
use super::kind::{Call, CallShared};
use super::thunk_pool::{CAPACITY, SLOTS};
use super::trampoline::{counted, seated, sit_down};

/// The arguments of a callback that gets user data: up to eight [`FfiSafe`] types and one
/// [`UserData`], which may stand anywhere.
///
/// Implemented for all such tuples; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "the arguments of a `Callback` are up to eight FFI-safe types and one `UserData`",
    label = "these are not",
    note = "where C passes no user data, use `Thunk`"
)]
pub trait Prototype: Sized + 'static {
    /// The function pointer that C is given.
    type Function<R: FfiReturn>: Copy;
    /// The user data that C is given with it.
    type UserData: UserPointer;

    #[doc(hidden)]
    fn trampoline<K: Call<Self>, G: Fallback<K::Output>>() -> Self::Function<K::Output>;

    #[doc(hidden)]
    fn forever<F: CallShared<Self>, G: Fallback<F::Output>>() -> Self::Function<F::Output>;
}

macro_rules! prototype {
    ([$($before:ident)*] [$($after:ident)*]) => {
        impl<P: UserPointer, $($before: FfiSafe,)* $($after: FfiSafe,)*> Prototype
            for ($($before,)* UserData<P>, $($after,)*)
        {
            type Function<R: FfiReturn> =
                unsafe extern "C" fn($($before,)* P, $($after),*) -> R;
            type UserData = P;

            fn trampoline<K: Call<Self>, G: Fallback<K::Output>>() -> Self::Function<K::Output> {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn trampoline<K, G, P, $($before,)* $($after,)*>(
                    $($before: $before,)* user_data: P, $($after: $after),*
                ) -> K::Output
                where
                    P: UserPointer,
                    K: Call<($($before,)* UserData<P>, $($after,)*)>,
                    G: Fallback<K::Output>,
                {
                    let Some(data) = sit_down(user_data.handle()) else {
                        // SAFETY: as below.
                        return unsafe {
                            long_way::<K, G, P, $($before,)* $($after,)*>(
                                $($before,)* user_data, $($after),*
                            )
                        };
                    };
                    let args = ($($before,)* UserData::new(), $($after,)*);
                    // SAFETY: the registration gave C this function together with the handle of
                    // a closure of the kind K. Any other handle that is not open is refused.
                    unsafe { seated::<K, G, _>(data, args) }
                }

                /// Takes what the trampoline takes, so that it can be jumped to.
                #[cold]
                #[inline(never)]
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn long_way<K, G, P, $($before,)* $($after,)*>(
                    $($before: $before,)* user_data: P, $($after: $after),*
                ) -> K::Output
                where
                    P: UserPointer,
                    K: Call<($($before,)* UserData<P>, $($after,)*)>,
                    G: Fallback<K::Output>,
                {
                    let args = ($($before,)* UserData::new(), $($after,)*);
                    // SAFETY: as above.
                    unsafe { counted::<K, G, _>(user_data.handle(), args) }
                }
                trampoline::<K, G, P, $($before,)* $($after,)*>
            }

            fn forever<Z: CallShared<Self>, G: Fallback<Z::Output>>() -> Self::Function<Z::Output> {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn forever<Z, G, P, $($before,)* $($after,)*>(
                    $($before: $before,)* user_data: P, $($after: $after),*
                ) -> Z::Output
                where
                    P: UserPointer,
                    Z: CallShared<($($before,)* UserData<P>, $($after,)*)>,
                    G: Fallback<Z::Output>,
                {
                    let args = ($($before,)* UserData::new(), $($after,)*);
                    // SAFETY: the registration gave C this function together with the address of
                    // a leaked closure of this type.
                    unsafe { run_forever::<Z, G, _>(user_data.handle(), args) }
                }
                forever::<Z, G, P, $($before,)* $($after,)*>
            }
        }
    };
}

macro_rules! every_place_of_the_user_data {
    ([$($before:ident)*]) => { prototype!([$($before)*] []); };
    ([$($before:ident)*] $next:ident $($after:ident)*) => {
        prototype!([$($before)*] [$next $($after)*]);
        every_place_of_the_user_data!([$($before)* $next] $($after)*);
    };
}
every_place_of_the_user_data!([]);
every_place_of_the_user_data!([] A);
every_place_of_the_user_data!([] A B);
every_place_of_the_user_data!([] A B C);
every_place_of_the_user_data!([] A B C D);
every_place_of_the_user_data!([] A B C D E);
every_place_of_the_user_data!([] A B C D E F);
every_place_of_the_user_data!([] A B C D E F H);
every_place_of_the_user_data!([] A B C D E F H I);

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

    /// The trampoline of one closure; its address, to be kept in a slot.
    #[doc(hidden)]
    fn trampoline<K: Call<Self>, G: Fallback<K::Output>>() -> *mut ();

    /// As `trampoline`, of a leaked closure.
    #[doc(hidden)]
    fn forever<F: CallShared<Self>, G: Fallback<F::Output>>() -> *mut ();

    /// The compiled thunk of one slot, whatever closure is behind it.
    #[doc(hidden)]
    fn thunk<R: FfiReturn>(slot: usize) -> Self::Function<R>;
}

/// The thunks of all slots.
macro_rules! thunks {
    (@one [$($generic:tt)*] $index:literal) => { thunk::<$index, $($generic)*> };
    ($generics:tt $($index:literal)*) => { [$(thunks!(@one $generics $index)),*] };
}

macro_rules! plain_prototype {
    ($($argument:ident)*) => {
        impl<$($argument: FfiSafe),*> PlainPrototype for ($($argument,)*) {
            type Function<R: FfiReturn> = unsafe extern "C" fn($($argument),*) -> R;

            fn trampoline<K: Call<Self>, G: Fallback<K::Output>>() -> *mut () {
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn trampoline<K, G, $($argument),*>(
                    $($argument: $argument,)* handle: usize
                ) -> K::Output
                where
                    K: Call<($($argument,)*)>,
                    G: Fallback<K::Output>,
                {
                    let Some(data) = sit_down(handle) else {
                        // SAFETY: as below.
                        return unsafe { long_way::<K, G, $($argument),*>($($argument,)* handle) };
                    };
                    // SAFETY: the slot gave us the handle of the closure that it got this
                    // trampoline with, or one that is not open any more.
                    unsafe { seated::<K, G, _>(data, ($($argument,)*)) }
                }

                /// Takes what the trampoline takes, so that it can be jumped to.
                #[cold]
                #[inline(never)]
                #[allow(non_snake_case, reason = "types name the values")]
                #[allow(clippy::too_many_arguments, reason = "as many as C passes")]
                unsafe extern "C" fn long_way<K, G, $($argument),*>(
                    $($argument: $argument,)* handle: usize
                ) -> K::Output
                where
                    K: Call<($($argument,)*)>,
                    G: Fallback<K::Output>,
                {
                    // SAFETY: as above.
                    unsafe { counted::<K, G, _>(handle, ($($argument,)*)) }
                }
                let function: unsafe extern "C" fn($($argument,)* usize) -> K::Output =
                    trampoline::<K, G, $($argument),*>;
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
                    let (handle, trampoline) = SLOTS[SLOT].load();
                    // SAFETY: this thunk is given out only once its slot has a trampoline, and a
                    // slot serves one signature for ever: this one.
                    let trampoline = unsafe {
                        std::mem::transmute::<
                            *mut (),
                            unsafe extern "C" fn($($argument,)* usize) -> R,
                        >(trampoline)
                    };
                    // SAFETY: the arguments are C's; the handle was loaded before the trampoline.
                    unsafe { trampoline($($argument,)* handle) }
                }
                let all: [Self::Function<R>; CAPACITY] = thunks!([R, $($argument),*]
                    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
                    30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56
                    57 58 59 60 61 62 63);
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
