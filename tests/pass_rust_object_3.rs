//! Experiment 7: what its chapter claims. What doesn't compile stands in the documentation of
//! `State`, as `compile_fail`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use pass_rust_object_3::{Claimed, NothingSet, Report, State, Tally};

/// The tests of this file run on several threads, and the place can be claimed once.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Counts how often it is dropped.
#[derive(Debug)]
struct CountsDrops<'a>(&'a Cell<u32>);

impl Drop for CountsDrops<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

#[test]
fn the_callback_gets_the_object_from_the_state_and_edits_it() {
    let _turn = turn();
    let report = pass_rust_object_3::run().expect("the experiment runs");
    let expected = Report {
        before_set: None,
        refusal: NothingSet,
        set: Tally { count: 0, total: 5 },
        edited: Tally { count: 2, total: 8 },
        second_claim: Claimed,
        claimed_again: None,
    };
    assert_eq!(report, expected);
}

#[test]
fn get_before_set_is_none() {
    let _turn = turn();
    let mut state = State::<Tally>::claim().expect("nobody has claimed it");
    assert_eq!(state.get(), None);
    assert_eq!(state.take(), None);
    assert_eq!(state.deliver(1), Err(NothingSet));
    assert_eq!(state.get(), None);
}

#[test]
fn a_replaced_object_is_dropped_once_and_at_once() {
    let _turn = turn();
    let (first, second) = (Cell::new(0), Cell::new(0));
    let mut state = State::claim().expect("nobody has claimed it");
    state.set(CountsDrops(&first));
    assert_eq!((first.get(), second.get()), (0, 0));
    state.set(CountsDrops(&second));
    assert_eq!((first.get(), second.get()), (1, 0));
    drop(state);
    assert_eq!((first.get(), second.get()), (1, 1));
}

#[test]
fn an_object_that_was_taken_is_the_takers_to_drop() {
    let _turn = turn();
    let drops = Cell::new(0);
    let mut state = State::claim().expect("nobody has claimed it");
    state.set(CountsDrops(&drops));
    let object = state.take().expect("an object is set");
    drop(state);
    assert_eq!(drops.get(), 0);
    drop(object);
    assert_eq!(drops.get(), 1);
}

#[test]
fn the_place_is_empty_after_a_drop_also_for_another_type() {
    let _turn = turn();
    let mut numbers = State::claim().expect("nobody has claimed it");
    numbers.set(7_u64);
    drop(numbers);
    let mut state = State::<Tally>::claim().expect("the claim is over");
    assert_eq!(state.get(), None);
    assert_eq!(state.deliver(1), Err(NothingSet));
}

#[test]
fn a_second_claim_is_refused_whatever_its_type() {
    let _turn = turn();
    let state = State::<Tally>::claim().expect("nobody has claimed it");
    assert_eq!(State::<Tally>::claim().err(), Some(Claimed));
    assert_eq!(State::<String>::claim().err(), Some(Claimed));
    drop(state);
    assert!(State::<String>::claim().is_ok(), "the claim is over");
}

#[test]
fn of_two_threads_that_claim_at_once_one_is_served() {
    const ROUNDS: usize = 1_000; // a yield can cost milliseconds where others want the cores
    let _turn = turn();
    let (arrived, served) = (AtomicUsize::new(0), AtomicUsize::new(0));
    // Not `Barrier`: it wakes one thread after the other, and the claims would not meet.
    let meet = |meeting: usize| {
        arrived.fetch_add(1, Ordering::SeqCst);
        while arrived.load(Ordering::SeqCst) < 2 * meeting {
            thread::yield_now();
        }
    };
    let claims = || {
        for round in 0..ROUNDS {
            meet(2 * round + 1);
            let claim = State::<Tally>::claim();
            served.fetch_add(usize::from(claim.is_ok()), Ordering::SeqCst);
            meet(2 * round + 2); // nobody lets go before both have tried
        }
    };
    thread::scope(|scope| {
        scope.spawn(claims);
        scope.spawn(claims);
    });
    assert_eq!(served.into_inner(), ROUNDS);
}

#[test]
fn the_next_thread_finds_what_it_set_itself() {
    let _turn = turn();
    for value in 1..=10 {
        let count_and_total = thread::spawn(move || {
            let mut state = State::claim().expect("the thread before has let go");
            assert_eq!(state.get(), None);
            state.set(Tally { count: 0, total: 0 });
            state.deliver(value).expect("an object is set");
            state.take().map(|tally| (tally.count, tally.total))
        });
        assert_eq!(count_and_total.join().expect("no panic"), Some((1, value)));
    }
}

#[test]
fn a_claim_that_follows_at_once_never_meets_the_object_before() {
    let _turn = turn();
    // As soon as one thread lets go the other claims, sets and looks. If the place were given up
    // before it is empty, one would take the other's object.
    thread::scope(|scope| {
        for own in [1_u64, 2] {
            scope.spawn(move || {
                for _ in 0..50_000 {
                    let Ok(mut state) = State::claim() else { continue };
                    assert_eq!(state.get(), None);
                    state.set(own);
                    assert_eq!(state.get(), Some(&own));
                }
            });
        }
    });
}

#[test]
fn a_drop_that_panics_leaves_the_place_in_order() {
    struct Panics;
    impl Drop for Panics {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }
    let _turn = turn();
    let mut state = State::claim().expect("nobody has claimed it");
    state.set(Some(Panics));
    let replaced = catch_unwind(AssertUnwindSafe(|| state.set(None)));
    assert!(replaced.is_err(), "the first object was not dropped");
    assert!(state.get().is_some_and(Option::is_none), "the second object is not in its place");
    state.set(Some(Panics));
    assert!(catch_unwind(AssertUnwindSafe(|| drop(state))).is_err(), "nothing was dropped");
    let state = State::<Tally>::claim().expect("the claim is over");
    assert_eq!(state.get(), None);
}

#[test]
fn a_total_that_is_too_large_wraps_and_does_not_panic() {
    let _turn = turn();
    let mut state = State::claim().expect("nobody has claimed it");
    state.set(Tally { count: u32::MAX, total: i32::MAX });
    state.deliver(1).expect("an object is set");
    assert_eq!(state.take(), Some(Tally { count: 0, total: i32::MIN }));
}
