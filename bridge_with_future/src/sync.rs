//! What the slot is made of: std's, or loom's in this crate's own tests, which are models.

#[cfg(test)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};
#[cfg(not(test))]
pub(crate) use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

/// `std::cell::UnsafeCell` with loom's way to what is inside.
#[cfg(not(test))]
#[derive(Debug)]
pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

#[cfg(not(test))]
impl<T> UnsafeCell<T> {
    pub(crate) fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }

    pub(crate) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
        change(self.0.get())
    }
}
