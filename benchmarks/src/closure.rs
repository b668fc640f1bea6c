//! A Rust closure that C calls in a loop, with user data and without.

use std::cell::Cell;
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use callback_bridge::closure::{Callback, Thunk, UserData};
use closure_ffi::BareFnMut;
use libffi::high::ClosureMut1;

use crate::ffi;
use crate::harness::{self, Core, Effort, Figure, Measured, Subject};

/// Calls back `count` times, each with a number, and returns the sum of the answers.
pub type Caller = fn(count: usize) -> i64;

/// Subjects whose C passes user data.
pub const WITH_USER_DATA: [(&str, Caller); 6] = [
    ("callback_bridge, FnMut", callback_new),
    ("callback_bridge, Fn", callback_shared),
    ("callback_bridge, for ever", callback_forever),
    ("by hand", by_hand),
    ("callback_bridge, FnMut, not inlined", callback_new_far),
    ("by hand, not inlined", by_hand_far),
];
/// Subjects whose C passes nothing.
pub const WITHOUT_USER_DATA: [(&str, Caller); 7] = [
    ("callback_bridge, thunk, FnMut", thunk_new),
    ("callback_bridge, thunk, Fn", thunk_shared),
    ("callback_bridge, thunk, for ever", thunk_forever),
    ("by hand, thread-local", by_hand_without),
    ("libffi", libffi_closure),
    ("closure-ffi", closure_ffi_closure),
    ("a plain function, the limit", plain_function),
];

/// Calls between two looks at the clock.
const CALLS: usize = 100_000;

/// Runs the group.
pub fn run(effort: Effort) -> Vec<Figure> {
    let count = effort.count(4_000_000);
    let case = |name: &str, callers: &[(&'static str, Caller)]| {
        let subject = |&(name, caller): &(&'static str, Caller)| {
            Subject::new(name, move || timed(caller, count))
        };
        harness::run("closure", name, effort, callers.iter().map(subject).collect())
    };
    let mut figures = case("C passes user data", &WITH_USER_DATA);
    figures.extend(case("C passes nothing", &WITHOUT_USER_DATA));
    figures
}

fn timed(caller: Caller, count: usize) -> Measured {
    harness::pin(Core::Producer);
    let expected = expected(CALLS);
    let time = |_| {
        let start = Instant::now();
        let sum = caller(CALLS);
        let elapsed = start.elapsed();
        assert_eq!(sum, expected, "the sum of the answers");
        elapsed.as_nanos() as f64 / CALLS as f64
    };
    vec![("ns a call", harness::median((0..(count / CALLS).max(1)).map(time).collect()))]
}

/// Every closure answers with the sum of the numbers so far.
pub fn expected(count: usize) -> i64 {
    let mut sum = 0;
    (0..count as i64).map(|number| next(&mut sum, number)).fold(0, i64::wrapping_add)
}

/// What the closures do: they change what they have captured.
#[inline(always)]
fn next(sum: &mut i64, number: i64) -> i64 {
    *sum += number;
    *sum
}

/// The most instructions of ours: as many as there are now, so that none is added unseen.
///
/// The page of `callback_bridge::closure` says what they buy.
pub fn limit(subject: &str) -> Option<f64> {
    match subject {
        "callback_bridge, FnMut" => Some(22.0),
        "callback_bridge, FnMut, not inlined" => Some(31.0),
        "callback_bridge, Fn" => Some(23.0),
        "callback_bridge, for ever" => Some(13.0),
        "callback_bridge, thunk, FnMut" => Some(21.0),
        "callback_bridge, thunk, Fn" => Some(22.0),
        "callback_bridge, thunk, for ever" => Some(16.0),
        ours if ours.starts_with("callback_bridge") => panic!("{ours} has no limit"),
        _ => None,
    }
}

fn callback_new(count: usize) -> i64 {
    let mut sum = 0;
    let callback = Callback::new(move |number: i64, _: UserData| next(&mut sum, number));
    let mut answers = 0;
    let registration = callback.register(|function, user_data| {
        // SAFETY: C calls the function with this user data, and only until it returns.
        answers = unsafe { ffi::calls_run_with(function, user_data, count) };
        Ok::<_, ()>(|| ())
    });
    assert!(registration.is_ok());
    answers
}

/// As `next`, as a function that is called and may panic: what most closures come to.
#[inline(never)]
fn next_far(sum: &mut i64, number: i64) -> i64 {
    assert!(number != i64::MAX, "never so many");
    next(sum, number)
}

fn callback_new_far(count: usize) -> i64 {
    let mut sum = 0;
    let callback = Callback::new(move |number: i64, _: UserData| next_far(&mut sum, number));
    let mut answers = 0;
    let registration = callback.register(|function, user_data| {
        // SAFETY: C calls the function with this user data, and only until it returns.
        answers = unsafe { ffi::calls_run_with(function, user_data, count) };
        Ok::<_, ()>(|| ())
    });
    assert!(registration.is_ok());
    answers
}

fn next_shared(sum: &AtomicI64, number: i64) -> i64 {
    let mut value = sum.load(Ordering::Relaxed);
    let answer = next(&mut value, number);
    sum.store(value, Ordering::Relaxed);
    answer
}

fn callback_shared(count: usize) -> i64 {
    let sum = AtomicI64::new(0);
    let callback = Callback::shared(move |number: i64, _: UserData| next_shared(&sum, number));
    let mut answers = 0;
    let registration = callback.register(|function, user_data| {
        // SAFETY: C calls the function with this user data, and only until it returns.
        answers = unsafe { ffi::calls_run_with(function, user_data, count) };
        Ok::<_, ()>(|| ())
    });
    assert!(registration.is_ok());
    answers
}

fn callback_forever(count: usize) -> i64 {
    let sum = AtomicI64::new(0);
    let callback = Callback::shared(move |number: i64, _: UserData| next_shared(&sum, number));
    let mut answers = 0;
    let registered = callback.forever(|function, user_data| {
        // SAFETY: C calls the function with this user data.
        answers = unsafe { ffi::calls_run_with(function, user_data, count) };
        Ok::<_, ()>(())
    });
    assert!(registered.is_ok());
    answers
}

fn thunk_new(count: usize) -> i64 {
    let mut sum = 0;
    let mut answers = 0;
    let registration = Thunk::new(move |number: i64| next(&mut sum, number)).register(|function| {
        // SAFETY: C calls the function, and only until it returns.
        answers = unsafe { ffi::calls_run(function, count) };
        Ok::<_, ()>(|| ())
    });
    assert!(registration.is_ok());
    answers
}

fn thunk_shared(count: usize) -> i64 {
    let sum = AtomicI64::new(0);
    let thunk = Thunk::shared(move |number: i64| next_shared(&sum, number));
    let mut answers = 0;
    let registration = thunk.register(|function| {
        // SAFETY: C calls the function, and only until it returns.
        answers = unsafe { ffi::calls_run(function, count) };
        Ok::<_, ()>(|| ())
    });
    assert!(registration.is_ok());
    answers
}

/// A thunk for ever is never given back, so there is one for all calls of this.
fn thunk_forever(count: usize) -> i64 {
    static SUM: AtomicI64 = AtomicI64::new(0);
    static FUNCTION: OnceLock<ffi::Callback> = OnceLock::new();

    SUM.store(0, Ordering::Relaxed);
    let function = *FUNCTION.get_or_init(|| {
        let mut thunk = None;
        let registered =
            Thunk::shared(|number: i64| next_shared(&SUM, number)).forever(|function| {
                thunk = Some(function);
                Ok::<_, ()>(())
            });
        assert!(registered.is_ok());
        thunk.expect("it was registered")
    });
    // SAFETY: it lives for ever.
    unsafe { ffi::calls_run(function, count) }
}

/// The trampoline that everybody writes: generic over the closure, and no panic leaves it.
unsafe extern "C" fn trampoline<F: FnMut(i64) -> i64>(number: i64, user_data: *mut c_void) -> i64 {
    // SAFETY: from `run_by_hand`, which lends its closure for as long as C calls, on this thread alone.
    let closure = unsafe { &mut *user_data.cast::<F>() };
    catch_unwind(AssertUnwindSafe(|| closure(number))).unwrap_or(-1)
}

fn run_by_hand<F: FnMut(i64) -> i64>(mut closure: F, count: usize) -> i64 {
    // SAFETY: C calls on this thread, and only until it returns.
    unsafe { ffi::calls_run_with(trampoline::<F>, (&raw mut closure).cast(), count) }
}

fn by_hand(count: usize) -> i64 {
    let mut sum = 0;
    run_by_hand(move |number| next(&mut sum, number), count)
}

fn by_hand_far(count: usize) -> i64 {
    let mut sum = 0;
    run_by_hand(move |number| next_far(&mut sum, number), count)
}

/// Without user data one writes a plain function, which finds its state in a global.
fn by_hand_without(count: usize) -> i64 {
    thread_local!(static SUM: Cell<i64> = const { Cell::new(0) });

    unsafe extern "C" fn callback(number: i64) -> i64 {
        let answer = || {
            let mut sum = SUM.get();
            let answer = next(&mut sum, number);
            SUM.set(sum);
            answer
        };
        catch_unwind(answer).unwrap_or(-1)
    }
    SUM.set(0);
    // SAFETY: C calls on this thread, and only until it returns.
    unsafe { ffi::calls_run(callback, count) }
}

fn libffi_closure(count: usize) -> i64 {
    let mut sum = 0;
    let mut closure = move |number: i64| next(&mut sum, number);
    let closure = ClosureMut1::new(&mut closure);
    // SAFETY: libffi wraps the function pointer, `repr(transparent)`; its types say the signature.
    let code = unsafe { std::mem::transmute_copy::<_, ffi::Callback>(closure.code_ptr()) };
    // SAFETY: C calls on this thread, and only until it returns; the closure lives until then.
    unsafe { ffi::calls_run(code, count) }
}

fn closure_ffi_closure(count: usize) -> i64 {
    let mut sum = 0;
    let closure = BareFnMut::new_c(move |number: i64| next(&mut sum, number));
    // SAFETY: C calls on this thread, and only until it returns; the closure lives until then.
    unsafe { ffi::calls_run(closure.bare(), count) }
}

/// No closure at all: a function whose state is a static of this thread's only user.
fn plain_function(count: usize) -> i64 {
    static SUM: AtomicI64 = AtomicI64::new(0);

    unsafe extern "C" fn callback(number: i64) -> i64 {
        let mut sum = SUM.load(Ordering::Relaxed);
        let answer = next(&mut sum, number);
        SUM.store(sum, Ordering::Relaxed);
        answer
    }
    SUM.store(0, Ordering::Relaxed);
    // SAFETY: C calls on this thread, and only until it returns.
    unsafe { ffi::calls_run(callback, count) }
}
