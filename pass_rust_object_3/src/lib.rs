//! Experiment 7: C only keeps the object, and a typed, safe wrapper around it keeps the rules.
//!
//! `csrc/main.c` is the library, `csrc/state.c` a place for one `void *`. [`State`] knows the type
//! of what is there, who may use it, and when it is freed. The chapter is this crate's `README.md`.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// The place in `state.c`, and the right to use it. There is one; dropping it empties the place.
///
/// ```
/// use pass_rust_object_3::{State, Tally};
///
/// let mut state = State::claim()?;
/// assert_eq!(state.get(), None);
/// state.set(Tally { count: 0, total: 5 });
/// state.deliver(1)?;
/// assert_eq!(state.get(), Some(&Tally { count: 1, total: 6 }));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// While the callback may write, nobody else may look, and the compiler sees to it:
///
/// ```compile_fail,E0502
/// use pass_rust_object_3::{State, Tally};
///
/// let mut state = State::claim()?;
/// state.set(Tally { count: 0, total: 5 });
/// let seen: Option<&Tally> = state.get();
/// state.deliver(1)?; // would edit what `seen` points to
/// println!("{seen:?}");
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// It stays on the thread that claimed it (not `Send`):
///
/// ```compile_fail,E0277
/// use pass_rust_object_3::{State, Tally};
///
/// let mut state = State::claim()?;
/// std::thread::spawn(move || state.set(Tally { count: 0, total: 5 }));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// And no other thread may borrow it (not `Sync`):
///
/// ```compile_fail,E0277
/// use pass_rust_object_3::{State, Tally};
///
/// let mut state = State::claim()?;
/// state.set(Tally { count: 0, total: 5 });
/// std::thread::scope(|scope| {
///     scope.spawn(|| state.get().is_some());
/// });
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug)]
pub struct State<T> {
    /// New: as if the pointer that C keeps were in here. It makes `State` neither `Send` nor `Sync`.
    object: PhantomData<*mut T>,
}

/// Somebody else has the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed;

impl fmt::Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the state is already claimed")
    }
}

impl error::Error for Claimed {}

/// A value came, and there was no object for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NothingSet;

impl fmt::Display for NothingSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no object is set")
    }
}

impl error::Error for NothingSet {}

static CLAIMED: AtomicBool = AtomicBool::new(false);

impl<T> State<T> {
    /// Claims the place, which is empty.
    ///
    /// # Errors
    ///
    /// While another `State` is alive, of whatever type and on whatever thread.
    pub fn claim() -> Result<State<T>, Claimed> {
        // Acquire: what the one before did in C happened before what we do there.
        match CLAIMED.swap(true, Ordering::Acquire) {
            false => Ok(State { object: PhantomData }),
            true => Err(Claimed),
        }
    }

    /// What is in the place: null, or a pointer from `Box::into_raw` in `set`.
    fn pointer(&self) -> *mut T {
        // SAFETY: the place is claimed, so nobody else is in state.c.
        unsafe { ffi::pass_rust_object_3_state_get() }.cast()
    }

    /// Puts `object` into the place. The one that was there is dropped.
    pub fn set(&mut self, object: T) {
        let former = self.take();
        let object = Box::into_raw(Box::new(object));
        // SAFETY: the place is claimed and empty, and the object stays where it is until `take`.
        unsafe { ffi::pass_rust_object_3_state_set(object.cast()) };
        drop(former); // last: it is somebody's code, and may panic
    }

    /// The object, or `None` before the first `set`.
    pub fn get(&self) -> Option<&T> {
        // SAFETY: null, or a `T` that lives until `take`, which needs `&mut self`. The callback
        // writes to it in `deliver` alone, which needs `&mut self` too.
        unsafe { self.pointer().as_ref() }
    }

    /// Takes the object out of the place.
    pub fn take(&mut self) -> Option<T> {
        let object = ptr::NonNull::new(self.pointer())?;
        // SAFETY: the place is claimed.
        unsafe { ffi::pass_rust_object_3_state_set(ptr::null_mut()) };
        // SAFETY: it came from `Box::into_raw` in `set`, and C has forgotten it.
        Some(*unsafe { Box::from_raw(object.as_ptr()) })
    }
}

impl<T> Drop for State<T> {
    fn drop(&mut self) {
        let object = self.take();
        CLAIMED.store(false, Ordering::Release);
        drop(object); // last: it is somebody's code, and may panic
    }
}

/// What the library calls. It is given no object and gets it from C.
///
/// # Safety
///
/// Only while a `State<Tally>` is borrowed exclusively, on the thread that borrows it.
unsafe extern "C" fn edit(value: i32) {
    // SAFETY: the place is claimed by the state that the caller has borrowed.
    let object: *mut Tally = unsafe { ffi::pass_rust_object_3_state_get() }.cast();
    // SAFETY: null, or from `Box::into_raw` in `State::<Tally>::set`, and alive until `take`. Nobody
    // else uses it: the exclusive borrow is ours, and this thread is inside it.
    let Some(tally) = (unsafe { object.as_mut() }) else { return };
    // Wrapping, as nothing in here may panic: C must not be unwound.
    tally.count = tally.count.wrapping_add(1);
    tally.total = tally.total.wrapping_add(value);
}

// New: `edit` takes the object for a `Tally`, so only a state of that type can have it called.
impl State<Tally> {
    /// Has the library call its callback with `value`.
    ///
    /// # Errors
    ///
    /// Where no object is set.
    pub fn deliver(&mut self, value: i32) -> Result<(), NothingSet> {
        // SAFETY: `edit` is called in the next line alone, while we have `&mut self`.
        unsafe { ffi::pass_rust_object_3_main_register(Some(edit)) };
        // SAFETY: the place is claimed, so nobody else is in main.c; the callback fits our type.
        unsafe { ffi::pass_rust_object_3_main_deliver(value) };
        // SAFETY: the callback has returned.
        unsafe { ffi::pass_rust_object_3_main_register(None) };
        self.get().map(|_| ()).ok_or(NothingSet)
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was in the place before anything was set.
    pub before_set: Option<Tally>,
    /// What delivering gave then.
    pub refusal: NothingSet,
    /// What was set.
    pub set: Tally,
    /// What it had become after 1 and 2 had been delivered.
    pub edited: Tally,
    /// What a second claim gave.
    pub second_claim: Claimed,
    /// What was in the place when the first claim was over and it was claimed again.
    pub claimed_again: Option<Tally>,
}

/// Claims the place, has an object edited in it, and leaves it.
///
/// ```
/// let report = pass_rust_object_3::run()?;
/// assert_eq!(report.edited.total, 5 + 1 + 2);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// While somebody else has claimed the place.
pub fn run() -> anyhow::Result<Report> {
    let mut state = State::claim()?;
    let before_set = state.get().copied();
    let refusal = state.deliver(0).err().context("a value was delivered to nobody")?;
    let set = Tally { count: 0, total: 5 };
    state.set(set);
    state.deliver(1)?;
    state.deliver(2)?;
    let edited = *state.get().context("the object is gone")?;
    let second_claim = State::<Tally>::claim().err().context("there were two claims at once")?;
    drop(state);
    let claimed_again = State::claim()?.get().copied();
    Ok(Report { before_set, refusal, set, edited, second_claim, claimed_again })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = |tally: Option<Tally>| match tally {
            Some(Tally { count, total }) => format!("{count} values, total {total}"),
            None => String::from("nothing"),
        };
        writeln!(f, "before set     {}", words(self.before_set))?;
        writeln!(f, "a value comes  {}", self.refusal)?;
        writeln!(f, "set            {}", words(Some(self.set)))?;
        writeln!(f, "after 1 and 2  {}", words(Some(self.edited)))?;
        writeln!(f, "second claim   {}", self.second_claim)?;
        write!(f, "claimed again  {}", words(self.claimed_again))
    }
}
