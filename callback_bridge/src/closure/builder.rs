//! What a [`Callback`](super::Callback) and a [`Thunk`](super::Thunk) are made with, which is the
//! same for both.

/// Makers and choices of a type with the fields `options` and `args`.
macro_rules! builder {
    ($Callback:ident, $Prototype:ident) => {
        impl<F, Args: $Prototype> $Callback<Guarded<F>, Args> {
            /// From a `FnMut` closure. Only one call is let in at a time: one from inside the
            /// closure, or from a second thread at the same time, is [refused](Refusal::Busy) and
            /// counted.
            pub fn new(closure: F) -> Self
            where
                F: CallMut<Args>,
                F::Output: Default,
            {
                $Callback { options: Options::new(closure), args: PhantomData }
            }
        }

        impl<F, Args: $Prototype> $Callback<Shared<F>, Args> {
            /// From a `Fn` closure, which any number of threads may run at the same time.
            pub fn shared(closure: F) -> Self
            where
                F: CallShared<Args>,
                F::Output: Default,
            {
                $Callback { options: Options::new(closure), args: PhantomData }
            }
        }

        impl<F, Args: $Prototype> $Callback<Once<F>, Args> {
            /// From a `FnOnce` closure, for C that calls exactly once. A further call is
            /// [refused](Refusal::Spent) and counted.
            ///
            /// [`Registration::detach`] leaves it to C; dropping the registration instead frees a
            /// closure that C has not called.
            pub fn once(closure: F) -> Self
            where
                F: CallOnce<Args>,
                F::Output: Default,
            {
                $Callback { options: Options::new(closure), args: PhantomData }
            }
        }

        impl<K: Kind + Call<Args>, Args: $Prototype, G: Fallback<K::Output>> $Callback<K, Args, G> {
            /// Chooses what C gets when a call is refused or the closure panics; otherwise that is
            /// `Default`: zero, null.
            ///
            /// `fallback` must not capture anything (that is checked at compile time), and must not
            /// panic: that would abort the process.
            pub fn or_else<G2>(self, fallback: G2) -> $Callback<K, Args, G2>
            where
                G2: Fn(Refusal) -> K::Output + Copy + 'static,
            {
                // It is `Copy` and without size: the trampoline makes one more of it when it needs
                // one.
                let _ = fallback;
                $Callback { options: self.options.with_fallback(), args: PhantomData }
            }

            /// Lets C call the closure again after it has panicked. Otherwise it is poisoned:
            /// further calls are refused until [`Registration::clear_poison`].
            #[must_use]
            pub fn stay_after_panic(mut self) -> Self {
                self.options.stays_after_panic = true;
                self
            }

            /// Makes every call count itself with a locked instruction, as all do where the system
            /// has no `membarrier`.
            ///
            /// Unregistering then interrupts no other thread of the process. For callbacks that come
            /// rarely and are registered often.
            #[must_use]
            pub fn counted(mut self) -> Self {
                self.options.counted = true;
                self
            }
        }

        impl<K: Kind, Args, G> fmt::Debug for $Callback<K, Args, G> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($Callback)).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use builder;
