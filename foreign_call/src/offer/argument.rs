//! What the peer's call brings along: views that it owns, which live until its call returns.

use std::ffi::c_void;
use std::fmt;
use std::ops::Deref;
use std::ptr;

use super::failure::{Failed, invalid};
use crate::convert::{In, Problem};
use crate::{ConvertError, FromRef, ListRef, StringRef, View};

/// A number, `bool` or `char`, as it came by value.
///
/// # Errors
///
/// If it is none.
#[inline]
pub fn scalar<T: FromRef>(view: &T::Ref<'_>, name: &'static str) -> Result<T, Failed> {
    T::from_ref(view).in_field(name).map_err(invalid)
}

/// Copies and checks.
///
/// # Errors
///
/// If it is no value of this type.
///
/// # Safety
///
/// Null, misaligned, or a view of a `T`; all that it points to is readable while this runs.
#[inline]
pub unsafe fn owned<T: FromRef>(view: *const c_void, name: &'static str) -> Result<T, Failed> {
    // SAFETY: the caller's promise.
    let view = unsafe { view_at::<T::Ref<'_>>(view) };
    view.and_then(T::from_ref).in_field(name).map_err(invalid)
}

/// A text where the peer has it.
///
/// # Errors
///
/// If it is not UTF-8, or no text can lie there.
///
/// # Safety
///
/// Null, misaligned, or a view; and all that it points to is readable for as long as `'a`, and
/// written by nobody.
#[inline]
pub unsafe fn text<'a>(view: *const c_void, name: &'static str) -> Result<&'a str, Failed> {
    // SAFETY: the caller's promise.
    let view = unsafe { view_at::<StringRef<'a>>(view) };
    view.and_then(StringRef::get).in_field(name).map_err(invalid)
}

/// A list where the peer has it; a copy, if its elements have to be checked or lie otherwise.
///
/// # Errors
///
/// If one of them is no value of its type, or no list can lie there.
///
/// # Safety
///
/// Null, misaligned, or a view; and all that it points to is readable for as long as `'a`, and
/// written by nobody.
#[inline]
pub unsafe fn list<'a, T: FromRef + 'a>(
    view: *const c_void,
    name: &'static str,
) -> Result<Listed<'a, T>, Failed> {
    // SAFETY: the caller's promise.
    let view = unsafe { view_at::<ListRef<'a, T::Ref<'a>>>(view) };
    view.and_then(Listed::new).in_field(name).map_err(invalid)
}

/// Elements that are lent, or were made.
pub enum Listed<'a, T> {
    /// The peer's.
    Lent(&'a [T]),
    /// Ours.
    Made(Vec<T>),
}

impl<'a, T: FromRef + 'a> Listed<'a, T> {
    #[inline]
    fn new(view: &ListRef<'a, T::Ref<'a>>) -> Result<Listed<'a, T>, ConvertError> {
        if T::PLAIN && align_of::<T>() <= align_of::<T::Ref<'a>>() {
            let views = ptr::from_ref(view.get()?) as *const [T];
            // SAFETY: `PLAIN`, so as long as its view and with nothing to check; aligned as that is.
            return Ok(Listed::Lent(unsafe { &*views }));
        }
        Vec::from_ref(view).map(Listed::Made)
    }
}

impl<T> Deref for Listed<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Listed::Lent(elements) => elements,
            Listed::Made(elements) => elements,
        }
    }
}

impl<T> fmt::Debug for Listed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Listed({})", self.len())
    }
}

/// # Safety
///
/// Null, misaligned, or a view for as long as `'a`; and all that it points to is readable until then,
/// and written by nobody.
#[inline]
unsafe fn view_at<'a, R: View>(view: *const c_void) -> Result<&'a R, ConvertError> {
    let view = view.cast::<R>();
    if view.is_null() {
        return Err(ConvertError::new(Problem::Null));
    }
    if !view.is_aligned() {
        return Err(ConvertError::new(Problem::Misaligned));
    }
    // SAFETY: checked, and the caller's promise; any bits are a view.
    Ok(unsafe { &*view })
}
