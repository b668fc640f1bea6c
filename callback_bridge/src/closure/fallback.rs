//! What C gets when there is no answer of the closure.

use super::refusal::Refusal;

/// Makes the value that C gets when a call is refused or the closure panics.
///
/// Either [`UseDefault`], or a closure `Fn(Refusal) -> R` that captures nothing: the value is needed
/// also when nothing of the callback is left to look it up in.
pub trait Fallback<R>: sealed::Fallback<R> + Copy + 'static {}

/// Zero, null, `false`: `R::default()`.
#[derive(Clone, Copy, Debug, Default)]
pub struct UseDefault;

impl<R: Default> Fallback<R> for UseDefault {}
impl<R, F: Fn(Refusal) -> R + Copy + 'static> Fallback<R> for F {}

pub(crate) mod sealed {
    use std::ptr::NonNull;

    use super::{Refusal, UseDefault};

    pub trait Fallback<R> {
        /// Only called for a type of which there is a value.
        fn value(refusal: Refusal) -> R;
    }

    impl<R: Default> Fallback<R> for UseDefault {
        #[inline]
        fn value(_: Refusal) -> R {
            R::default()
        }
    }

    impl<R, F: Fn(Refusal) -> R + Copy + 'static> Fallback<R> for F {
        #[inline]
        fn value(refusal: Refusal) -> R {
            const { assert!(size_of::<F>() == 0, "a fallback must not capture anything") };
            // SAFETY: it has no size, so a dangling pointer is a pointer to it, and it is `Copy`, so
            // there may be one more of the value that the callback was built with.
            let fallback = unsafe { NonNull::<F>::dangling().read() };
            fallback(refusal)
        }
    }
}
