//! The experiment with `callback_bridge`: the object stays in Rust, and the place in C is not needed.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, anyhow};
use callback_bridge::closure::{Registration, Thunk};
use pass_rust_object_3::{Claimed, NothingSet, Report, Tally, ffi};

/// main.c has one callback and no lock. That stays ours to mind.
static LIBRARY: Mutex<()> = Mutex::new(());

/// The library main.c, and an object that its callback edits.
struct State {
    object: Arc<Mutex<Option<Tally>>>,
    /// Dropped before the claim, which it needs.
    _registration: Registration<fn()>,
    _claim: MutexGuard<'static, ()>,
}

fn lock(object: &Mutex<Option<Tally>>) -> MutexGuard<'_, Option<Tally>> {
    object.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// The inner error: somebody else has the library.
    fn claim() -> anyhow::Result<Result<State, Claimed>> {
        let Ok(claim) = LIBRARY.try_lock() else { return Ok(Err(Claimed)) };
        let object = Arc::new(Mutex::new(None));
        let edited = Arc::clone(&object);
        let edit = Thunk::new(move |value: i32| {
            if let Some(Tally { count, total }) = lock(&edited).as_mut() {
                *count += 1;
                *total += value;
            }
        });
        let registration = edit.register(|edit| {
            // SAFETY: the library is claimed. The function is good until it is unregistered.
            unsafe { ffi::pass_rust_object_3_main_register(Some(edit)) };
            // SAFETY: the registration is dropped before the claim. After this C calls nobody.
            Ok::<fn(), Infallible>(|| unsafe { ffi::pass_rust_object_3_main_register(None) })
        });
        let registration = registration.map_err(|error| anyhow!("{error}"))?;
        Ok(Ok(State { object, _registration: registration, _claim: claim }))
    }

    fn set(&self, object: Tally) {
        *lock(&self.object) = Some(object);
    }

    fn get(&self) -> Option<Tally> {
        *lock(&self.object)
    }

    fn deliver(&mut self, value: i32) -> Result<(), NothingSet> {
        // SAFETY: the library is claimed, `&mut` keeps other threads out, and what is registered
        // never unwinds.
        unsafe { ffi::pass_rust_object_3_main_deliver(value) };
        self.get().map(|_| ()).ok_or(NothingSet)
    }
}

fn main() -> anyhow::Result<()> {
    let mut state = State::claim()??;
    let before_set = state.get();
    let refusal = state.deliver(0).err().context("a value was delivered to nobody")?;
    let set = Tally { count: 0, total: 5 };
    state.set(set);
    state.deliver(1)?;
    state.deliver(2)?;
    let edited = state.get().context("the object is gone")?;
    let second_claim = State::claim()?.err().context("there were two claims at once")?;
    drop(state);
    let claimed_again = State::claim()??.get();
    println!("{}", Report { before_set, refusal, set, edited, second_claim, claimed_again });
    Ok(())
}
