//! The library's threads: they end, and many of them call while registrations come and go.

mod closure_library;

use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use callback_bridge::closure::{Callback, UserData};
use closure_library::{DropCounter, Kept, LATE, Library, fallback, register};

#[test]
fn a_library_thread_that_ends_between_callbacks_leaves_nothing_behind() {
    let library = Library::default();
    let ran = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&ran);
    let registration = register(&library, move |_, value| {
        count.fetch_add(1, Ordering::SeqCst);
        value
    });
    for round in 0..20 {
        let library = library.clone();
        // Twice: the second call finds the thread's seat.
        let ended = thread::spawn(move || (library.fire(round), library.fire(round)));
        assert_eq!(ended.join().unwrap(), (Some(round), Some(round)));
    }
    drop(registration);
    assert_eq!(ran.load(Ordering::SeqCst), 40);
}

#[test]
fn a_callback_from_a_thread_that_is_ending_still_runs() {
    struct CallsAtTheEnd(Kept, mpsc::Sender<c_int>);
    impl Drop for CallsAtTheEnd {
        fn drop(&mut self) {
            self.1.send(self.0.call(8)).unwrap();
        }
    }
    std::thread_local! {
        static AT_THE_END: std::cell::RefCell<Option<CallsAtTheEnd>> =
            const { std::cell::RefCell::new(None) };
    }
    let library = Library::default();
    let registration = register(&library, |_, value| value);
    let kept = library.kept().unwrap();
    let (sender, receiver) = mpsc::channel();
    for call_before in [false, true] {
        let sender = sender.clone();
        thread::spawn(move || {
            AT_THE_END.set(Some(CallsAtTheEnd(kept, sender)));
            if call_before {
                assert_eq!(kept.call(7), 7);
            }
        })
        .join()
        .unwrap();
        assert_eq!(receiver.recv(), Ok(8));
    }
    drop(registration);
}

#[test]
fn registrations_come_and_go_under_sixteen_calling_threads() {
    const REGISTRATIONS: usize = 100;
    let library = Library::default();
    let stop = AtomicBool::new(false);
    let (dropped, alive) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                let mut last = None;
                while !stop.load(Ordering::SeqCst) {
                    // A copy that may be long unregistered, as in a C library without a lock.
                    last = library.kept().or(last);
                    if let Some(kept) = last {
                        assert!([1, LATE, -41].contains(&kept.call(0)));
                    }
                }
            });
        }
        for round in 0..REGISTRATIONS {
            let counter = DropCounter(Arc::clone(&dropped));
            let inside = Arc::clone(&alive);
            let closure = move |_: UserData, _: c_int| -> c_int {
                let _owned = &counter;
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                inside.fetch_sub(1, Ordering::SeqCst);
                1
            };
            let mut callback = Callback::new(closure).or_else(fallback);
            if round % 3 == 0 {
                callback = callback.counted();
            }
            let registration = callback
                .register(|function, user_data| {
                    library.set(function, user_data);
                    Ok::<_, ()>(|| library.unset())
                })
                .unwrap();
            thread::yield_now();
            let ended = registration.unregister();
            assert!(ended.dropped);
            assert_eq!(ended.counts.panics, 0);
            assert_eq!(dropped.load(Ordering::SeqCst), round + 1);
        }
        stop.store(true, Ordering::SeqCst);
    });
}
