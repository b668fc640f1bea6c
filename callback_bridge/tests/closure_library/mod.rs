//! What a C library does with a callback: keeps it, calls it, forgets it.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use callback_bridge::closure::{BoxedRegistration, Callback, Refusal, UserData};

/// `int (*)(void *user_data, int value)`.
pub(crate) type OnValue = unsafe extern "C" fn(*mut c_void, i32) -> i32;
/// `int (*)(int value)`.
pub(crate) type OnPlainValue = unsafe extern "C" fn(i32) -> i32;

/// A callback as C keeps it.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    function: OnValue,
    user_data: usize,
}

impl Kept {
    pub(crate) fn new(function: OnValue, user_data: *mut c_void) -> Kept {
        Kept { function, user_data: user_data.addr() }
    }

    pub(crate) fn user_data(self) -> usize {
        self.user_data
    }

    pub(crate) fn call(self, value: i32) -> i32 {
        self.call_with(self.user_data, value)
    }

    /// With user data that was not registered.
    pub(crate) fn call_with(self, user_data: usize, value: i32) -> i32 {
        // SAFETY: a trampoline refuses what it doesn't know.
        unsafe { (self.function)(ptr::without_provenance_mut(user_data), value) }
    }
}

/// A place for one callback.
#[derive(Clone, Default)]
pub(crate) struct Library(Arc<Mutex<Option<Kept>>>);

impl Library {
    pub(crate) fn set(&self, function: OnValue, user_data: *mut c_void) {
        *self.0.lock().unwrap() = Some(Kept::new(function, user_data));
    }

    pub(crate) fn put_back(&self, kept: Kept) {
        *self.0.lock().unwrap() = Some(kept);
    }

    pub(crate) fn unset(&self) {
        *self.0.lock().unwrap() = None;
    }

    pub(crate) fn kept(&self) -> Option<Kept> {
        *self.0.lock().unwrap()
    }

    /// `None`: no callback is set.
    pub(crate) fn fire(&self, value: i32) -> Option<i32> {
        self.kept().map(|kept| kept.call(value))
    }
}

/// Counts how often it is dropped.
pub(crate) struct DropCounter(pub(crate) Arc<AtomicUsize>);

impl DropCounter {
    pub(crate) fn new() -> (DropCounter, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        (DropCounter(Arc::clone(&count)), count)
    }
}

impl Drop for DropCounter {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What C gets when a call is too late; the other refusals follow it.
pub(crate) const LATE: c_int = -40;

pub(crate) fn fallback(refusal: Refusal) -> c_int {
    match refusal {
        Refusal::Closed => LATE,
        Refusal::Busy => -41,
        Refusal::Poisoned => -42,
        Refusal::Panicked => -43,
        _ => -44,
    }
}

/// Registers a guarded closure at the library.
pub(crate) fn register(
    library: &Library,
    closure: impl FnMut(UserData, c_int) -> c_int + Send + 'static,
) -> BoxedRegistration<&'static str> {
    Callback::new(closure)
        .or_else(fallback)
        .register(|function, user_data| {
            library.set(function, user_data);
            let library = library.clone();
            Ok::<_, ()>(move || {
                library.unset();
                Ok(())
            })
        })
        .unwrap()
        .boxed()
}
