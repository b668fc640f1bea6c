//! Calls a callback as often as it is told to, so that callgrind can count what one call costs:
//!
//! ```console
//! $ cargo build --release -p callback_bridge --example instructions_closure
//! $ for n in 100000 200000; do valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!       target/release/examples/instructions_closure guarded $n; done
//! ```
//!
//! The difference of the two counts, divided by 100000, is exact: the loop, the call, the trampoline
//! and the closure, which adds its argument to a sum.

use std::env;
use std::ffi::c_void;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use callback_bridge::closure::{Callback, Thunk, UserData};

type OnValue = unsafe extern "C" fn(*mut c_void, i64);
type OnPlainValue = unsafe extern "C" fn(i64);

/// The caller's side, as a C compiler makes it: user data, argument, call, count, compare, jump.
#[inline(never)]
fn call(function: OnValue, user_data: *mut c_void, calls: i64) {
    for value in 0..calls {
        // SAFETY: the two belong together.
        unsafe { function(user_data, value) };
    }
}

#[inline(never)]
fn call_plain(function: OnPlainValue, calls: i64) {
    for value in 0..calls {
        // SAFETY: the callback is registered.
        unsafe { function(value) };
    }
}

/// What one writes by hand: the user data is the closure, nothing is checked but the panic.
unsafe extern "C" fn by_hand<F: FnMut(i64)>(user_data: *mut c_void, value: i64) {
    // SAFETY: `main` passes the closure, and nothing else uses it.
    let closure = unsafe { &mut *user_data.cast::<F>() };
    if catch_unwind(AssertUnwindSafe(|| closure(value))).is_err() {
        std::process::abort();
    }
}

fn call_by_hand<F: FnMut(i64)>(mut closure: F, calls: i64) {
    call(by_hand::<F>, (&raw mut closure).cast(), calls);
}

/// A closure that is not inlined and may panic.
#[inline(never)]
fn add_out_of_line(sum: &mut i64, value: i64) {
    *sum = sum.wrapping_add(value);
    assert!(value != i64::MAX, "never so many");
}

/// `Fn` closures, which have to share what they add to.
fn forever(subject: &str, calls: i64) {
    static SUM: AtomicI64 = AtomicI64::new(0);
    let add = |value: i64| SUM.store(SUM.load(Relaxed).wrapping_add(value), Relaxed);
    let add_far = |_: UserData, value: i64| {
        let mut sum = SUM.load(Relaxed);
        add_out_of_line(&mut sum, value);
        SUM.store(sum, Relaxed);
    };
    let function = |function: OnValue, user_data: *mut c_void| {
        call(function, user_data, black_box(calls));
        Ok::<_, ()>(())
    };
    let plain = |function: OnPlainValue| {
        call_plain(function, black_box(calls));
        Ok::<_, ()>(())
    };
    let _ = match subject {
        "forever" => Callback::shared(move |_: UserData, v: i64| add(v)).forever(function).is_ok(),
        "forever-far" => Callback::shared(add_far).forever(function).is_ok(),
        _ => Thunk::shared(add).forever(plain).is_ok(),
    };
}

fn main() {
    let mut arguments = env::args().skip(1);
    let subject = arguments.next().expect("a subject");
    let calls = arguments.next().and_then(|calls| calls.parse().ok()).expect("how many calls");
    let mut sum = Box::new(0_i64);
    let mut add = move |value: i64| *sum = sum.wrapping_add(value);
    let mut far = Box::new(0_i64);
    let mut add_far = move |value: i64| add_out_of_line(&mut far, value);
    let function = |function: OnValue, user_data: *mut c_void| {
        call(function, user_data, black_box(calls));
        Ok::<_, ()>(|| ())
    };
    let plain = |function: OnPlainValue| {
        call_plain(function, black_box(calls));
        Ok::<_, ()>(|| ())
    };
    match subject.as_str() {
        "by-hand" => call_by_hand(add, calls),
        "by-hand-far" => call_by_hand(add_far, calls),
        "guarded" => drop(Callback::new(move |_: UserData, v: i64| add(v)).register(function)),
        "guarded-far" => {
            drop(Callback::new(move |_: UserData, v: i64| add_far(v)).register(function));
        }
        "guarded-counted" => {
            let callback = Callback::new(move |_: UserData, v: i64| add(v)).counted();
            drop(callback.register(function));
        }
        "scoped" => {
            let _ = Callback::new(|_: UserData, v: i64| add(v)).scope(|function, user_data| {
                call(function, user_data, black_box(calls));
            });
        }
        "shared" => {
            let sum = AtomicI64::new(0);
            let add = move |_: UserData, value: i64| {
                sum.store(sum.load(Relaxed).wrapping_add(value), Relaxed);
            };
            drop(Callback::shared(add).register(function));
        }
        "forever" | "forever-far" | "thunk-forever" => forever(&subject, calls),
        "thunk" => drop(Thunk::new(add).register(plain)),
        "thunk-far" => drop(Thunk::new(add_far).register(plain)),
        other => panic!("no such subject: {other}"),
    }
}
