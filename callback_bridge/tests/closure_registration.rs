//! What happens to a closure when its registration ends, and who still calls.

mod closure_library;

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

use callback_bridge::closure::{self, Aftermath, BoxedRegistration, Callback, UserData};
use closure_library::{DropCounter, LATE, Library, fallback, register};

/// What ends a registration.
type End = Box<dyn FnOnce() + Send>;

#[test]
fn dropping_waits_for_a_call_in_flight_on_another_thread() {
    let library = Library::default();
    let (entered, has_entered) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (counter, dropped) = DropCounter::new();
    let registration = register(&library, move |_, value| {
        let _owned = &counter;
        entered.send(()).unwrap();
        may_go_on.recv().unwrap();
        value
    });
    let left = Arc::new(AtomicBool::new(false));
    thread::scope(|scope| {
        let (library, left) = (&library, &left);
        scope.spawn(move || {
            let answer = library.kept().unwrap().call(6);
            left.store(true, Ordering::SeqCst);
            assert_eq!(answer, 6);
        });
        has_entered.recv().unwrap();
        let (begin, has_begun) = mpsc::channel();
        let dropping = scope.spawn(move || {
            begin.send(()).unwrap();
            drop(registration);
        });
        has_begun.recv().unwrap();
        // However long the drop has been waiting by now: the closure is inside.
        for _ in 0..100 {
            thread::yield_now();
            assert_eq!(dropped.load(Ordering::SeqCst), 0);
        }
        go_on.send(()).unwrap();
        dropping.join().unwrap();
        assert_eq!(dropped.load(Ordering::SeqCst), 1, "dropped when `drop` returns");
    });
}

#[test]
fn a_call_after_unregistering_is_refused_and_counted() {
    let library = Library::default();
    let registration = register(&library, |_, value| value);
    let kept = library.kept().unwrap();
    assert_eq!(kept.call(1), 1);
    drop(registration);
    let before = closure::statistics().late_calls;
    for _ in 0..3 {
        assert_eq!(kept.call(1), LATE);
    }
    assert!(closure::statistics().late_calls >= before + 3);
}

#[test]
fn a_late_call_never_reaches_the_closure_that_has_taken_the_place() {
    let old = Library::default();
    let registration = register(&old, |_, _| 1);
    let late = old.kept().unwrap();
    assert_eq!(late.call(0), 1);
    drop(registration);
    // The block that was given back last is used next.
    for _ in 0..50 {
        let library = Library::default();
        let registration = register(&library, |_, _| 2);
        assert_eq!(late.call(0), LATE);
        assert_eq!(library.fire(0), Some(2));
        assert_eq!(late.call(0), LATE);
        drop(registration);
    }
}

#[test]
fn what_was_to_be_closed_before_is_closed_before() {
    let library = Library::default();
    let order = Arc::new(Mutex::new(Vec::new()));
    // A callback that waits until somebody lets it go, and a library that waits for the callback.
    let (let_go, waits) = mpsc::channel::<()>();
    let (entered, has_entered) = mpsc::channel();
    let callback = Callback::new({
        let order = Arc::clone(&order);
        move |_: UserData, value: c_int| -> c_int {
            entered.send(()).unwrap();
            assert!(waits.recv().is_err(), "let go");
            order.lock().unwrap().push("callback");
            value
        }
    });
    let (returned, has_returned) = mpsc::channel::<()>();
    let mut registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            let order = Arc::clone(&order);
            Ok::<_, ()>(move || {
                has_returned.recv().unwrap();
                order.lock().unwrap().push("unregister");
            })
        })
        .unwrap();
    registration.before_unregistering({
        let order = Arc::clone(&order);
        move || {
            order.lock().unwrap().push("before");
            drop(let_go);
        }
    });
    thread::scope(|scope| {
        let library = &library;
        scope.spawn(move || {
            assert_eq!(library.fire(3), Some(3));
            returned.send(()).unwrap();
        });
        has_entered.recv().unwrap();
        // In a box, too, it keeps the order.
        drop(registration.boxed());
    });
    assert_eq!(*order.lock().unwrap(), ["before", "callback", "unregister"]);
}

#[test]
fn where_unregistering_fails_the_callback_is_retired() {
    let library = Library::default();
    let (counter, dropped) = DropCounter::new();
    let before = closure::statistics().retired;
    let callback = Callback::new(move |_: UserData, value: c_int| -> c_int {
        let _owned = &counter;
        value
    })
    .or_else(fallback);
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| Err::<(), _>("not now"))
        })
        .unwrap();
    let ended = registration.unregister();
    assert_eq!(ended.outcome, Err("not now"));
    assert!(ended.dropped);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(library.fire(1), Some(LATE), "C still has it, and is refused");
    assert!(closure::statistics().retired > before);
}

#[test]
fn what_a_library_says_may_still_come_is_refused() {
    let library = Library::default();
    let callback = Callback::new(|_: UserData, value: c_int| -> c_int { value }).or_else(fallback);
    let registration = callback
        .register(|function, user_data| {
            library.set(function, user_data);
            Ok::<_, ()>(|| Aftermath::CallsMayFollow)
        })
        .unwrap();
    let ended = registration.unregister();
    assert_eq!(ended.outcome, Ok(Aftermath::CallsMayFollow));
    assert_eq!(library.fire(1), Some(LATE));
}

#[test]
fn dropped_inside_its_own_callback_it_does_not_wait_and_the_call_goes_on() {
    let library = Library::default();
    let own: Arc<Mutex<Option<BoxedRegistration<&'static str>>>> = Arc::default();
    let (counter, dropped) = DropCounter::new();
    let slot = Arc::clone(&own);
    let seen = Arc::clone(&dropped);
    let within = library.clone();
    let registration = register(&library, move |_, value| {
        let _owned = &counter;
        let kept = within.kept();
        let registration = slot.lock().unwrap().take();
        if let Some(registration) = registration {
            let ended = registration.unregister();
            assert_eq!(ended.outcome, Ok(Aftermath::NoCallFollows));
            assert!(!ended.dropped, "this call still uses it");
            assert_eq!(seen.load(Ordering::SeqCst), 0, "the closure is running");
            assert_eq!(kept.unwrap().call(9), LATE, "it lets nobody in any more");
        }
        value
    });
    // A thread that has run it before takes a shorter way.
    assert_eq!(library.fire(4), Some(4));
    *own.lock().unwrap() = Some(registration);
    assert_eq!(library.fire(5), Some(5));
    assert_eq!(dropped.load(Ordering::SeqCst), 1, "the last one out has dropped it");
    assert_eq!(library.fire(5), None);
}

#[test]
fn a_closure_replaces_itself() {
    let library = Library::default();
    let own: Arc<Mutex<Option<BoxedRegistration<&'static str>>>> = Arc::default();
    let (counter, dropped) = DropCounter::new();
    let (slot, within) = (Arc::clone(&own), library.clone());
    let registration = register(&library, move |_, value| {
        let _owned = &counter;
        let next = register(&within, |_, value| value + 1000);
        // The old one unsets the callback, so the new one is set again.
        let kept = within.kept();
        drop(slot.lock().unwrap().replace(next));
        if let Some(kept) = kept {
            within.put_back(kept);
        }
        value
    });
    *own.lock().unwrap() = Some(registration);
    assert_eq!(library.fire(1), Some(1));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(library.fire(1), Some(1001));
    drop(own.lock().unwrap().take());
    assert_eq!(library.fire(1), None);
}

#[test]
fn a_closure_that_owns_its_registration_is_freed_with_it() {
    let library = Library::default();
    let own: Arc<Mutex<Option<BoxedRegistration<&'static str>>>> = Arc::default();
    let (counter, dropped) = DropCounter::new();
    let slot = Arc::clone(&own);
    let registration = register(&library, move |_, value| {
        let _owned = &counter;
        let registration = slot.lock().unwrap().take();
        drop(registration);
        value
    });
    *own.lock().unwrap() = Some(registration);
    drop(own);
    assert_eq!(library.fire(2), Some(2));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn unregistered_inside_while_others_are_inside_the_last_one_out_drops_it() {
    for counted in [false, true] {
        let library = Library::default();
        let own = Arc::new(Mutex::new(None::<End>));
        let (counter, dropped) = DropCounter::new();
        let (entered, has_entered) = mpsc::channel();
        let (go_on, may_go_on) = mpsc::channel::<()>();
        let (entered, may_go_on) = (Mutex::new(entered), Mutex::new(may_go_on));
        let slot = Arc::clone(&own);
        let mut callback = Callback::shared(move |_: UserData, value: c_int| -> c_int {
            let _owned = &counter;
            if value == 1 {
                entered.lock().unwrap().send(()).unwrap();
                may_go_on.lock().unwrap().recv().unwrap();
            } else {
                let end = slot.lock().unwrap().take().unwrap();
                end();
            }
            value
        });
        if counted {
            callback = callback.counted();
        }
        let registration = callback
            .register(|function, user_data| {
                library.set(function, user_data);
                Ok::<_, ()>(|| ())
            })
            .unwrap();
        *own.lock().unwrap() = Some(Box::new(move || drop(registration)));
        thread::scope(|scope| {
            let long = scope.spawn(|| library.fire(1));
            has_entered.recv().unwrap();
            assert_eq!(library.fire(2), Some(2), "it did not wait for the other one");
            assert_eq!(dropped.load(Ordering::SeqCst), 0, "which is still inside");
            go_on.send(()).unwrap();
            assert_eq!(long.join().unwrap(), Some(1));
        });
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }
}
