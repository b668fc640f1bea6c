//! Who offers a trait: one instance at a time, which calls find and hold while they run.

use std::fmt;
use std::sync::Arc;

use arc_swap::{ArcSwapOption, Guard};

use super::failure::{Failed, nobody_offers, other_interface};

/// Of one trait, for the whole process. `S` is what runs its async calls.
///
/// Offering and withdrawing exchange a pointer; a call takes hold of what is there. So neither waits
/// for the other, from wherever it is done, and an instance is dropped by whoever has it last.
pub struct Slot<D: ?Sized, S = ()> {
    name: &'static str,
    interface: u64,
    current: ArcSwapOption<Offered<D, S>>,
}

/// An instance, and what it needs.
pub struct Offered<D: ?Sized, S> {
    /// What is called.
    pub instance: Arc<D>,
    /// Runs its async calls.
    pub spawn: S,
}

impl<D: ?Sized, S> Slot<D, S> {
    /// Nobody offers the trait of this name and interface yet.
    pub const fn new(name: &'static str, interface: u64) -> Slot<D, S> {
        Slot { name, interface, current: ArcSwapOption::const_empty() }
    }

    /// Offers an instance, `erased` being the same without its type.
    ///
    /// # Errors
    ///
    /// If another one is offered.
    pub fn offer<T>(
        &self,
        instance: Arc<T>,
        erased: Arc<D>,
        spawn: S,
    ) -> Result<(), AlreadyOffered<T>> {
        let offered = Arc::new(Offered { instance: erased, spawn });
        let nobody = None::<Arc<Offered<D, S>>>;
        if self.current.compare_and_swap(&nobody, Some(offered)).is_none() {
            return Ok(());
        }
        let instance = Arc::into_inner(instance);
        Err(AlreadyOffered(instance.expect("it was not offered, so nobody else has it")))
    }

    /// Calls that come from now on find nobody.
    pub fn withdraw(&self) {
        self.current.store(None);
    }

    /// Who offers it, for as long as this is held.
    ///
    /// # Errors
    ///
    /// If the caller was made for another interface, or there is nobody.
    #[inline]
    pub fn find(&self, theirs: u64) -> Result<Held<D, S>, Failed> {
        if theirs != self.interface {
            return Err(other_interface(self.name, self.interface, theirs));
        }
        let found = self.current.load();
        if found.is_none() {
            return Err(nobody_offers(self.name));
        }
        Ok(Held(found))
    }
}

impl<D: ?Sized, S> fmt::Debug for Slot<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<D: ?Sized, S> fmt::Debug for Offered<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offered").finish_non_exhaustive()
    }
}

/// What was found in a [`Slot`]. There is something.
pub struct Held<D: ?Sized, S>(Guard<Option<Arc<Offered<D, S>>>>);

impl<D: ?Sized, S> std::ops::Deref for Held<D, S> {
    type Target = Offered<D, S>;

    #[inline]
    fn deref(&self) -> &Offered<D, S> {
        self.0.as_ref().expect("`find` has looked")
    }
}

impl<D: ?Sized, S> fmt::Debug for Held<D, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").finish_non_exhaustive()
    }
}

/// Another instance is offered; this one comes back.
pub struct AlreadyOffered<T>(pub T);

impl<T> fmt::Debug for AlreadyOffered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AlreadyOffered").finish_non_exhaustive()
    }
}

impl<T> fmt::Display for AlreadyOffered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another instance is offered already; drop its offer first")
    }
}

impl<T> std::error::Error for AlreadyOffered<T> {}
