//! Several callbacks that share one user data.

mod closure_library;

use std::ffi::{c_int, c_void};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use callback_bridge::closure::{Callback, CallbackSet, Refusal, UserData};
use closure_library::{DropCounter, Kept, Library, OnValue};

fn refused(refusal: Refusal) -> c_int {
    match refusal {
        Refusal::Closed => -1,
        Refusal::Busy => -2,
        Refusal::Panicked => -3,
        Refusal::Poisoned => -4,
        Refusal::Spent => -5,
        _ => -6,
    }
}

#[test]
fn each_function_finds_its_own_closure_through_the_same_user_data() {
    type Middle = unsafe extern "C" fn(u8, *mut c_void, u64) -> u64;
    let (counter, dropped) = DropCounter::new();
    let set = CallbackSet::new((
        Callback::new(move |_: UserData, value: c_int| -> c_int {
            let _owned = &counter;
            value + 1
        })
        .or_else(refused),
        Callback::shared(|a: u8, _: UserData, b: u64| -> u64 { u64::from(a) + b }),
        Callback::once(|_: UserData, value: c_int| -> c_int { value * 3 }).or_else(refused),
    ));
    let mut kept = None;
    let registration = set
        .register(|(first, second, third): (OnValue, Middle, OnValue), user_data| {
            kept = Some((Kept::new(first, user_data), Kept::new(third, user_data)));
            // SAFETY: it belongs together.
            assert_eq!(unsafe { second(200, user_data, 1000) }, 1200);
            Ok::<_, ()>(|| ())
        })
        .unwrap();
    let (first, third) = kept.unwrap();
    assert_eq!((first.call(1), third.call(5), third.call(5), first.call(2)), (2, 15, -5, 3));
    assert_eq!(registration.counts().refused, 1);
    drop(registration);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!((first.call(1), third.call(1)), (-1, -1));
}

#[test]
fn a_closure_of_a_set_may_be_called_while_another_one_runs_but_not_itself() {
    for counted in [false, true] {
        let (outer, inner) = (Library::default(), Library::default());
        let (to_outer, to_inner) = (outer.clone(), inner.clone());
        let mut first = Callback::new(move |_: UserData, value: c_int| -> c_int {
            to_inner.fire(value).unwrap() * 100 + to_outer.fire(value).unwrap()
        })
        .or_else(refused);
        if counted {
            first = first.counted();
        }
        let second =
            Callback::new(|_: UserData, value: c_int| -> c_int { value + 1 }).or_else(refused);
        let registration = CallbackSet::new((first, second))
            .register(|(first, second), user_data| {
                outer.set(first, user_data);
                inner.set(second, user_data);
                Ok::<_, ()>(|| ())
            })
            .unwrap();
        assert_eq!(outer.fire(4), Some(498), "5 from the second, refused by the first");
        assert_eq!(outer.fire(4), Some(498));
        assert_eq!(registration.counts().refused, 2);
    }
}

#[test]
fn two_threads_in_one_guarded_closure_of_a_set_are_kept_apart() {
    let library = Library::default();
    let (entered, has_entered) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        entered.send(()).unwrap();
        may_go_on.recv().unwrap();
        value
    })
    .or_else(refused);
    let _registration = CallbackSet::new((callback,)).register(|(function,), user_data| {
        library.set(function, user_data);
        Ok::<_, ()>(|| ())
    });
    thread::scope(|scope| {
        let first = scope.spawn(|| library.fire(1));
        has_entered.recv().unwrap();
        assert_eq!(library.fire(2), Some(-2));
        go_on.send(()).unwrap();
        assert_eq!(first.join().unwrap(), Some(1));
    });
}

#[test]
fn a_panic_poisons_the_whole_set() {
    let (one, other) = (Library::default(), Library::default());
    let order = Arc::new(Mutex::new(()));
    let poisons = Arc::clone(&order);
    let set = CallbackSet::new((
        Callback::new(move |_: UserData, _: c_int| -> c_int {
            let _held = poisons.lock();
            panic!("half-way");
        })
        .or_else(refused),
        Callback::shared(|_: UserData, value: c_int| -> c_int { value }).or_else(refused),
    ));
    let registration = set
        .register(|(first, second), user_data| {
            one.set(first, user_data);
            other.set(second, user_data);
            Ok::<_, ()>(|| ())
        })
        .unwrap();
    assert_eq!((other.fire(1), one.fire(1), other.fire(1)), (Some(1), Some(-3), Some(-4)));
    assert!(order.is_poisoned());
    registration.clear_poison();
    assert_eq!(other.fire(1), Some(1));
    assert_eq!(registration.take_panic().unwrap().downcast_ref(), Some(&"half-way"));
}
