//! The three kinds of closures, and how each is called with a tuple of arguments.

use std::marker::PhantomData;

use super::ffi_safe::FfiReturn;
use super::refusal::Refusal;

/// A closure whose arguments are the tuple `Args`.
///
/// Implemented for every closure of up to nine arguments; there is nothing to implement by hand.
#[diagnostic::on_unimplemented(
    message = "this closure can't be called by C",
    label = "not a `FnMut` closure of at most nine arguments that returns `()` or an FFI-safe type",
    note = "C gets numbers, `bool`, raw pointers, nullable function pointers, or `()` for `void`; what \
            else the closure returns (a `Result`, a `String`), it must turn into one of them"
)]
pub trait CallMut<Args> {
    /// What it returns.
    type Output: FfiReturn;
    #[doc(hidden)]
    fn call_mut(&mut self, args: Args) -> Self::Output;
}

/// As [`CallMut`], for `Fn`.
#[diagnostic::on_unimplemented(
    message = "this closure can't be called by C",
    label = "not a `Fn` closure of at most nine arguments that returns `()` or an FFI-safe type",
    note = "C gets numbers, `bool`, raw pointers, nullable function pointers, or `()` for `void`; what \
            else the closure returns (a `Result`, a `String`), it must turn into one of them"
)]
pub trait CallShared<Args> {
    /// What it returns.
    type Output: FfiReturn;
    #[doc(hidden)]
    fn call_shared(&self, args: Args) -> Self::Output;
}

/// As [`CallMut`], for `FnOnce`.
#[diagnostic::on_unimplemented(
    message = "this closure can't be called by C",
    label = "not a `FnOnce` closure of at most nine arguments that returns `()` or an FFI-safe type",
    note = "C gets numbers, `bool`, raw pointers, nullable function pointers, or `()` for `void`; what \
            else the closure returns (a `Result`, a `String`), it must turn into one of them"
)]
pub trait CallOnce<Args> {
    /// What it returns.
    type Output: FfiReturn;
    #[doc(hidden)]
    fn call_once(self, args: Args) -> Self::Output;
}

macro_rules! closures {
    ($($argument:ident)*) => {
        impl<Closure, Output, $($argument),*> CallMut<($($argument,)*)> for Closure
        where
            Closure: FnMut($($argument),*) -> Output,
            Output: FfiReturn,
        {
            type Output = Output;
            #[inline(always)]
            #[allow(non_snake_case, clippy::unused_unit, reason = "types name the values")]
            fn call_mut(&mut self, ($($argument,)*): ($($argument,)*)) -> Output {
                self($($argument),*)
            }
        }
        impl<Closure, Output, $($argument),*> CallShared<($($argument,)*)> for Closure
        where
            Closure: Fn($($argument),*) -> Output,
            Output: FfiReturn,
        {
            type Output = Output;
            #[inline(always)]
            #[allow(non_snake_case, reason = "types name the values")]
            fn call_shared(&self, ($($argument,)*): ($($argument,)*)) -> Output {
                self($($argument),*)
            }
        }
        impl<Closure, Output, $($argument),*> CallOnce<($($argument,)*)> for Closure
        where
            Closure: FnOnce($($argument),*) -> Output,
            Output: FfiReturn,
        {
            type Output = Output;
            #[inline(always)]
            #[allow(non_snake_case, reason = "types name the values")]
            fn call_once(self, ($($argument,)*): ($($argument,)*)) -> Output {
                self($($argument),*)
            }
        }
    };
}
closures!();
closures!(A);
closures!(A B);
closures!(A B C);
closures!(A B C D);
closures!(A B C D E);
closures!(A B C D E F);
closures!(A B C D E F G);
closures!(A B C D E F G H);
closures!(A B C D E F G H I);

/// A `FnMut` closure: one call at a time, a second one is refused.
#[derive(Clone, Copy, Debug)]
pub struct Guarded<Closure>(PhantomData<Closure>);

/// A `Fn` closure: any number of calls at a time.
#[derive(Clone, Copy, Debug)]
pub struct Shared<Closure>(PhantomData<Closure>);

/// A `FnOnce` closure: one call, further ones are refused.
#[derive(Clone, Copy, Debug)]
pub struct Once<Closure>(PhantomData<Closure>);

/// How a closure is kept and called: [`Guarded`], [`Shared`] or [`Once`].
pub trait Kind: sealed::Kind {}
impl<Closure> Kind for Guarded<Closure> {}
impl<Closure> Kind for Shared<Closure> {}
impl<Closure> Kind for Once<Closure> {}

/// A [`Kind`] whose closure takes the tuple `Args`.
pub trait Call<Args> {
    /// What C gets back.
    type Output: FfiReturn;
    #[doc(hidden)]
    const ONCE: bool;
    #[doc(hidden)]
    const EXCLUSIVE: bool;

    /// # Safety
    ///
    /// `data` is where a [`sealed::Kind::Kept`] of this type lies, alive until this returns. If
    /// `EXCLUSIVE`, nobody else uses it.
    #[doc(hidden)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal>;
}

impl<Closure: CallMut<Args>, Args> Call<Args> for Guarded<Closure> {
    type Output = Closure::Output;
    const ONCE: bool = false;
    const EXCLUSIVE: bool = true;

    #[inline(always)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal> {
        // SAFETY: the caller's promise; exclusive, so there is no other reference.
        let closure = unsafe { &mut *data.cast::<Closure>() };
        Ok(closure.call_mut(args))
    }
}

impl<Closure: CallShared<Args>, Args> Call<Args> for Shared<Closure> {
    type Output = Closure::Output;
    const ONCE: bool = false;
    const EXCLUSIVE: bool = false;

    #[inline(always)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal> {
        // SAFETY: the caller's promise; all references to it are shared ones.
        let closure = unsafe { &*data.cast::<Closure>() };
        Ok(closure.call_shared(args))
    }
}

impl<Closure: CallOnce<Args>, Args> Call<Args> for Once<Closure> {
    type Output = Closure::Output;
    const ONCE: bool = true;
    const EXCLUSIVE: bool = true;

    #[inline(always)]
    unsafe fn call(data: *mut (), args: Args) -> Result<Self::Output, Refusal> {
        // SAFETY: the caller's promise; exclusive, so there is no other reference.
        let closure = unsafe { &mut *data.cast::<Option<Closure>>() };
        match closure.take() {
            Some(closure) => Ok(closure.call_once(args)),
            None => Err(Refusal::Spent),
        }
    }
}

mod sealed {
    use super::{Guarded, Once, Shared};

    /// Which closure, and as what it is kept.
    pub trait Kind {
        type Closure;
        type Kept;
        fn keep(closure: Self::Closure) -> Self::Kept;
    }
    impl<Closure> Kind for Guarded<Closure> {
        type Closure = Closure;
        type Kept = Closure;
        fn keep(closure: Closure) -> Closure {
            closure
        }
    }
    impl<Closure> Kind for Shared<Closure> {
        type Closure = Closure;
        type Kept = Closure;
        fn keep(closure: Closure) -> Closure {
            closure
        }
    }
    impl<Closure> Kind for Once<Closure> {
        type Closure = Closure;
        type Kept = Option<Closure>;
        fn keep(closure: Closure) -> Option<Closure> {
            Some(closure)
        }
    }
}
