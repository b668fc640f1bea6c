//! Several callbacks that C gives one user data.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};

use super::callback::{Callback, CloseOnUnwind};
use super::error::RegisterError;
use super::fallback::Fallback;
use super::ffi_safe::{UserPointer, sealed::UserPointer as _};
use super::kind::{Call, Kind};
use super::options::{AnyThread, open_boxed};
use super::pool::Reserved;
use super::prototype::Prototype;
use super::refusal::Refusal;
use super::registration::Registration;
use super::unregister::Unregister;

/// Up to eight callbacks that share one user data: for C libraries that have one of it a handle.
///
/// They are registered and end together; each closure is guarded by itself, so a guarded one may be
/// called while another one of the set is running. A guarded closure costs a locked instruction here.
/// A panic in one of them poisons the set.
///
/// What the closures share each of them captures in an `Arc`. Two of them may run at the same time, so
/// what they change stands behind a lock, or is atomic. Where C calls all of them from one thread, as
/// most libraries do, nobody ever waits for that lock, unless C calls one of them from within another
/// while that holds it: so hold it no longer than a statement.
///
/// # Examples
///
/// Messages are noted with what another callback has learnt before:
///
/// ```
/// use std::ffi::{c_int, c_void};
/// use std::sync::{Arc, Mutex};
///
/// use callback_bridge::closure::{Callback, CallbackSet, UserData};
///
/// # type OnConnect = unsafe extern "C" fn(*mut c_void, c_int);
/// # type OnMessage = unsafe extern "C" fn(*mut c_void, *mut c_void, *const i8) -> c_int;
/// # unsafe fn client_new(connect: OnConnect, message: OnMessage, user_data: *mut c_void) -> c_int {
/// #     unsafe { connect(user_data, 3) };
/// #     unsafe { message(std::ptr::null_mut(), user_data, c"hello".as_ptr().cast()) }
/// # }
/// # unsafe fn client_free() {}
/// #[derive(Default)]
/// struct Session {
///     status: Option<c_int>,
///     /// The status at each message.
///     messages: Vec<Option<c_int>>,
/// }
///
/// let session = Arc::new(Mutex::new(Session::default()));
/// let set = CallbackSet::new((
///     // void (*)(void *user_data, int status)
///     Callback::new({
///         let session = Arc::clone(&session);
///         move |_: UserData, status: c_int| session.lock().unwrap().status = Some(status)
///     }),
///     // int (*)(struct client *, void *user_data, const char *text)
///     Callback::new({
///         let session = Arc::clone(&session);
///         move |_client: *mut c_void, _: UserData, _text: *const i8| -> c_int {
///             let mut session = session.lock().unwrap();
///             let status = session.status;
///             session.messages.push(status);
///             1
///         }
///     }),
/// ));
/// let registration = set.register(|(on_connect, on_message), user_data| {
///     // SAFETY: the client calls the two with this user data, until it is freed.
///     match unsafe { client_new(on_connect, on_message, user_data) } {
///         // SAFETY: after this the client calls no more.
///         1 => Ok(|| unsafe { client_free() }),
///         error => Err(error),
///     }
/// });
/// assert_eq!(session.lock().unwrap().messages, [Some(3)]);
/// # drop(registration);
/// ```
pub struct CallbackSet<M>(M);

/// A tuple of one to eight [`Callback`]s with the same user data.
pub trait Members: sealed::Members {
    /// The function pointers that C is given.
    type Functions;
    /// The user data that C is given with each of them.
    type UserData: UserPointer;
    #[doc(hidden)]
    fn functions() -> Self::Functions;
}

impl<M: Members> CallbackSet<M> {
    /// From a tuple of callbacks. What was chosen for one of them with
    /// [`stay_after_panic`](Callback::stay_after_panic) or [`counted`](Callback::counted) holds for
    /// the set.
    pub fn new(members: M) -> CallbackSet<M> {
        CallbackSet(members)
    }

    /// As [`Callback::register`], with a tuple of function pointers.
    ///
    /// # Errors
    ///
    /// C's, or that there is no room.
    pub fn register<U, E>(
        self,
        register: impl FnOnce(M::Functions, M::UserData) -> Result<U, E>,
    ) -> Result<Registration<U>, RegisterError<E>>
    where
        U: Unregister,
    {
        let Some(room) = Reserved::new() else { return Err(RegisterError::Full) };
        let (stays_after_panic, counted) = self.0.options();
        let close =
            CloseOnUnwind(open_boxed(room, self.0.keep(), None, stays_after_panic, counted));
        let unregister = register(M::functions(), M::UserData::from_handle(close.0))
            .map_err(RegisterError::Library)?;
        Ok(Registration::new(close.keep(), None, unregister))
    }
}

impl<M> fmt::Debug for CallbackSet<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallbackSet").finish_non_exhaustive()
    }
}

/// One closure of a set.
#[allow(missing_debug_implementations, reason = "it can't be named outside")]
pub struct Place<K: Kind> {
    /// A call is inside, of those that let only one in.
    taken: AtomicBool,
    kept: UnsafeCell<K::Kept>,
}

// SAFETY: `AnyThread` says that the closure may go to other threads, and be used by several at once
// if it lets several in. One that does not is used by whoever has `taken` it.
unsafe impl<K: AnyThread> Sync for Place<K> {}
// SAFETY: as above.
unsafe impl<K: AnyThread> Send for Place<K> {}

impl<K: Kind> Place<K> {
    fn new(closure: K::Closure) -> Place<K> {
        Place { taken: AtomicBool::new(false), kept: UnsafeCell::new(K::keep(closure)) }
    }

    fn call<Args>(&self, args: Args) -> Result<K::Output, Refusal>
    where
        K: Call<Args>,
    {
        /// Also when the closure panics.
        struct GiveBack<'place>(&'place AtomicBool);
        impl Drop for GiveBack<'_> {
            fn drop(&mut self) {
                // Release: pairs with the Acquire below.
                self.0.store(false, Ordering::Release);
            }
        }
        let data = self.kept.get().cast();
        if !K::EXCLUSIVE {
            // SAFETY: it is here, and lives as long as `self`.
            return unsafe { K::call(data, args) };
        }
        // Acquire: pairs with the Release above; what the call before did happens before this one.
        if self.taken.swap(true, Ordering::Acquire) {
            return Err(Refusal::Busy);
        }
        let _give_back = GiveBack(&self.taken);
        // SAFETY: as above, and it is ours until `_give_back` goes.
        unsafe { K::call(data, args) }
    }
}

/// The kind of the closure at place `PLACE` of the set `Set`.
pub(crate) struct Member<Set, K, const PLACE: usize>(PhantomData<(Set, K)>);

/// A set, looked at for its closure at place `PLACE`.
pub(crate) trait At<K: Kind, const PLACE: usize> {
    fn at(&self) -> &Place<K>;
}

impl<Set, K, Args, const PLACE: usize> Call<Args> for Member<Set, K, PLACE>
where
    Set: At<K, PLACE>,
    K: Kind + Call<Args>,
{
    type Output = K::Output;
    const ONCE: bool = false;
    const EXCLUSIVE: bool = false;

    #[inline(always)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal> {
        // SAFETY: the caller's promise; all references to a set are shared ones.
        let set = unsafe { &*data.cast::<Set>() };
        set.at().call(args)
    }
}

macro_rules! at {
    ([$($all:ident)*] $place:tt $K:ident) => {
        impl<$($all: Kind),*> At<$K, $place> for ($(Place<$all>,)*) {
            fn at(&self) -> &Place<$K> {
                &self.$place
            }
        }
    };
}

macro_rules! members {
    ($all:tt $($place:tt $K:ident $A:ident $G:ident),*) => {
        $(at!($all $place $K);)*

        impl<P: UserPointer, $($K, $A, $G),*> Members for ($(Callback<$K, $A, $G>,)*)
        where
            $(
                $K: AnyThread + Call<$A> + 'static,
                $A: Prototype<UserData = P>,
                $G: Fallback<$K::Output>,
            )*
        {
            type Functions = ($($A::Function<$K::Output>,)*);
            type UserData = P;
            fn functions() -> Self::Functions {
                ($($A::trampoline::<
                    Member<<Self as sealed::Members>::Kept, $K, $place>, $G
                >(),)*)
            }
        }

        impl<$($K: AnyThread + 'static, $A, $G),*> sealed::Members
            for ($(Callback<$K, $A, $G>,)*)
        {
            type Kept = ($(Place<$K>,)*);
            fn options(&self) -> (bool, bool) {
                (
                    $(self.$place.options.stays_after_panic ||)* false,
                    $(self.$place.options.counted ||)* false,
                )
            }
            fn keep(self) -> Self::Kept {
                ($(Place::new(self.$place.options.closure),)*)
            }
        }
    };
}
members!([K0] 0 K0 A0 G0);
members!([K0 K1] 0 K0 A0 G0, 1 K1 A1 G1);
members!([K0 K1 K2] 0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2);
members!([K0 K1 K2 K3] 0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2, 3 K3 A3 G3);
members!([K0 K1 K2 K3 K4] 0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2, 3 K3 A3 G3, 4 K4 A4 G4);
members!([K0 K1 K2 K3 K4 K5]
    0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2, 3 K3 A3 G3, 4 K4 A4 G4, 5 K5 A5 G5);
members!([K0 K1 K2 K3 K4 K5 K6]
    0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2, 3 K3 A3 G3, 4 K4 A4 G4, 5 K5 A5 G5, 6 K6 A6 G6);
members!([K0 K1 K2 K3 K4 K5 K6 K7]
    0 K0 A0 G0, 1 K1 A1 G1, 2 K2 A2 G2, 3 K3 A3 G3, 4 K4 A4 G4, 5 K5 A5 G5, 6 K6 A6 G6,
    7 K7 A7 G7);

mod sealed {
    pub trait Members {
        type Kept: Send + Sync + 'static;
        /// Stays after a panic; counted.
        fn options(&self) -> (bool, bool);
        fn keep(self) -> Self::Kept;
    }
}
