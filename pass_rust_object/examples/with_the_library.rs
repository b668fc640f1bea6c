//! The experiment with `callback_bridge`: a closure instead of `bridge.c`.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::convert::Infallible;
use std::ptr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, anyhow, ensure};
use callback_bridge::closure::{Registration, Thunk};
use pass_rust_object::{NoCallback, Report, Tally, ffi};

/// A closure that the library knows.
struct Adding {
    /// What the library is given to call.
    plain: unsafe extern "C" fn(value: i32),
    registration: Registration<fn()>,
}

fn lock(tally: &Mutex<Tally>) -> MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Has the library edit the tally, until the registration is dropped.
fn add_to(tally: &Arc<Mutex<Tally>>) -> anyhow::Result<Adding> {
    let tally = Arc::clone(tally);
    let mut plain = None;
    let add = Thunk::new(move |value: i32| {
        let mut tally = lock(&tally);
        tally.count += 1;
        tally.total += value;
    });
    let registration = add.register(|add| {
        plain = Some(add);
        // SAFETY: this program has one thread. The function is good until it is unregistered.
        unsafe { ffi::pass_rust_object_main_register(Some(add)) };
        // SAFETY: as above. After this the library calls nobody.
        Ok::<fn(), Infallible>(|| unsafe { ffi::pass_rust_object_main_register(None) })
    });
    let registration = registration.map_err(|error| anyhow!("{error}"))?;
    Ok(Adding { plain: plain.context("the library was given no function")?, registration })
}

fn deliver(value: i32) -> Result<(), NoCallback> {
    // SAFETY: this program has one thread, and what is registered never unwinds.
    match unsafe { ffi::pass_rust_object_main_deliver(value) } {
        0 => Ok(()),
        _ => Err(NoCallback),
    }
}

fn main() -> anyhow::Result<()> {
    let (first, second) = (Arc::default(), Arc::default());
    let adding = add_to(&first)?;
    for value in [1, 2, 3] {
        deliver(value)?;
    }
    let plain = adding.plain;
    drop(adding);

    let adding = add_to(&second)?;
    for value in [40, 50] {
        deliver(value)?;
    }
    let same_function = ptr::fn_addr_eq(plain, adding.plain);
    let ended = adding.registration.unregister();
    ensure!(ended.counts.refused == 0, "a value was refused");

    let refusal = deliver(6).err().context("a value was delivered to nobody")?;
    let (first, second) = (*lock(&first), *lock(&second));
    println!("{}", Report { first, second, same_function, refusal });
    Ok(())
}
