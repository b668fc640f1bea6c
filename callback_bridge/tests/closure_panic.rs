//! Panics: of the closure, of its drop, of what registers and unregisters, and of a panic itself.

mod closure_library;

use std::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use callback_bridge::closure::{self, BoxedRegistration, Callback, Refusal, UserData};
use closure_library::{DropCounter, LATE, Library, fallback, register};

#[test]
fn a_panic_is_caught_kept_and_poisons_the_closure_until_told_otherwise() {
    let library = Library::default();
    let registration = register(&library, |_, value| {
        assert!(value != 13, "bad luck");
        value
    });
    assert_eq!(library.fire(1), Some(1));
    assert_eq!(library.fire(13), Some(-43));
    assert!(registration.is_poisoned());
    assert_eq!(library.fire(1), Some(-42), "poisoned");
    let counts = registration.counts();
    assert_eq!((counts.panics, counts.refused), (1, 1));
    let panic = catch_unwind(AssertUnwindSafe(|| registration.resume_panic())).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"bad luck"));
    assert!(registration.take_panic().is_none(), "taken once");
    assert_eq!(library.fire(1), Some(-42), "taking the panic doesn't heal the closure");
    registration.clear_poison();
    assert_eq!(library.fire(1), Some(1));
}

#[test]
fn a_closure_that_stays_after_panics_keeps_the_first_one() {
    let library = Library::default();
    let callback = Callback::new(|_: UserData, value: c_int| -> c_int {
        assert!(value < 0, "panic {value}");
        value
    })
    .or_else(fallback)
    .stay_after_panic();
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
        .unwrap();
    assert_eq!(library.fire(1), Some(-43));
    assert_eq!(library.fire(2), Some(-43));
    assert_eq!(library.fire(-1), Some(-1));
    let ended = registration.unregister();
    assert_eq!(ended.counts.panics, 2);
    let panic = ended.panic.unwrap();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "panic 1");
}

#[test]
fn a_panic_in_the_closures_own_drop_is_caught_and_counted() {
    struct PanicsInDrop;
    impl Drop for PanicsInDrop {
        fn drop(&mut self) {
            panic!("in drop");
        }
    }
    let library = Library::default();
    let own: Arc<Mutex<Option<BoxedRegistration<&'static str>>>> = Arc::default();
    for inside in [false, true] {
        let before = closure::statistics().drop_panics;
        let captured = PanicsInDrop;
        let slot = Arc::clone(&own);
        let registration = register(&library, move |_, value| {
            let _owned = &captured;
            drop(slot.lock().unwrap().take());
            value
        });
        if inside {
            *own.lock().unwrap() = Some(registration);
            assert_eq!(library.fire(7), Some(7));
        } else {
            drop(registration);
        }
        assert!(closure::statistics().drop_panics > before);
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
    let panicking = || {
        let callback = Callback::once(|_: UserData, _: c_int| -> c_int { panic_any(PanicsInDrop) });
        let callback =
            callback.or_else(|refusal| if refusal == Refusal::Panicked { -5 } else { -1 });
        callback.register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| library.unset())
        })
    };
    // Dropped by the call itself, by whoever detaches, and while the owner is panicking.
    panicking().unwrap().detach();
    assert_eq!(library.fire(1), Some(-5));
    let registration = panicking().unwrap();
    assert_eq!(library.fire(1), Some(-5));
    registration.detach();
    let owner = catch_unwind(AssertUnwindSafe(|| {
        let _registration = panicking().unwrap();
        assert_eq!(library.fire(1), Some(-5));
        panic!("the owner");
    }));
    assert_eq!(owner.unwrap_err().downcast_ref(), Some(&"the owner"));
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
fn a_panic_while_unregistering_passes_on_and_the_callback_is_closed() {
    let library = Library::default();
    let (counter, dropped) = DropCounter::new();
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        let _owned = &counter;
        value
    })
    .or_else(fallback);
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| -> () { panic!("while unregistering") })
        })
        .unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(registration))).unwrap_err();
    assert_eq!(panic.downcast_ref(), Some(&"while unregistering"));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(library.fire(1), Some(LATE));
}
