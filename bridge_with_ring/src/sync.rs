//! What the ring is made of: std's and C's, or loom's in this crate's own tests, which are models.

#[cfg(not(test))]
pub(crate) use real::{Bell, UnsafeCell};
#[cfg(not(test))]
pub(crate) use std::sync::atomic::{AtomicU32, Ordering, fence};

#[cfg(test)]
pub(crate) use loom::{
    cell::UnsafeCell,
    sync::atomic::{AtomicU32, Ordering, fence},
};
#[cfg(test)]
pub(crate) use model::Bell;

#[cfg(not(test))]
mod real {
    use std::ptr::NonNull;

    use crate::ffi;

    /// `std::cell::UnsafeCell` with loom's way to what is inside.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        pub(crate) fn new(value: T) -> UnsafeCell<T> {
            UnsafeCell(std::cell::UnsafeCell::new(value))
        }

        pub(crate) fn with<R>(&self, look: impl FnOnce(*const T) -> R) -> R {
            look(self.0.get())
        }

        pub(crate) fn with_mut<R>(&self, change: impl FnOnce(*mut T) -> R) -> R {
            change(self.0.get())
        }
    }

    /// `csrc/bell.h`, as wide as C's pointer.
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Bell(NonNull<ffi::RawBell>);

    // SAFETY: `bell.h`: from any thread. Only one waits, as only one has its end of the ring.
    unsafe impl Send for Bell {}
    // SAFETY: as above.
    unsafe impl Sync for Bell {}

    impl Bell {
        /// # Panics
        ///
        /// Where C has no memory.
        pub(crate) fn new() -> Bell {
            Bell(NonNull::new(ffi::bridge_with_ring_bell_new()).expect("memory for a bell"))
        }

        pub(crate) fn ring(&self) {
            // SAFETY: it is alive until `drop`.
            unsafe { ffi::bridge_with_ring_bell_ring(self.0.as_ptr()) };
        }

        pub(crate) fn wait(&self) {
            // SAFETY: it is alive until `drop`.
            unsafe { ffi::bridge_with_ring_bell_wait(self.0.as_ptr()) };
        }

        pub(crate) fn rung(&self) -> u64 {
            // SAFETY: it is alive until `drop`.
            unsafe { ffi::bridge_with_ring_bell_rung(self.0.as_ptr()) }
        }
    }

    impl Drop for Bell {
        fn drop(&mut self) {
            // SAFETY: it is ours, and nobody has a pointer to it any more.
            unsafe { ffi::bridge_with_ring_bell_free(self.0.as_ptr()) };
        }
    }
}

#[cfg(test)]
mod model {
    use loom::sync::{Condvar, Mutex};

    /// `csrc/bell.c`, for loom.
    #[derive(Debug)]
    pub(crate) struct Bell(Mutex<(bool, u64)>, Condvar);

    impl Bell {
        pub(crate) fn new() -> Bell {
            Bell(Mutex::new((false, 0)), Condvar::new())
        }

        pub(crate) fn ring(&self) {
            let mut guard = self.0.lock().expect("no panic");
            *guard = (true, guard.1 + 1);
            self.1.notify_one();
        }

        pub(crate) fn wait(&self) {
            let mut guard = self.0.lock().expect("no panic");
            while !guard.0 {
                guard = self.1.wait(guard).expect("no panic");
            }
            guard.0 = false;
        }

        pub(crate) fn rung(&self) -> u64 {
            self.0.lock().expect("no panic").1
        }
    }
}
