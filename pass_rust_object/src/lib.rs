//! Experiment 5: a C bridge holds a Rust object and gives out a plain function pointer.
//!
//! `csrc/main.c` is a library whose callback gets no user data. `csrc/bridge.c` remembers the
//! object for it. This file gives the object away, gets it edited, and takes it back.
//! The chapter is this crate's `README.md`.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{error, fmt, mem, ptr};

use anyhow::Context;

pub mod ffi;

/// The object that the callback edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many values came.
    pub count: u32,
    /// Their sum.
    pub total: i32,
}

/// What the bridge calls, with the object that it was given.
unsafe extern "C" fn add(object: *mut c_void, value: i32) {
    let tally: *mut Tally = object.cast();
    // SAFETY: it came from `Box::into_raw` in `Bridge::set`, and is freed only when C has forgotten
    // it. This thread is inside `Bridge::deliver`, which borrows the bridge exclusively, so nobody
    // else uses the object now.
    let tally = unsafe { &mut *tally };
    // Wrapping, as nothing in here may panic: C must not be unwound.
    tally.count = tally.count.wrapping_add(1);
    tally.total = tally.total.wrapping_add(value);
}

/// The library has no callback to deliver to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoCallback;

impl fmt::Display for NoCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no callback is registered")
    }
}

impl error::Error for NoCallback {}

/// Library and bridge, for whoever's turn it is. Dropping it takes the object back from C.
#[derive(Debug)]
pub struct Bridge {
    /// From `Box::into_raw`, while C has it.
    object: Option<NonNull<Tally>>,
    plain: ffi::MainCallback,
    _turn: MutexGuard<'static, ()>,
}

impl Bridge {
    /// Waits for its turn: the C keeps everything in global variables, without a lock.
    pub fn lock() -> Bridge {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Bridge { object: None, plain: None, _turn: turn }
    }

    /// Gives an object to C. Returns the one whose place it takes.
    pub fn set(&mut self, tally: Tally) -> Option<Tally> {
        let object = Box::into_raw(Box::new(tally)); // what C keeps is no longer Rust's to free
        // SAFETY: the object is what `add` expects, and stays in its place until `take` or `set`.
        let plain = unsafe { ffi::pass_rust_object_bridge_set(object.cast(), Some(add)) };
        // New: the library is given a function of C's, which gets no object, but knows where it is.
        // SAFETY: that function is there as long as the program is.
        unsafe { ffi::pass_rust_object_main_register(plain) };
        self.plain = plain;
        let former = mem::replace(&mut self.object, NonNull::new(object))?;
        // SAFETY: it came from `Box::into_raw`, and C has just forgotten it for the new one.
        Some(*unsafe { Box::from_raw(former.as_ptr()) })
    }

    /// Has the library call its callback with `value`.
    ///
    /// # Errors
    ///
    /// Where no object is set.
    pub fn deliver(&mut self, value: i32) -> Result<(), NoCallback> {
        // SAFETY: it is our turn; what the callback needs, `set` has put in place.
        match unsafe { ffi::pass_rust_object_main_deliver(value) } {
            0 => Ok(()),
            _ => Err(NoCallback),
        }
    }

    /// Takes the object back from C, as it is by now.
    pub fn take(&mut self) -> Option<Tally> {
        let object = self.object.take()?;
        // SAFETY: it is our turn, and no callback is running.
        unsafe { ffi::pass_rust_object_main_register(None) };
        // SAFETY: as above.
        unsafe { ffi::pass_rust_object_bridge_clear() };
        // SAFETY: it came from `Box::into_raw`, and C has forgotten it.
        Some(*unsafe { Box::from_raw(object.as_ptr()) })
    }
}

impl Drop for Bridge {
    fn drop(&mut self) {
        self.take();
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The object that was set first, and given 1, 2, 3.
    pub first: Tally,
    /// The object that took its place, and was given 40 and 50.
    pub second: Tally,
    /// Whether the bridge gave out the same plain function for both.
    pub same_function: bool,
    /// What delivering gave when no object was set any more.
    pub refusal: NoCallback,
}

/// Has two objects edited, one after the other.
///
/// ```
/// let report = pass_rust_object::run()?;
/// assert_eq!(report.first.total, 1 + 2 + 3);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the bridge does not do as its header says.
pub fn run() -> anyhow::Result<Report> {
    let mut bridge = Bridge::lock();
    bridge.set(Tally::default());
    let plain = bridge.plain.context("the bridge gave no function")?;
    for value in [1, 2, 3] {
        bridge.deliver(value)?;
    }

    // The first object would still like to hear of new values. But there is only one place.
    let first = bridge.set(Tally::default()).context("the first object is gone")?;
    let plain_again = bridge.plain.context("the bridge gave no function")?;
    for value in [40, 50] {
        bridge.deliver(value)?;
    }

    let second = bridge.take().context("the second object is gone")?;
    let refusal = bridge.deliver(6).err().context("a value was delivered to nobody")?;
    Ok(Report { first, second, same_function: ptr::fn_addr_eq(plain, plain_again), refusal })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let same = if self.same_function { "the same" } else { "another" };
        let Tally { count, total } = self.first;
        writeln!(f, "first object   {count} values, total {total}")?;
        let Tally { count, total } = self.second;
        writeln!(f, "second object  {count} values, total {total}")?;
        writeln!(f, "its function   {same} as the first one's")?;
        write!(f, "no object      {}", self.refusal)
    }
}
