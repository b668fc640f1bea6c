//! Callbacks without user data.
//!
//! All tests of this file share one pool, so those that count its slots take a turn.

mod closure_library;

use std::ffi::c_int;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;

use callback_bridge::closure::{self, Aftermath, Full, Refusal, RegisterError, Thunk};
use closure_library::{DropCounter, OnPlainValue};

static TURN: Mutex<()> = Mutex::new(());

fn my_turn() -> MutexGuard<'static, ()> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn fire(function: OnPlainValue, value: c_int) -> c_int {
    // SAFETY: a thunk refuses what it doesn't know.
    unsafe { function(value) }
}

#[test]
fn each_closure_has_a_function_of_its_own() {
    let _turn = my_turn();
    let mut functions = Vec::new();
    let mut registrations = Vec::new();
    for factor in 1..=5 {
        let thunk = Thunk::new(move |value: c_int| -> c_int { value * factor });
        let registration = thunk.register(|function| {
            functions.push(function);
            Ok::<_, ()>(|| ())
        });
        registrations.push(registration.unwrap());
    }
    let answers: Vec<_> = functions.iter().map(|&function| fire(function, 10)).collect();
    assert_eq!(answers, [10, 20, 30, 40, 50]);
}

#[test]
fn no_and_eight_arguments_arrive() {
    let _turn = my_turn();
    let none = Thunk::new(|| 7_u8).scope(|function: unsafe extern "C" fn() -> u8| {
        // SAFETY: it is registered.
        unsafe { function() }
    });
    assert_eq!(none.unwrap(), 7);
    type Eight = unsafe extern "C" fn(u8, f64, u16, f32, u32, i64, *const u8, usize) -> f64;
    let eight = Thunk::shared(
        |a: u8, b: f64, c: u16, d: f32, e: u32, f: i64, g: *const u8, h: usize| -> f64 {
            f64::from(a)
                + b
                + f64::from(c)
                + f64::from(d)
                + f64::from(e)
                + f as f64
                + g.addr() as f64
                + h as f64
        },
    );
    let sum = eight.scope(|function: Eight| {
        // SAFETY: it is registered.
        unsafe { function(1, 2.0, 3, 4.0, 5, 6, std::ptr::without_provenance(7), 8) }
    });
    assert_eq!(sum.unwrap(), 36.0);
}

#[test]
fn a_full_pool_says_so_drops_the_closure_and_has_room_again_afterwards() {
    // The whole pool, in a process of its own: other tests have bound slots to other signatures.
    if std::env::var_os("CLOSURE_THUNK_CHILD").is_none() {
        let test = "a_full_pool_says_so_drops_the_closure_and_has_room_again_afterwards";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--test-threads=1"])
            .env("CLOSURE_THUNK_CHILD", "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
        return;
    }
    let register = |value: c_int| {
        Thunk::new(move |added: c_int| -> c_int { value + added })
            .register(|function| Ok::<_, ()>(move || assert_eq!(fire(function, 1), value + 1)))
    };
    let mut all: Vec<_> = (0..Thunk::CAPACITY).map(|value| register(value as c_int)).collect();
    assert!(all.iter().all(Result::is_ok));
    let (counter, dropped) = DropCounter::new();
    let one_too_many = Thunk::new(move |_: c_int| -> c_int {
        let _owned = &counter;
        0
    });
    let refused = one_too_many.register(|_| -> Result<fn(), ()> { panic!("there is no room") });
    assert_eq!(refused.unwrap_err(), RegisterError::Full);
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    drop(all.pop());
    let again = register(1000);
    assert!(again.is_ok(), "one place is free");
    // All slots are bound to this signature now; another one finds none, even once they are free.
    drop((all, again));
    let other = Thunk::new(|_: f64| ()).scope(|_| ());
    assert_eq!(other, Err(Full));
    assert_eq!(Full.to_string(), "there is no room for one more callback");
    assert!(register(1).is_ok());
}

#[test]
fn a_function_is_reused_for_the_same_signature_only() {
    let _turn = my_turn();
    let mut first = None;
    let registration = Thunk::new(|value: i16| -> i16 { value }).register(|function| {
        first = Some(function);
        Ok::<_, ()>(|| ())
    });
    // In a box, too, it gives the function back.
    drop(registration.unwrap().boxed());
    let address = first.unwrap() as usize;
    // Another signature never gets the slot.
    let other = Thunk::new(|value: u16| -> u16 { value });
    let other = other.register(|function: unsafe extern "C" fn(u16) -> u16| {
        assert_ne!(function as usize, address);
        Ok::<_, ()>(|| ())
    });
    let same = Thunk::new(|value: i16| -> i16 { value + 1 });
    let same = same.register(|function| {
        assert_eq!(function as usize, address);
        Ok::<_, ()>(|| ())
    });
    assert!(other.is_ok() && same.is_ok());
}

#[test]
fn where_a_call_may_follow_the_function_is_retired_refuses_and_counts() {
    let _turn = my_turn();
    let before = closure::statistics();
    let mut functions = Vec::new();
    for outcome in [Ok(Aftermath::CallsMayFollow), Err("not now")] {
        let (counter, dropped) = DropCounter::new();
        let thunk = Thunk::new(move |_: u8, value: c_int| -> c_int {
            let _owned = &counter;
            value
        })
        .or_else(|refusal| if refusal == Refusal::Closed { -9 } else { -1 });
        let registration = thunk.register(|function| {
            functions.push(function);
            Ok::<_, ()>(move || outcome)
        });
        assert_eq!(registration.unwrap().unregister().outcome, outcome);
        assert_eq!(dropped.load(Ordering::SeqCst), 1);
    }
    let after = closure::statistics();
    assert_eq!(after.retired_thunks, before.retired_thunks + 2);
    for _ in 0..3 {
        let thunk = Thunk::new(move |_: u8, value: c_int| -> c_int { value });
        let next = thunk.register(|function| {
            assert!(!functions.contains(&function), "never again");
            Ok::<_, ()>(|| ())
        });
        assert!(next.is_ok());
        for function in &functions {
            // SAFETY: a thunk refuses what it doesn't know.
            assert_eq!(unsafe { function(0, 5) }, -9);
        }
    }
    assert!(closure::statistics().late_calls >= before.late_calls + 6);
}

#[test]
fn a_late_call_to_a_scoped_thunk_reaches_the_next_one_of_its_signature_or_nobody() {
    let _turn = my_turn();
    type Function = unsafe extern "C" fn(c_int, i8) -> c_int;
    // SAFETY: a thunk refuses what it doesn't know.
    let call = |function: Function| unsafe { function(1, 2) };
    let escaped =
        Thunk::new(|_: c_int, _: i8| -> c_int { 3 }).or_else(|_| -1).scope(|function| function);
    let escaped = escaped.unwrap();
    assert_eq!(call(escaped), -1, "refused, with what was chosen for it");
    let next = Thunk::new(|_: c_int, _: i8| -> c_int { 4 }).register(|_| Ok::<_, ()>(|| ()));
    assert_eq!(call(escaped), 4);
    drop(next);

    let before = closure::statistics().retired_thunks;
    let mut kept = None;
    let unwound = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _ = Thunk::new(|_: c_int, _: i8| -> c_int { 5 }).scope(|function| {
            kept = Some(function);
            panic!("in the scope");
        });
    }));
    assert!(unwound.is_err());
    assert_eq!(closure::statistics().retired_thunks, before + 1, "C may have kept it");
    let next = Thunk::new(|_: c_int, _: i8| -> c_int { 6 }).register(|_| Ok::<_, ()>(|| ()));
    assert_eq!(call(kept.unwrap()), 0);
    drop(next);
}

#[test]
fn a_thread_that_ran_the_last_closure_of_a_function_reaches_the_next_one() {
    let _turn = my_turn();
    type Function = unsafe extern "C" fn(c_int, i64) -> c_int;
    // SAFETY: a thunk refuses what it doesn't know.
    let call = |function: Function| unsafe { function(1, 2) };
    let mut kept = None;
    for value in 1..=3 {
        let thunk = Thunk::new(move |_: c_int, _: i64| -> c_int { value }).or_else(|_| -1);
        let registration = thunk.register(|function| {
            assert!(kept.is_none_or(|kept| std::ptr::fn_addr_eq(kept, function)));
            kept = Some(function);
            Ok::<_, ()>(|| ())
        });
        // The second call finds the way that the first has left behind.
        assert_eq!([call(kept.unwrap()), call(kept.unwrap())], [value, value]);
        drop(registration);
        assert_eq!(call(kept.unwrap()), -1, "refused");
    }
}

#[test]
fn a_closure_that_ends_itself_in_a_thunk_is_dropped_as_it_leaves() {
    let _turn = my_turn();
    for calls_before in 0..=2 {
        let own: Arc<Mutex<Option<closure::BoxedRegistration>>> = Arc::default();
        let (counter, dropped) = DropCounter::new();
        let (slot, seen) = (Arc::clone(&own), Arc::clone(&dropped));
        let mut function: Option<OnPlainValue> = None;
        let thunk = Thunk::new(move |value: c_int| -> c_int {
            let _owned = &counter;
            let registration = slot.lock().unwrap().take();
            drop(registration);
            assert_eq!(seen.load(Ordering::SeqCst), 0, "the closure is running");
            value
        });
        let registration = thunk.register(|thunk| {
            function = Some(thunk);
            Ok::<_, ()>(|| ())
        });
        for call in 0..calls_before {
            assert_eq!(fire(function.unwrap(), call), call);
        }
        *own.lock().unwrap() = Some(registration.unwrap().boxed());
        assert_eq!(fire(function.unwrap(), 7), 7);
        assert_eq!(dropped.load(Ordering::SeqCst), 1, "as it left");
        assert_eq!(fire(function.unwrap(), 7), 0, "refused");
    }
}

#[test]
fn a_thread_goes_from_thunk_to_thunk_while_the_one_behind_it_ends() {
    let _turn = my_turn();
    let (sender, receiver) = mpsc::sync_channel(1); // few slots are taken
    thread::scope(|scope| {
        scope.spawn(|| {
            // Ends each registration when the other thread has gone on, or is about to.
            let registrations: mpsc::Receiver<closure::BoxedRegistration> = receiver;
            registrations.iter().for_each(drop);
        });
        let mut floats: Option<unsafe extern "C" fn(f64) -> f64> = None;
        let halves = Thunk::new(|value: f64| -> f64 { value / 2.0 }).register(|function| {
            floats = Some(function);
            Ok::<_, ()>(|| ())
        });
        // SAFETY: it is registered.
        let half = |value| unsafe { floats.unwrap()(value) };
        for round in 0..2000 {
            let mut function: Option<OnPlainValue> = None;
            let registration = Thunk::new(move |value: c_int| -> c_int { value + round })
                .register(|thunk| {
                    function = Some(thunk);
                    Ok::<_, ()>(|| ())
                })
                .unwrap();
            let answers = [fire(function.unwrap(), 1), fire(function.unwrap(), 2)];
            assert_eq!(answers, [round + 1, round + 2]);
            sender.send(registration.boxed()).unwrap();
            let value = f64::from(round);
            assert_eq!([half(value), half(value)], [value / 2.0, value / 2.0]);
        }
        drop(sender);
        assert!(halves.is_ok());
    });
}

#[test]
fn a_detached_thunk_is_used_up_also_where_its_closure_is_gone() {
    let _turn = my_turn();
    let mut kept: Option<unsafe extern "C" fn(u64)> = None;
    let (counter, dropped) = DropCounter::new();
    let thunk = Thunk::once(move |_: u64| drop(counter));
    let registration = thunk.register(|function| {
        kept = Some(function);
        Ok::<_, ()>(|| ())
    });
    registration.unwrap().detach();
    // SAFETY: it is registered, and a further call is refused.
    unsafe { kept.unwrap()(1) };
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    let next = Thunk::new(|_: u64| ()).scope(Some);
    assert!(!std::ptr::fn_addr_eq(next.unwrap().unwrap(), kept.unwrap()));
}

#[test]
fn a_broken_promise_ends_in_a_refusal_or_at_a_closure_of_the_same_signature() {
    let _turn = my_turn();
    let current = Arc::new(Mutex::new(None::<unsafe extern "C" fn(c_int, u32) -> c_int>));
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        for _ in 0..4 {
            let (current, sender) = (Arc::clone(&current), sender.clone());
            scope.spawn(move || {
                // Keeps the first function, whoever it belongs to meanwhile.
                let function = loop {
                    if let Some(function) = *current.lock().unwrap() {
                        break function;
                    }
                    thread::yield_now();
                };
                sender.send(()).unwrap();
                while current.lock().unwrap().is_some() {
                    // SAFETY: a thunk refuses what it doesn't know.
                    let answer = unsafe { function(3, 4) };
                    assert!([0, -1, 7, 12].contains(&answer), "{answer}");
                }
            });
        }
        let mut begun = 0;
        let dropped = Arc::new(AtomicUsize::new(0));
        for round in 0..400 {
            // Two closures that keep different things, through the same slot.
            let counter = DropCounter(Arc::clone(&dropped));
            let set = |function| {
                current.lock().unwrap().get_or_insert(function);
                Ok::<_, ()>(|| ())
            };
            if round % 2 == 0 {
                let text = String::from("a");
                let sum = Thunk::new(move |a: c_int, b: u32| -> c_int {
                    let _owned = &counter;
                    a + b.cast_signed() * text.len() as c_int
                });
                drop(sum.register(set));
            } else {
                let numbers = Box::new([1_u64]);
                let product = Thunk::shared(move |a: c_int, b: u32| -> c_int {
                    let _owned = &counter;
                    a * b.cast_signed() * numbers[0] as c_int
                })
                .or_else(|_| -1);
                drop(product.register(set));
            }
            while begun < 4 {
                receiver.recv().unwrap();
                begun += 1;
            }
        }
        assert_eq!(dropped.load(Ordering::SeqCst), 400);
        *current.lock().unwrap() = None;
    });
}

#[test]
fn a_thunk_for_ever_keeps_its_closure_and_its_panic() {
    let _turn = my_turn();
    let mut kept = None;
    let thunk = Thunk::shared(|value: c_int| -> c_int {
        assert!(value >= 0, "below zero");
        value + 1
    })
    .or_else(|_| -1);
    let forever = thunk.forever(|function| {
        kept = Some(function);
        Ok::<_, ()>(())
    });
    let (forever, function) = (forever.unwrap(), kept.unwrap());
    assert_eq!((fire(function, 1), fire(function, -1), fire(function, 2)), (2, -1, 3));
    assert_eq!(forever.panics(), 1);
    assert_eq!(forever.take_panic().unwrap().downcast_ref(), Some(&"below zero"));
    assert!(forever.take_panic().is_none());
}
