//! Closures that C calls once, and registrations that are left to C.

mod closure_library;

use std::ffi::c_int;
use std::sync::atomic::Ordering;

use callback_bridge::closure::{Callback, Refusal, UserData};
use closure_library::{DropCounter, Library};

fn never_called() {
    unreachable!("it is detached");
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
    let registration = callback.register(|_, _| Ok::<_, ()>(|| ())).unwrap();
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
