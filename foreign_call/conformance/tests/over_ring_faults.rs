//! Over a ring: when it is full, when nobody waits any more, when nobody asked. What is counted is the
//! process's, so one test runs after the other.
#![cfg(unix)]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use foreign_call::{CallError, kept_calls, refused_answers, within};
use foreign_call_conformance::over_ring::{OverRing, OverRingImpl as Impl};

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until this holds, which it must soon.
fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
    runtime.expect("a runtime").block_on(test)
}

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn one_way_calls_arrive_in_order_and_free_what_they_were_given() {
    const NOTES: u64 = 20_000; // many times the ring's size: this thread waits now and then
    let _alone = alone();
    for number in 0..NOTES {
        Impl::note("x".repeat((number % 7) as usize), number);
    }
    let bytes = (0..NOTES).map(|number| number % 7).sum();
    until("all were noted, in order", || Impl::noted() == (NOTES, bytes));
    until("all is freed", || kept_calls() == 0);
}

#[test]
fn a_future_waits_while_the_ring_is_full() {
    let _alone = alone();
    run(async {
        Impl::stall();
        let calls: Vec<_> = (0..2_000_u32)
            .map(|number| {
                let mut call = Box::pin(Impl::half(2 * number));
                let _full_for_most = poll_once(call.as_mut());
                (number, call)
            })
            .collect();
        Impl::go_on();
        for (number, call) in calls {
            // Some go before they have gone anywhere, and some of these were just woken for room.
            if number % 3 != 0 {
                assert_eq!(call.await, number);
            }
        }
    });
}

#[test]
fn whoever_was_woken_for_room_and_does_not_come_holds_nobody_up() {
    let _alone = alone();
    Impl::stall();
    let mut calls: Vec<_> = (0..900) // of which far more wait than a ring has room for
        .map(|_| {
            let mut call = Box::pin(Impl::half(2));
            assert!(poll_once(call.as_mut()).is_pending());
            call
        })
        .collect();
    let last = calls.pop().expect("there are 900");
    Impl::go_on();
    assert_eq!(run(last), 1);
    // And whoever comes then finds room, though these never did.
    assert_eq!(run(Impl::half(4)), 2);
}

#[test]
fn a_future_that_is_dropped_before_there_was_room_has_called_nothing() {
    let _alone = alone();
    Impl::stall();
    let refused = refused_answers();
    let calls: Vec<_> = (0..600)
        .map(|_| {
            let mut call = Box::pin(Impl::sum(vec![1; 8]));
            assert!(poll_once(call.as_mut()).is_pending());
            call
        })
        .collect();
    drop(calls);
    // A full ring at most, less what was there before.
    assert!((250..=256).contains(&kept_calls()), "{} of 600 were sent", kept_calls());
    Impl::start(1);
    Impl::go_on();
    until("those that were sent are answered", || kept_calls() == 0);
    assert_eq!(refused_answers(), refused);
}

#[test]
fn a_dropped_future_that_lent_nothing_refuses_its_answer() {
    let _alone = alone();
    let refused = refused_answers();
    Impl::stall();
    for _ in 0..10 {
        assert!(poll_once(pin!(Impl::half(2))).is_pending());
    }
    Impl::go_on();
    until("each is refused and counted", || refused_answers() == refused + 10);
}

#[test]
fn late_and_forged_answers_are_refused_and_counted() {
    let _alone = alone();
    let refused = refused_answers();
    run(async {
        assert_eq!(Impl::answers_twice().await, Ok(1));
        until("the second is refused", || refused_answers() == refused + 1);
        assert_eq!(Impl::forges().await, Ok(0), "no forged answer was taken");
    });
    until("all of them", || refused_answers() == refused + 1 + 64 + 1 + 3);
}

#[test]
fn c_stops_when_nobody_waits_any_more() {
    let _alone = alone();
    run(async {
        assert_eq!(Impl::search(vec![3, 4, 5], 5).await, Ok(2));
        for _ in 0..100 {
            assert!(poll_once(pin!(Impl::search(vec![3, 4, 5], 6))).is_pending());
        }
        until("C looks whether it is wanted", || kept_calls() == 0);
        let late = Impl::search_in_time(vec![3, 4, 5], 6).await;
        assert_eq!(late, Err(CallError::Deadline));
        let search = Impl::search(vec![3, 4, 5], 6);
        assert_eq!(within(Duration::from_millis(5), search).await, Err(CallError::Deadline));
    });
    until("C looks whether it is wanted", || kept_calls() == 0);
}

#[test]
fn calls_from_many_threads_get_their_own_answers() {
    let _alone = alone();
    let threads: Vec<_> = (0..8)
        .map(|thread: u32| {
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime.expect("a runtime").block_on(async {
                    for call in 0..2_000 {
                        let number = thread << 16 | call;
                        assert_eq!(Impl::half(2 * number).await, number);
                    }
                });
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}
