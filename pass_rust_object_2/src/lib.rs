//! Experiment 6: a plain Rust callback asks C for the object, which must be one that may be edited.
//!
//! `csrc/main.c` is the library. It calls [`forward`], which is given no object and calls
//! `csrc/state.c`. That calls `edit` with the object that it was given.
//! The chapter is this crate's `README.md`.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{error, fmt, ptr};

use anyhow::Context;

pub mod ffi;

/// The object that the callback edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// How many values came.
    pub count: u32,
    /// What it began with, and their sum.
    pub total: i32,
}

/// What the library calls: a Rust function now, not one of C's. It knows no object.
///
/// # Safety
///
/// Only for a thread whose turn it is: see [`State::lock`].
pub unsafe extern "C" fn forward(value: i32) {
    // New: the object comes from C, which calls back into Rust a second time.
    // SAFETY: it is this thread's turn, and what is set was set with a callback that fits it.
    unsafe { ffi::pass_rust_object_2_state_call(value) };
}

/// What `state.c` calls, with the object that it was given.
unsafe extern "C" fn edit(object: *mut c_void, value: i32) {
    let tally: *mut Tally = object.cast();
    // SAFETY: it came from `Box::into_raw` in `State::set`, so it may be written, and it is freed
    // only when C has forgotten it. This thread is inside `State::deliver`, which borrows the state
    // exclusively, so nobody else uses the object now.
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

/// Library and state, for whoever's turn it is. Dropping it takes the object back from C.
#[derive(Debug)]
pub struct State {
    /// From `Box::into_raw`, while C has it.
    object: Option<NonNull<Tally>>,
    _turn: MutexGuard<'static, ()>,
}

impl State {
    /// Waits for its turn: the C keeps everything in global variables, without a lock.
    pub fn lock() -> State {
        static TURN: Mutex<()> = Mutex::new(());
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        State { object: None, _turn: turn }
    }

    /// Gives an object to C, which keeps it until [`State::take`] or the next `set`.
    pub fn set(&mut self, tally: Tally) {
        self.take();
        // New: owned and mutable. Whoever has this pointer may write through it.
        let object: *mut Tally = Box::into_raw(Box::new(tally));
        // SAFETY: the object is what `edit` expects, and stays in its place until `take`.
        unsafe { ffi::pass_rust_object_2_state_set(object.cast(), Some(edit)) };
        // SAFETY: `forward` is there as long as the program is, and it is called in `deliver` alone.
        unsafe { ffi::pass_rust_object_2_main_register(Some(forward)) };
        self.object = NonNull::new(object);
    }

    /// Has the library call its callback with `value`.
    ///
    /// # Errors
    ///
    /// Where no object is set.
    pub fn deliver(&mut self, value: i32) -> Result<(), NoCallback> {
        // SAFETY: it is our turn; what the callback needs, `set` has put in place.
        match unsafe { ffi::pass_rust_object_2_main_deliver(value) } {
            0 => Ok(()),
            _ => Err(NoCallback),
        }
    }

    /// Takes the object back from C, as it is by now.
    pub fn take(&mut self) -> Option<Tally> {
        let object = self.object.take()?;
        // SAFETY: it is our turn, and no callback is running.
        unsafe { ffi::pass_rust_object_2_main_register(None) };
        // SAFETY: as above.
        unsafe { ffi::pass_rust_object_2_state_set(ptr::null_mut(), None) };
        // SAFETY: it came from `Box::into_raw`, and C has forgotten it.
        Some(*unsafe { Box::from_raw(object.as_ptr()) })
    }
}

impl Drop for State {
    fn drop(&mut self) {
        self.take();
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The object as it was given to C.
    pub before: Tally,
    /// The values that the library delivered.
    pub delivered: Vec<i32>,
    /// The object as C gave it back.
    pub after: Tally,
    /// What delivering gave when no object was set any more.
    pub refusal: NoCallback,
}

/// Has an object edited by a callback that asks C for it.
///
/// ```
/// let report = pass_rust_object_2::run()?;
/// assert_eq!(report.before.total, 5);
/// assert_eq!(report.after.total, 5 + 1 + 2);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the C does not do as its headers say.
pub fn run() -> anyhow::Result<Report> {
    let before = Tally { count: 0, total: 5 };
    let delivered = vec![1, 2];
    let mut state = State::lock();
    state.set(before);
    for value in &delivered {
        state.deliver(*value)?;
    }
    let after = state.take().context("the object is gone")?;
    let refusal = state.deliver(3).err().context("a value was delivered to nobody")?;
    Ok(Report { before, delivered, after, refusal })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { count, total } = self.before;
        writeln!(f, "before     {count} values, total {total}")?;
        writeln!(f, "delivered  {:?}", self.delivered)?;
        let Tally { count, total } = self.after;
        writeln!(f, "after      {count} values, total {total}")?;
        write!(f, "no object  {}", self.refusal)
    }
}
