//! Callbacks for C APIs that pass user data.

use std::fmt;
use std::marker::PhantomData;

use super::builder::builder;
use super::error::{Full, RegisterError};
use super::fallback::{Fallback, UseDefault};
use super::ffi_safe::sealed::UserPointer as _;
use super::forever::{Forever, Leaked};
use super::kind::{Call, CallMut, CallOnce, CallShared, Guarded, Kind, Once, Shared};
use super::options::{AnyThread, Options};
use super::pool::{Control, Reserved};
use super::prototype::Prototype;
use super::refusal::Refusal;
use super::registration::Registration;
use super::unregister::Unregister;

/// A closure for a C API that passes user data through to its callback.
///
/// The closure takes the arguments of C's prototype in C's order, with
/// [`UserData`](super::UserData) where the prototype has the user data. From that follows the
/// function pointer, so a closure that doesn't fit the prototype doesn't compile.
///
/// # Examples
///
/// ```
/// use std::ffi::{c_int, c_void};
/// use std::sync::mpsc;
///
/// use callback_bridge::closure::{Callback, UserData};
///
/// # mod library {
/// #     use std::ffi::{c_int, c_void};
/// #     pub type OnLevel = unsafe extern "C" fn(*mut c_void, c_int) -> c_int;
/// #     static SET: std::sync::Mutex<Option<(OnLevel, usize)>> = std::sync::Mutex::new(None);
/// #     pub unsafe fn library_set(on_level: Option<OnLevel>, user_data: *mut c_void) {
/// #         *SET.lock().unwrap() = on_level.map(|function| (function, user_data.addr()));
/// #     }
/// #     pub fn something_happens(level: c_int) -> c_int {
/// #         let (function, user_data) = SET.lock().unwrap().unwrap();
/// #         unsafe { function(std::ptr::without_provenance_mut(user_data), level) }
/// #     }
/// # }
/// # use library::{library_set, something_happens};
/// // int (*)(void *user_data, int level)
/// let (sender, receiver) = mpsc::channel();
/// let callback = Callback::new(move |_: UserData, level: c_int| -> c_int {
///     sender.send(level).map_or(-1, |()| 0)
/// })
/// .or_else(|_| -2);
///
/// let registration = callback.register(|function, user_data| {
///     // SAFETY: the library calls the function with this user data, until it is unset.
///     unsafe { library_set(Some(function), user_data) };
///     // SAFETY: after this the library calls no more.
///     Ok::<_, c_int>(|| unsafe { library_set(None, std::ptr::null_mut()) })
/// })?;
///
/// assert_eq!(something_happens(7), 0);
/// assert_eq!(receiver.recv()?, 7);
/// drop(registration);
/// assert!(receiver.recv().is_err(), "the closure is dropped, and the sender with it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # What doesn't compile
///
/// A shared closure that changes what it has captured:
///
/// ```compile_fail
/// use callback_bridge::closure::{Callback, UserData};
///
/// let mut calls = 0;
/// let _callback = Callback::shared(move |_: UserData| calls += 1);
/// ```
///
/// A fallback that captures:
///
/// ```compile_fail
/// use callback_bridge::closure::{Callback, UserData};
///
/// let chosen = 5;
/// Callback::new(|_: UserData| 0).or_else(move |_| chosen).register(|_, _| Ok::<_, ()>(|| ()));
/// ```
pub struct Callback<K: Kind, Args, G = UseDefault> {
    pub(crate) options: Options<K, G>,
    args: PhantomData<fn(Args)>,
}

builder!(Callback, Prototype);

impl<K: Kind + Call<Args>, Args: Prototype, G: Fallback<K::Output>> Callback<K, Args, G> {
    /// Registers the callback.
    ///
    /// `register` passes the function pointer and the user data to C and returns a closure that
    /// unregisters them (see [`Outcome`](super::Outcome) for what that may return), or C's error.
    /// C may call before `register` has returned.
    ///
    /// The user data is not an address. C must hand it back as it is; what comes back otherwise
    /// (null, say) is refused. It belongs to this function pointer: C must not get it with another.
    ///
    /// What is captured must be `Send` and owned:
    ///
    /// ```compile_fail
    /// use callback_bridge::closure::{Callback, UserData};
    ///
    /// let rc = std::rc::Rc::new(1);
    /// let _ = Callback::new(move |_: UserData| *rc).register(|_, _| Ok::<_, ()>(|| ()));
    /// ```
    ///
    /// # Errors
    ///
    /// C's, or that there is no room.
    #[allow(clippy::type_complexity, reason = "the closure's arguments are C's")]
    pub fn register<U, E>(
        self,
        register: impl FnOnce(Args::Function<K::Output>, Args::UserData) -> Result<U, E>,
    ) -> Result<Registration<U>, RegisterError<E>>
    where
        K: AnyThread,
        U: Unregister,
    {
        let Some(room) = Reserved::new() else { return Err(RegisterError::Full) };
        let close = CloseOnUnwind(self.options.open(room));
        let function = Args::trampoline::<K, G>();
        let unregister = register(function, Args::UserData::from_handle(close.0))
            .map_err(RegisterError::Library)?;
        Ok(Registration::new(close.keep(), None, unregister))
    }

    /// Lends the closure to C for as long as `call` runs: for C functions that call back only before
    /// they return, on the same thread.
    ///
    /// The closure may borrow, need not be `Send`, and nothing is allocated. A call after `call` has
    /// returned, or from another thread, is refused and counted.
    ///
    /// # Panics
    ///
    /// If the closure has panicked: with that panic, after `call` has returned.
    ///
    /// # Errors
    ///
    /// [`CAPACITY`](super::CAPACITY) callbacks are in use.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ffi::{c_int, c_void};
    ///
    /// use callback_bridge::closure::{Callback, UserData};
    ///
    /// # unsafe fn library_each(
    /// #     of: &[c_int],
    /// #     each: unsafe extern "C" fn(c_int, *mut c_void) -> c_int,
    /// #     user_data: *mut c_void,
    /// # ) -> c_int {
    /// #     for &value in of {
    /// #         unsafe { each(value, user_data) };
    /// #     }
    /// #     0
    /// # }
    /// let mut sum = 0;
    /// let add = Callback::new(|value: c_int, _: UserData| -> c_int {
    ///     sum += value;
    ///     0
    /// });
    /// // SAFETY: the library calls `each` with this user data, and not once it has returned.
    /// let status = add.scope(|each, user_data| unsafe { library_each(&[1, 2, 3], each, user_data) });
    /// assert_eq!(status.ok(), Some(0));
    /// assert_eq!(sum, 6);
    /// ```
    pub fn scope<T>(
        self,
        call: impl FnOnce(Args::Function<K::Output>, Args::UserData) -> T,
    ) -> Result<T, Full> {
        let Some(room) = Reserved::new() else { return Err(Full) };
        let function = Args::trampoline::<K, G>();
        Ok(self.options.scope(room, |handle| call(function, Args::UserData::from_handle(handle))))
    }
}

impl<F, Args, G> Callback<Shared<F>, Args, G>
where
    F: CallShared<Args> + Send + Sync + 'static,
    Args: Prototype,
    G: Fallback<F::Output>,
{
    /// Gives the closure to C for ever: it is never unregistered and never freed.
    ///
    /// A call costs two instructions more than one written by hand, since nothing can end: here the
    /// user data *is* an address, and only null is refused. A panic doesn't poison the closure.
    ///
    /// # Errors
    ///
    /// C's. The closure is not freed then, either.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::ffi::{c_int, c_void};
    /// use std::sync::atomic::{AtomicI32, Ordering};
    ///
    /// use callback_bridge::closure::{Callback, UserData};
    ///
    /// # unsafe fn log_to(log: unsafe extern "C" fn(*mut c_void, c_int), user_data: *mut c_void) {
    /// #     unsafe { log(user_data, 3) }
    /// # }
    /// static WORST: AtomicI32 = AtomicI32::new(0);
    /// let log = Callback::shared(|_: UserData, level: c_int| {
    ///     WORST.fetch_max(level, Ordering::Relaxed);
    /// });
    /// // SAFETY: the library calls the function with this user data and no other.
    /// log.forever(|log, user_data| Ok::<_, ()>(unsafe { log_to(log, user_data) })).unwrap();
    /// assert_eq!(WORST.load(Ordering::Relaxed), 3);
    /// ```
    pub fn forever<E>(
        self,
        register: impl FnOnce(Args::Function<F::Output>, Args::UserData) -> Result<(), E>,
    ) -> Result<&'static Forever, E> {
        let (forever, address) = Leaked::leak(self.options.closure);
        register(Args::forever::<F, G>(), Args::UserData::from_address(address))?;
        Ok(forever)
    }
}

/// Closes a callback whose registering failed or panicked.
pub(crate) struct CloseOnUnwind(pub(crate) usize);

impl CloseOnUnwind {
    pub(crate) fn keep(self) -> usize {
        std::mem::ManuallyDrop::new(self).0
    }
}

impl Drop for CloseOnUnwind {
    fn drop(&mut self) {
        Control::of(self.0).close(self.0);
    }
}
