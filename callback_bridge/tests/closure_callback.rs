//! Callbacks with user data: signatures, kinds, what C gets back.

mod closure_library;

use std::ffi::{c_char, c_int, c_uchar, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::{ptr, thread};

use callback_bridge::closure::{Callback, Refusal, RegisterError, UserData};
use closure_library::{DropCounter, Library};

/// Registers for as long as the function pointer is looked at.
fn no_unregistering<E>() -> Result<impl FnOnce(), E> {
    Ok(|| ())
}

fn never_called() {
    unreachable!("it is detached");
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
fn a_shared_closure_runs_on_sixteen_threads_at_once() {
    const THREADS: usize = 16;
    let library = Library::default();
    let all_inside = Arc::new(Barrier::new(THREADS));
    let sum = Arc::new(AtomicI32::new(0));
    let callback = Callback::shared({
        let (all_inside, sum) = (Arc::clone(&all_inside), Arc::clone(&sum));
        move |_: UserData, value: c_int| -> c_int {
            // Nobody gets past this before all sixteen are inside.
            all_inside.wait();
            sum.fetch_add(value, Ordering::SeqCst);
            value
        }
    });
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    for _ in 0..3 {
        thread::scope(|scope| {
            for value in 0..16 {
                let library = &library;
                scope.spawn(move || assert_eq!(library.fire(value), Some(value)));
            }
        });
    }
    assert_eq!(registration.counts().refused, 0);
    drop(registration);
    assert_eq!(sum.load(Ordering::SeqCst), 3 * 120);
}

#[test]
fn a_guarded_closure_called_from_sixteen_threads_runs_one_at_a_time() {
    for counted in [false, true] {
        const CALLS: usize = 2000;
        let library = Library::default();
        let inside = Arc::new(AtomicUsize::new(0));
        let ran = Arc::new(AtomicUsize::new(0));
        let mut callback = Callback::new({
            let (inside, ran) = (Arc::clone(&inside), Arc::clone(&ran));
            let mut unguarded = 0_usize;
            move |_: UserData, _: c_int| -> c_int {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0, "two at once");
                unguarded += 1;
                ran.store(unguarded, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
                1
            }
        })
        .or_else(|refusal: Refusal| if refusal == Refusal::Busy { -1 } else { -2 });
        if counted {
            callback = callback.counted();
        }
        let registration = callback
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(|| library.unset())
            })
            .unwrap();
        let kept = library.kept().unwrap();
        let (answered, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..CALLS {
                        match kept.call(0) {
                            1 => answered.fetch_add(1, Ordering::SeqCst),
                            -1 => refused.fetch_add(1, Ordering::SeqCst),
                            other => panic!("C got {other}"),
                        };
                    }
                });
            }
        });
        let (answered, refused) = (answered.into_inner(), refused.into_inner());
        assert_eq!(answered + refused, 16 * CALLS, "every call is accounted for");
        assert_eq!(ran.load(Ordering::SeqCst), answered);
        assert_eq!(registration.counts().refused, refused as u64);
    }
}

#[test]
fn a_second_entry_from_another_thread_is_refused_and_the_first_goes_on() {
    let library = Library::default();
    let (entered, has_entered) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        if value == 1 {
            entered.send(()).unwrap();
            may_go_on.recv().unwrap();
        }
        value
    })
    .or_else(|_| -1);
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    thread::scope(|scope| {
        let first = scope.spawn(|| library.fire(1));
        has_entered.recv().unwrap();
        assert_eq!(library.fire(2), Some(-1), "somebody is inside");
        assert_eq!(registration.counts().refused, 1);
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Some(1));
    });
    assert_eq!(library.fire(3), Some(3), "nobody is inside any more");
}

#[test]
fn a_reentrant_call_of_a_guarded_closure_is_refused_and_of_a_shared_one_is_not() {
    for counted in [false, true] {
        let library = Library::default();
        let again = library.clone();
        let mut depth = 0;
        let mut guarded = Callback::new(move |_: UserData, value: c_int| -> c_int {
            depth += 1;
            let inner = if depth == 1 { again.fire(value + 1).unwrap() } else { value };
            depth -= 1;
            inner
        })
        .or_else(|refusal| if refusal == Refusal::Busy { -1 } else { -2 });
        if counted {
            guarded = guarded.counted();
        }
        let registration = guarded
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(|| library.unset())
            })
            .unwrap();
        for round in 1..=3 {
            assert_eq!(library.fire(5), Some(-1), "the inner call was refused");
            assert_eq!(registration.counts().refused, round);
        }
        drop(registration);

        let again = library.clone();
        let mut shared = Callback::shared(move |_: UserData, value: c_int| -> c_int {
            if value < 5 { again.fire(value + 1).unwrap() } else { value }
        });
        if counted {
            shared = shared.counted();
        }
        let registration = shared
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(|| library.unset())
            })
            .unwrap();
        assert_eq!(library.fire(0), Some(5));
        assert_eq!(registration.counts().refused, 0);
    }
}

#[test]
fn callbacks_nested_in_each_other_keep_apart() {
    let (outer_library, inner_library) = (Library::default(), Library::default());
    let inner = Callback::new({
        let mut calls = 0;
        move |_: UserData, value: c_int| -> c_int {
            calls += 1;
            value * 10 + calls
        }
    });
    let inner = inner
        .register(|function, user_data| {
            inner_library.set(function, user_data);
            Ok::<_, ()>(|| inner_library.unset())
        })
        .unwrap();
    let within = inner_library.clone();
    let outer = Callback::new(move |_: UserData, value: c_int| -> c_int {
        let one = within.fire(value).unwrap();
        one * 100 + within.fire(value).unwrap()
    });
    let outer = outer
        .register(|function, user_data| {
            outer_library.set(function, user_data);
            Ok::<_, ()>(|| outer_library.unset())
        })
        .unwrap();
    assert_eq!(outer_library.fire(1), Some(1112));
    assert_eq!(inner_library.fire(1), Some(13));
    assert_eq!(outer_library.fire(1), Some(1415));
    assert_eq!((outer.counts().refused, inner.counts().refused), (0, 0));
}

#[test]
fn a_once_closure_runs_once_and_a_second_call_is_refused() {
    let library = Library::default();
    let (counter, dropped) = DropCounter::new();
    let callback = Callback::once(move |_: UserData, value: c_int| -> c_int {
        drop(counter);
        value
    })
    .or_else(|refusal| if refusal == Refusal::Spent { -5 } else { -1 });
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    assert_eq!(library.fire(9), Some(9));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(library.fire(9), Some(-5));
    assert_eq!(registration.counts().refused, 1);
}

#[test]
fn a_once_closure_that_c_never_calls_is_freed_with_its_registration() {
    let (counter, dropped) = DropCounter::new();
    let callback = Callback::once(move |_: UserData| drop(counter));
    let registration = callback.register(|_, _| no_unregistering::<()>()).unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 0);
    drop(registration);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn a_detached_once_closure_frees_itself_whether_called_before_or_after() {
    for call_first in [false, true] {
        let library = Library::default();
        let (counter, dropped) = DropCounter::new();
        let callback = Callback::once(move |_: UserData, value: c_int| -> c_int {
            let _used = &counter;
            value
        })
        .or_else(|refusal| if refusal == Refusal::Closed { -7 } else { -1 });
        let registration = callback
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(never_called)
            })
            .unwrap();
        if call_first {
            assert_eq!(library.fire(3), Some(3));
            registration.detach();
        } else {
            registration.detach();
            assert_eq!(dropped.load(Ordering::SeqCst), 0);
            assert_eq!(library.fire(3), Some(3));
        }
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
        assert_eq!(library.fire(3), Some(-7), "its place is free again");
    }
}

#[test]
fn a_panic_that_panics_when_it_is_dropped_goes_no_further() {
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let library = Library::default();
    let register = || {
        let callback = Callback::once(|_: UserData, _: c_int| -> c_int { panic_any(PanicsInDrop) });
        let callback =
            callback.or_else(|refusal| if refusal == Refusal::Panicked { -5 } else { -1 });
        callback.register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
    };
    // Dropped by the call itself, by whoever detaches, and while the owner is panicking.
    register().unwrap().detach();
    assert_eq!(library.fire(1), Some(-5));
    let registration = register().unwrap();
    assert_eq!(library.fire(1), Some(-5));
    registration.detach();
    let owner = catch_unwind(AssertUnwindSafe(|| {
        let _registration = register().unwrap();
        assert_eq!(library.fire(1), Some(-5));
        panic!("the owner");
    }));
    assert_eq!(owner.unwrap_err().downcast_ref(), Some(&"the owner"));
}

#[test]
fn a_detached_guarded_closure_stays() {
    let library = Library::default();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int { value + 1 });
    callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(never_called)
        })
        .unwrap()
        .detach();
    assert_eq!(library.fire(1), Some(2));
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
    let Err(RegisterError::Library(error)) = refused else { panic!("it was refused") };
    assert_eq!(error, "no such event");
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn a_panic_while_registering_passes_on_and_the_closure_is_dropped() {
    let (counter, dropped) = DropCounter::new();
    let callback = Callback::new(move |_: UserData| {
        let _owned = &counter;
    });
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _ = callback.register(|_, _| -> Result<fn(), ()> { panic!("while registering") });
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"while registering"));
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
