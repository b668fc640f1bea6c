//! Why a callback is not registered.

use std::fmt;

/// There was no room for a callback, which is here.
pub struct Full<C>(pub C);

/// Why a callback is not registered.
pub enum RegisterError<C, E> {
    /// [`CAPACITY`](super::CAPACITY) callbacks are registered (of thunks,
    /// [`Thunk::CAPACITY`](super::Thunk::CAPACITY)). Here is the callback.
    Full(C),
    /// The closure that registers has returned this error. The callback is closed, and the closure
    /// dropped.
    Library(E),
}

impl<C, E> RegisterError<C, E> {
    /// The callback, if it is here, and the error without it.
    ///
    /// The error then holds no closure, so it can be passed on with `?` like any other, wherever `E`
    /// can.
    ///
    /// # Examples
    ///
    /// ```
    /// use callback_bridge::closure::{Callback, RegisterError, UserData};
    ///
    /// fn start() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     let callback = Callback::new(|_: UserData| {});
    ///     let refused = |_, _| Err::<fn(), _>(std::fmt::Error);
    ///     callback.register(refused).map_err(|error| error.split().1)?;
    ///     Ok(())
    /// }
    ///
    /// let error = start().unwrap_err();
    /// assert!(error.is::<RegisterError<(), std::fmt::Error>>());
    /// ```
    pub fn split(self) -> (Option<C>, RegisterError<(), E>) {
        match self {
            RegisterError::Full(callback) => (Some(callback), RegisterError::Full(())),
            RegisterError::Library(error) => (None, RegisterError::Library(error)),
        }
    }
}

impl<C> fmt::Debug for Full<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Full")
    }
}

impl<C> fmt::Display for Full<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no room for one more callback")
    }
}

impl<C> std::error::Error for Full<C> {}

impl<C, E: fmt::Debug> fmt::Debug for RegisterError<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::Full(_) => f.write_str("Full"),
            RegisterError::Library(error) => f.debug_tuple("Library").field(error).finish(),
        }
    }
}

impl<C, E: fmt::Display> fmt::Display for RegisterError<C, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::Full(_) => f.write_str("there is no room for one more callback"),
            RegisterError::Library(error) => write!(f, "the library refused the callback: {error}"),
        }
    }
}

impl<C, E: fmt::Debug + fmt::Display> std::error::Error for RegisterError<C, E> {}
