//! The protocol under loom: every order in which two threads can take their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p callback_bridge --release --lib request::model`
//!
//! Beside each model stand its twins, in which a [`Fault`] breaks the protocol and the model has to
//! find it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use super::fault::{self, Fault};
use super::lay::Lay;
use super::pool::pools;
use super::*;
use crate::sync::thread;

fn explore(orders: impl Fn() + Sync + Send + 'static) {
    loom::model(orders);
}

/// Polls once with a waker that wakes nobody, then waits: the waker has changed.
fn answer_against_changed_waker() {
    let (completion, response) = completion::<u32>();
    let completer = thread::spawn(move || completion.complete(7).expect("it is wanted"));
    let mut response = pin!(response);
    let mut answer = response.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    park::with_waker(|waker| {
        while answer.is_pending() {
            answer = response.as_mut().poll(&mut Context::from_waker(waker));
            if answer.is_pending() {
                thread::park(); // for ever, if the wake-up is lost: loom says "deadlock"
            }
        }
    });
    assert_eq!(answer, Poll::Ready(Ok(7)));
    completer.join().unwrap();
}

#[test]
fn an_answer_wakes_the_waker_of_the_last_poll() {
    explore(answer_against_changed_waker);
}

#[test]
#[should_panic(expected = "deadlock")]
fn an_answer_is_missed_if_the_waker_is_woken_before_it_can_be_seen() {
    fault::switch_on(Fault::WakerBeforeAnswer);
    explore(answer_against_changed_waker);
}

#[test]
#[should_panic(expected = "deadlock")]
fn an_answer_is_missed_if_the_first_waker_is_kept() {
    fault::switch_on(Fault::KeepFirstWaker);
    explore(answer_against_changed_waker);
}

#[test]
#[should_panic(expected = "deadlock")]
fn an_answer_is_missed_if_nobody_looks_after_the_waker_is_there() {
    fault::switch_on(Fault::NoLookAfterWaker);
    explore(answer_against_changed_waker);
}

fn dropped_completion_against_waiting() {
    let (completion, response) = completion::<Box<u32>>();
    let completer = thread::spawn(move || drop(completion));
    assert_eq!(response.wait(), Err(Abandoned));
    completer.join().unwrap();
}

#[test]
fn a_completion_that_is_dropped_ends_the_wait() {
    explore(dropped_completion_against_waiting);
}

#[test]
#[should_panic(expected = "deadlock")]
fn the_end_is_missed_if_nobody_looks_after_the_waker_is_there() {
    fault::switch_on(Fault::NoLookAfterWaker);
    explore(dropped_completion_against_waiting);
}

struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The response is dropped, once it has been polled, and its place is used again at once.
fn answer_against_dropped_response() {
    let drops = Arc::new(AtomicUsize::new(0));
    let (completion, response) = completion::<CountDrop>();
    let value = CountDrop(Arc::clone(&drops));
    let completer = thread::spawn(move || completion.complete(value).is_err());
    let hook = Arc::new(AtomicUsize::new(0));
    let cancelled = Arc::clone(&hook);
    let mut response = Box::pin(response.on_cancel(move || {
        cancelled.fetch_add(1, Ordering::Relaxed);
    }));
    let polled = response.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let answered = polled.is_ready();
    drop(polled);
    drop(response);
    let (second, again) = super::completion::<u32>();
    second.complete(8).expect("it is wanted");
    assert_eq!(again.try_take().ok(), Some(8));

    let refused = completer.join().unwrap();
    assert_eq!(drops.load(Ordering::Relaxed), 1, "the value is dropped once");
    assert!(!(answered && refused));
    if hook.load(Ordering::Relaxed) == 1 {
        assert!(refused, "the peer was told, so its answer was refused");
    }
    // Both slots of the model's chunk are free again.
    let class = Lay::<CountDrop>::CLASS;
    let (one, other) = (pools().take(class), pools().take(class));
    assert!(one.is_ok_and(|one| one.index < 2) && other.is_ok_and(|other| other.index < 2));
}

#[test]
fn a_value_has_one_owner_whatever_becomes_of_the_response() {
    explore(answer_against_dropped_response);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_slot_has_two_users_if_it_is_freed_while_claimed() {
    fault::switch_on(Fault::FreeWhileClaimed);
    explore(answer_against_dropped_response);
}

struct Ended(Arc<AtomicUsize>);

impl Wake for Ended {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// The response is polled and lets go, while the peer ends the request.
fn end_against_detached_response(end: fn(Completion<CountDrop>, CountDrop)) {
    let (drops, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (completion, response) = completion::<CountDrop>();
    let value = CountDrop(Arc::clone(&drops));
    let completer = thread::spawn(move || end(completion, value));
    let mut response = Box::pin(response);
    if response.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        let ended = Waker::from(Arc::new(Ended(Arc::clone(&ends))));
        let response = *Pin::into_inner(response);
        response.detach(ended);
        completer.join().unwrap();
        assert_eq!(ends.load(Ordering::Relaxed), 1, "the end is told once");
    } else {
        completer.join().unwrap();
    }
    assert_eq!(drops.load(Ordering::Relaxed), 1, "the value is dropped once");
    // The slot is free, and is used first.
    let slot = pools().take(Lay::<CountDrop>::CLASS);
    assert!(slot.is_ok_and(|slot| slot.index == 0), "the slot is free again");
}

fn answer_against_detached_response() {
    end_against_detached_response(|completion, value| {
        assert!(completion.complete(value).is_ok(), "it is taken");
    });
}

#[test]
fn the_end_of_a_detached_request_is_told_and_its_slot_is_freed() {
    explore(answer_against_detached_response);
    explore(|| end_against_detached_response(|completion, _| drop(completion)));
}

#[test]
#[should_panic(expected = "the value is dropped once")]
fn an_answer_stays_behind_if_nobody_sees_that_the_response_has_let_go() {
    fault::switch_on(Fault::AnswerTheDetached);
    explore(answer_against_detached_response);
}

fn two_answers() {
    let (completion, response) = completion::<u32>();
    let handle = completion.into_raw();
    let other = thread::spawn(move || complete_raw(handle, 1_u32).is_ok());
    let ours = complete_raw(handle, 2_u32).is_ok();
    let theirs = other.join().unwrap();
    assert!(ours != theirs, "exactly one is taken");
    assert_eq!(response.try_take().ok(), Some(if ours { 2 } else { 1 }));
}

#[test]
fn of_two_answers_one_is_taken() {
    explore(two_answers);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn both_answers_are_taken_if_claiming_is_not_one_step() {
    fault::switch_on(Fault::LookThenStore);
    explore(two_answers);
}

fn late_answer_to_a_reused_slot() {
    let (completion, response) = completion::<u32>();
    let old = completion.into_raw();
    let late = thread::spawn(move || complete_raw(old, 1_u32).is_ok());
    drop(response);
    let (completion, response) = super::completion::<u32>();
    assert!(completion.complete(2).is_ok(), "nobody else has this request");
    assert_eq!(response.wait(), Ok(2));
    late.join().unwrap();
}

#[test]
fn a_late_answer_never_meets_the_next_request() {
    explore(late_answer_to_a_reused_slot);
}

#[test]
#[should_panic(expected = "nobody else has this request")]
fn a_late_answer_meets_the_next_request_if_the_generation_stays() {
    fault::switch_on(Fault::SameGeneration);
    explore(late_answer_to_a_reused_slot);
}

fn answer_of_another_type() {
    let (completion, response) = completion::<u32>();
    let handle = completion.into_raw();
    let wrong = thread::spawn(move || complete_raw(handle, 1_i32).is_err());
    assert!(complete_raw(handle, 2_u32).is_ok(), "a wrong type never stands in the way");
    assert!(wrong.join().unwrap());
    assert_eq!(response.try_take().ok(), Some(2));
}

#[test]
fn an_answer_of_another_type_is_refused() {
    explore(answer_of_another_type);
}

#[test]
#[should_panic(expected = "a wrong type never")]
fn an_answer_of_another_type_is_taken_if_nobody_looks() {
    fault::switch_on(Fault::AnyType);
    explore(answer_of_another_type);
}

/// One thread takes two slots and gives the first back, while the other one takes.
fn slots_taken_by_two_threads() {
    let class = Lay::<u32>::CLASS;
    let index = move || pools().take(class).expect("four are enough").index;
    pools().give_back(pools().take(class).expect("the first"));
    let other = thread::spawn(move || {
        let first = pools().take(class).expect("four are enough");
        let second = index();
        pools().give_back(first);
        second
    });
    let (first, second) = (index(), index());
    let theirs = other.join().unwrap();
    let distinct = first != second && first != theirs && second != theirs;
    assert!(distinct, "a slot was taken twice: {first}, {second}, {theirs}");
}

#[test]
fn a_slot_is_taken_by_one_thread() {
    explore(slots_taken_by_two_threads);
}

#[test]
#[should_panic(expected = "taken twice")]
fn a_slot_is_taken_twice_if_the_head_has_no_tag() {
    fault::switch_on(Fault::NoTag);
    explore(slots_taken_by_two_threads);
}
