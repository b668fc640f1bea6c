//! Callbacks with user data: signatures, user data, what C gets back.

mod closure_library;

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use std::{ptr, thread};

use callback_bridge::closure::{Callback, Refusal, RegisterError, UserData};
use closure_library::{DropCounter, Library};

/// Registers for as long as the function pointer is looked at.
fn no_unregistering<E>() -> Result<impl FnOnce(), E> {
    Ok(|| ())
}

#[test]
fn a_closure_gets_what_c_passes_and_c_gets_what_it_returns() {
    let library = Library::default();
    let (sender, receiver) = mpsc::channel();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        sender.send(value).unwrap();
        value * 2
    });
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    assert_eq!(library.fire(21), Some(42));
    assert_eq!(library.fire(4), Some(8));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [21, 4]);
    drop(registration);
    assert_eq!(library.fire(1), None, "it is unregistered");
    assert!(receiver.recv().is_err(), "the closure is dropped");
}

#[test]
fn user_data_may_be_first_last_in_the_middle_or_alone() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let note = |at: &'static str| {
        let seen = Arc::clone(&seen);
        move |value: i64| seen.lock().unwrap().push((at, value))
    };

    let first = note("first");
    let _first =
        Callback::new(move |_: UserData, a: i8, b: u64| first(i64::from(a) + b.cast_signed()))
            .register(|function: unsafe extern "C" fn(*mut c_void, i8, u64), user_data| {
                // SAFETY: it belongs together.
                unsafe { function(user_data, -3, 10) };
                no_unregistering::<()>()
            })
            .unwrap();

    let last = note("last");
    let _last = Callback::new(move |a: f64, _: UserData<*const c_char>| last(a as i64))
        .register(|function: unsafe extern "C" fn(f64, *const c_char), user_data| {
            // SAFETY: it belongs together.
            unsafe { function(2.0, user_data) };
            no_unregistering::<()>()
        })
        .unwrap();

    let middle = note("middle");
    let _middle = Callback::new(move |a: c_int, _: UserData<*mut c_uchar>, c: *const u16| {
        // SAFETY: the test passes a number that lives.
        middle(i64::from(a) + i64::from(unsafe { *c }));
    })
    .register(|function: unsafe extern "C" fn(c_int, *mut c_uchar, *const u16), user_data| {
        // SAFETY: it belongs together, and the number lives during the call.
        unsafe { function(1, user_data, &500) };
        no_unregistering::<()>()
    })
    .unwrap();

    let alone = note("alone");
    let _alone = Callback::new(move |_: UserData<usize>| alone(0))
        .register(|function: unsafe extern "C" fn(usize), user_data| {
            // SAFETY: it belongs together.
            unsafe { function(user_data) };
            no_unregistering::<()>()
        })
        .unwrap();

    let expected = [("first", 7), ("last", 2), ("middle", 501), ("alone", 0)];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[test]
fn eight_arguments_beside_the_user_data_arrive_in_order() {
    type Eight = unsafe extern "C" fn(u8, u16, u32, u64, *mut c_void, i8, i16, i32, i64) -> i64;
    let callback = Callback::shared(
        |a: u8, b: u16, c: u32, d: u64, _: UserData, e: i8, f: i16, g: i32, h: i64| -> i64 {
            let unsigned = u64::from(a) + 10 * u64::from(b) + 100 * u64::from(c) + 1000 * d;
            let signed = i64::from(e) + 10 * i64::from(f) + 100 * i64::from(g) + 1000 * h;
            unsigned.cast_signed() + 10_000 * signed
        },
    );
    let answer = callback.scope(|function: Eight, user_data| {
        // SAFETY: it belongs together.
        unsafe { function(1, 2, 3, 4, user_data, 5, 6, 7, 8) }
    });
    assert_eq!(answer.unwrap(), 87_654_321);
}

#[test]
fn a_null_function_pointer_and_a_struct_cross_by_value() {
    use callback_bridge::closure::FfiSafe;

    #[derive(Clone, Copy, Debug, Default, PartialEq)]
    #[repr(C)]
    struct Pair {
        left: i32,
        right: f32,
    }
    // SAFETY: `repr(C)`, and every bit pattern is a value.
    unsafe impl FfiSafe for Pair {}

    let callback = Callback::new(
        |pair: Pair, done: Option<unsafe extern "C" fn(c_int)>, _: UserData| -> Pair {
            Pair { left: pair.left + 1, right: if done.is_none() { 0.5 } else { pair.right } }
        },
    );
    let answer = callback.scope(|function, user_data| {
        // SAFETY: it belongs together.
        unsafe { function(Pair { left: 1, right: 2.0 }, None, user_data) }
    });
    assert_eq!(answer.unwrap(), Pair { left: 2, right: 0.5 });
}

#[test]
fn without_a_choice_c_gets_the_default() {
    let library = Library::default();
    let callback = Callback::new(|_: UserData, _: c_int| -> c_int { 5 });
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| ())
        })
        .unwrap();
    drop(registration);
    assert_eq!(library.fire(1), Some(0));
}

#[test]
fn a_library_that_refuses_gives_its_error_and_the_closure_is_dropped() {
    let (counter, dropped) = DropCounter::new();
    let callback = Callback::new(move |_: UserData| {
        let _owned = &counter;
    });
    let refused = callback.register(|_, _| Err::<fn(), _>("no such event"));
    assert_eq!(refused.unwrap_err(), RegisterError::Library("no such event"));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn null_and_made_up_user_data_are_refused() {
    let library = Library::default();
    let again = library.clone();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        // Also while this thread is inside of a callback.
        again.kept().unwrap().call_with(0, value)
    })
    .or_else(|refusal| if refusal == Refusal::Closed { -3 } else { -1 });
    let _registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    assert_eq!(library.fire(1), Some(-3));
    let kept = library.kept().unwrap();
    let own_address = ptr::from_ref(&library).addr();
    for made_up in [0, 1, 2, 127, 128, 257, usize::MAX, usize::MAX - 1, own_address] {
        assert_eq!(kept.call_with(made_up, 1), -3, "{made_up:#x}");
    }
}

#[test]
fn user_data_that_is_off_by_a_little_is_refused_also_where_calls_count_themselves() {
    for counted in [false, true] {
        let library = Library::default();
        let callback = Callback::new(|_: UserData, value: c_int| -> c_int { value })
            .or_else(|refusal| if refusal == Refusal::Closed { -3 } else { -1 });
        let callback = if counted { callback.counted() } else { callback };
        let _registration = callback
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(|| library.unset())
            })
            .unwrap();
        let kept = library.kept().unwrap();
        // The first call makes the callback known to this thread, the second one finds it so.
        for _ in 0..2 {
            assert_eq!(kept.call(1), 1);
            // 256 further on is the next callback, which another test may have registered.
            for offset in (-200..200).filter(|&offset| offset != 0) {
                let made_up = kept.user_data().wrapping_add_signed(offset);
                assert_eq!(kept.call_with(made_up, 1), -3, "{offset}");
            }
        }
    }
}

#[test]
fn a_callback_for_ever_runs_on_any_thread_and_refuses_null() {
    let library = Library::default();
    let callback = Callback::shared(|_: UserData, value: c_int| -> c_int {
        assert!(value >= 0, "below zero");
        value + 1
    })
    .or_else(|refusal| if refusal == Refusal::Closed { -1 } else { -2 });
    let forever = callback
        .forever(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(())
        })
        .unwrap();
    let kept = library.kept().unwrap();
    let elsewhere = thread::spawn(move || (kept.call(1), kept.call(-1), kept.call_with(0, 1)));
    assert_eq!(elsewhere.join().unwrap(), (2, -2, -1));
    assert_eq!(kept.call(2), 3, "not poisoned");
    assert_eq!(forever.panics(), 1);
    assert_eq!(forever.take_panic().unwrap().downcast_ref(), Some(&"below zero"));
}
