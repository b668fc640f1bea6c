//! C's prototypes with user data, as tuples of argument types, and the trampolines of each.

use super::fallback::Fallback;
use super::ffi_safe::{FfiReturn, FfiSafe, UserData, UserPointer};
use super::forever::run_forever;
use super::kind::{Call, CallShared};
use super::seat::Seat;
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
                    unsafe { seated::<K, G, _>(data, args, Seat::leave) }
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
