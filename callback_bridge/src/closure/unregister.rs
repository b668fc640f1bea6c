//! What a library says when a callback is unregistered.

use std::convert::Infallible;

/// What may still happen once a callback is unregistered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// C has called for the last time: every call has returned, or will without a further one.
    NoCallFollows,
    /// C may still call. The callback is retired: it refuses such a call and counts it.
    CallsMayFollow,
}

/// What an unregistering closure may return: `()` ([`Aftermath::NoCallFollows`]), an [`Aftermath`],
/// or a `Result` of one of these. After an error the callback is retired.
///
/// A status code of C's is none of them: which number is success only the binding knows.
///
/// ```compile_fail,E0277
/// use callback_bridge::closure::{Callback, UserData};
///
/// let stop = || 0; // C's status
/// let _ = Callback::new(|_: UserData| {}).register(|_, _| Ok::<_, i32>(stop));
/// ```
///
/// ```
/// use callback_bridge::closure::{Callback, UserData};
///
/// fn check(status: i32) -> Result<(), i32> {
///     if status == 0 { Ok(()) } else { Err(status) }
/// }
///
/// let stop = || check(0);
/// let _ = Callback::new(|_: UserData| {}).register(|_, _| Ok::<_, i32>(stop));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` doesn't say whether C still calls",
    label = "the closure that unregisters returns this",
    note = "map a status code to `Result<(), E>`; `()` says that no call follows, \
            `Aftermath::CallsMayFollow` that one may"
)]
pub trait Outcome {
    /// Why the library refused.
    type Error;
    /// Says what follows.
    #[doc(hidden)]
    fn aftermath(self) -> Result<Aftermath, Self::Error>;
}

impl Outcome for () {
    type Error = Infallible;
    fn aftermath(self) -> Result<Aftermath, Infallible> {
        Ok(Aftermath::NoCallFollows)
    }
}

impl Outcome for Aftermath {
    type Error = Infallible;
    fn aftermath(self) -> Result<Aftermath, Infallible> {
        Ok(self)
    }
}

impl<E> Outcome for Result<(), E> {
    type Error = E;
    fn aftermath(self) -> Result<Aftermath, E> {
        self.map(|()| Aftermath::NoCallFollows)
    }
}

impl<E> Outcome for Result<Aftermath, E> {
    type Error = E;
    fn aftermath(self) -> Result<Aftermath, E> {
        self
    }
}

/// A closure that unregisters: `FnOnce() -> impl Outcome`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no closure that unregisters",
    label = "`register` returned this as `Ok`",
    note = "return `Ok(|| ..)` with a closure that unregisters the callback, or `Ok(|| ())` if C \
            calls no more of itself"
)]
pub trait Unregister {
    /// Why the library refused.
    type Error;
    #[doc(hidden)]
    fn unregister(self) -> Result<Aftermath, Self::Error>;
}

impl<Closure, O> Unregister for Closure
where
    Closure: FnOnce() -> O,
    O: Outcome,
{
    type Error = O::Error;
    fn unregister(self) -> Result<Aftermath, O::Error> {
        self().aftermath()
    }
}
