//! Who is let in: several threads at once, a call from within, callbacks within callbacks.

mod closure_library;

use std::ffi::c_int;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use callback_bridge::closure::{Callback, Refusal, UserData};
use closure_library::Library;

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
        let (answered, refused) = (answered.load(Ordering::SeqCst), refused.load(Ordering::SeqCst));
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
