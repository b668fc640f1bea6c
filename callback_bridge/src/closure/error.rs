//! Why a callback is not registered.

use std::fmt;

/// There was no room for a callback. Its closure is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// Why a callback is not registered. Its closure is dropped.
///
/// It holds no closure, so it can be passed on with `?`, wherever C's error `E` can.
///
/// # Examples
///
/// ```
/// use callback_bridge::closure::{Callback, RegisterError, UserData};
///
/// fn start() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     let callback = Callback::new(|_: UserData| {});
///     let _registration = callback.register(|_, _| Err::<fn(), _>(std::fmt::Error))?;
///     Ok(())
/// }
///
/// let error = start().unwrap_err();
/// assert_eq!(error.downcast_ref(), Some(&RegisterError::Library(std::fmt::Error)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegisterError<E> {
    /// [`CAPACITY`](super::CAPACITY) callbacks are registered (of thunks,
    /// [`Thunk::CAPACITY`](super::Thunk::CAPACITY)).
    Full,
    /// The closure that registers has returned this error.
    Library(E),
}

impl fmt::Display for Full {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there is no room for one more callback")
    }
}

impl std::error::Error for Full {}

impl<E: fmt::Display> fmt::Display for RegisterError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RegisterError::Full => Full.fmt(f),
            RegisterError::Library(error) => write!(f, "the library refused the callback: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for RegisterError<E> {}
