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
