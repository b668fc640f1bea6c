//! Experiment 10: what its chapter claims.

use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, ThreadId};

use bridge_with_future::slot::{Abandoned, Response, slot};
use bridge_with_future::{Refusal, Service};

/// A task that is only its waker: who woke it.
#[derive(Default)]
struct Task(Mutex<Vec<ThreadId>>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.lock().expect("no panic").push(thread::current().id());
    }
}

impl Task {
    fn new() -> (Arc<Task>, Waker) {
        let task = Arc::<Task>::default();
        (Arc::clone(&task), Waker::from(task))
    }

    fn woken(&self) -> usize {
        self.0.lock().expect("no panic").len()
    }
}

fn poll<T: Send>(response: &mut Response<T>, waker: &Waker) -> Poll<Result<T, Abandoned>> {
    Pin::new(response).poll(&mut Context::from_waker(waker))
}

fn wait<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(future)
}

/// A service that comes to no request before it is told to.
fn idle() -> Service {
    Service::open().expect("C has memory")
}

fn start(service: &Service, workers: usize) {
    service.start(workers).expect("the system has threads");
}

fn ask(service: &Service, number: i32) -> Response<i64> {
    service.square(number, 0).expect("C has memory")
}

/// Until the one worker has answered all that was asked before.
fn until_all_is_answered(service: &Service) {
    assert_eq!(wait(ask(service, 1)), Ok(1));
}

#[test]
fn one_thread_awaits_two_calls() {
    let report = bridge_with_future::run().expect("the experiment runs");
    assert_eq!(report.polled_by_mistake, 3);
    assert_eq!(report.squares, [9, 25]);
    assert_eq!(report.unanswered, Abandoned);
}

#[test]
fn squares_of_the_largest_numbers_fit() {
    let service = idle();
    start(&service, 1);
    for number in [0, -1, i32::MAX, i32::MIN] {
        assert_eq!(wait(ask(&service, number)), Ok(i64::from(number).pow(2)));
    }
}

#[test]
fn the_call_returns_before_there_is_an_answer_and_the_task_is_woken_once_by_c() {
    let (service, (task, waker)) = (idle(), Task::new());
    let mut three = ask(&service, 3);
    assert_eq!(poll(&mut three, &waker), Poll::Pending);
    start(&service, 1);
    until_all_is_answered(&service);
    let woken_by = task.0.lock().expect("no panic").clone();
    assert_eq!(woken_by.len(), 1);
    assert_ne!(woken_by, [thread::current().id()], "C has threads of its own");
    assert_eq!(poll(&mut three, &waker), Poll::Ready(Ok(9)));
}

#[test]
fn an_answer_that_comes_before_the_first_poll_waits_there() {
    let (service, (task, waker)) = (idle(), Task::new());
    let mut three = ask(&service, 3);
    start(&service, 1);
    until_all_is_answered(&service);
    assert_eq!(poll(&mut three, &waker), Poll::Ready(Ok(9)));
    assert_eq!(task.woken(), 0, "nobody was asleep");
    assert_eq!(poll(&mut three, &waker), Poll::Ready(Err(Abandoned)), "it is taken");
}

#[test]
fn polled_by_mistake_it_is_pending_and_still_wakes_once() {
    let (service, (task, waker)) = (idle(), Task::new());
    let mut three = ask(&service, 3);
    for _ in 0..100 {
        assert_eq!(poll(&mut three, &waker), Poll::Pending);
    }
    assert_eq!(task.woken(), 0);
    start(&service, 1);
    until_all_is_answered(&service);
    assert_eq!(task.woken(), 1);
    assert_eq!(poll(&mut three, &waker), Poll::Ready(Ok(9)));
}

#[test]
fn a_future_that_has_moved_wakes_the_task_that_polled_it_last() {
    let (service, (former, former_waker), (later, later_waker)) =
        (idle(), Task::new(), Task::new());
    let mut three = ask(&service, 3);
    assert_eq!(poll(&mut three, &former_waker), Poll::Pending);
    assert_eq!(poll(&mut three, &later_waker), Poll::Pending);
    drop(former_waker);
    assert_eq!(Arc::strong_count(&former), 1, "its waker is dropped");
    start(&service, 1);
    until_all_is_answered(&service);
    assert_eq!((former.woken(), later.woken()), (0, 1));
    assert_eq!(poll(&mut three, &later_waker), Poll::Ready(Ok(9)));
}

#[test]
fn a_future_that_one_thread_polled_is_awaited_on_another() {
    let (service, (_task, waker)) = (idle(), Task::new());
    let mut three = ask(&service, 3);
    assert_eq!(poll(&mut three, &waker), Poll::Pending);
    let elsewhere = thread::spawn(move || wait(three));
    start(&service, 1);
    assert_eq!(elsewhere.join().expect("no panic"), Ok(9));
}

/// The wrong version `answer_after_drop`, done right.
#[test]
fn a_late_answer_does_not_meet_the_request_that_came_after() {
    let service = idle();
    drop(ask(&service, 3));
    let five = ask(&service, 5);
    start(&service, 1);
    assert_eq!(wait(five), Ok(25));
}

#[test]
fn of_a_future_that_is_dropped_early_nothing_stays() {
    let (service, (task, waker)) = (idle(), Task::new());
    let mut three = ask(&service, 3);
    assert_eq!(poll(&mut three, &waker), Poll::Pending);
    drop((three, waker));
    start(&service, 1);
    drop(service);
    assert_eq!(Arc::strong_count(&task), 1, "nobody has its waker any more");
}

#[test]
fn a_service_that_never_answers_and_is_closed_ends_the_wait() {
    let (service, (task, waker)) = (idle(), Task::new());
    let (mut three, never_polled) = (ask(&service, 3), ask(&service, 4));
    assert_eq!(poll(&mut three, &waker), Poll::Pending);
    drop(service);
    assert_eq!(task.woken(), 1);
    assert_eq!(poll(&mut three, &waker), Poll::Ready(Err(Abandoned)));
    assert_eq!(wait(never_polled), Err(Abandoned));
}

#[test]
fn closing_in_the_middle_answers_each_request_or_ends_it() {
    const REQUESTS: i32 = 2_000;
    let service = idle();
    let squares: Vec<_> = (0..REQUESTS).map(|number| ask(&service, number)).collect();
    start(&service, 4);
    drop(service);
    let answers: Vec<_> = squares.into_iter().map(wait).collect();
    // They are taken in order, so those that were not come last.
    let answered = answers.iter().take_while(|answer| answer.is_ok()).count();
    for (number, answer) in (0..).zip(answers) {
        let square = i64::from(number).pow(2);
        assert_eq!(answer, if (number as usize) < answered { Ok(square) } else { Err(Abandoned) });
    }
}

#[test]
fn futures_that_are_polled_and_dropped_at_random_disturb_no_other() {
    let service = idle();
    start(&service, 3);
    let mut state = 2026_u32;
    let mut random = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let mut kept = Vec::new();
    for number in 0..20_000 {
        let mut response = ask(&service, number);
        let mut taken = false;
        for _ in 0..random(3) {
            taken = taken || poll(&mut response, Waker::noop()).is_ready();
        }
        if !taken && random(2) == 0 {
            kept.push((number, response));
        }
        if random(4) == 0 && !kept.is_empty() {
            drop(kept.swap_remove(random(kept.len() as u32) as usize));
        }
    }
    assert!(kept.len() > 1_000);
    for (number, response) in kept {
        assert_eq!(wait(response), Ok(i64::from(number).pow(2)));
    }
}

#[test]
fn workers_beyond_the_most_are_refused_and_the_others_work() {
    let service = idle();
    assert_eq!(service.start(1_000), Err(Refusal::NoThread));
    assert_eq!(wait(ask(&service, 3)), Ok(9));
}

struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_answer_is_dropped_once_whoever_goes_first() {
    let drops = Arc::<AtomicUsize>::default();
    let dropped = || drops.load(Ordering::Relaxed);

    let (completion, response) = slot();
    drop(response);
    completion.complete(CountDrop(Arc::clone(&drops)));
    assert_eq!(dropped(), 1, "nobody took it");

    let (completion, response) = slot();
    completion.complete(CountDrop(Arc::clone(&drops)));
    assert_eq!(dropped(), 1, "it waits");
    drop(response);
    assert_eq!(dropped(), 2, "nobody took it");

    let (completion, response) = slot();
    completion.complete(CountDrop(Arc::clone(&drops)));
    let taken = wait(response).expect("it is answered");
    assert_eq!(dropped(), 2, "it is ours");
    drop(taken);
    assert_eq!(dropped(), 3);
}

#[test]
fn in_the_wrong_order_the_answer_is_there_and_nobody_is_woken() {
    let output = support::run("lost_wake_up", &[]);
    assert_eq!(support::stdout(&output), "polled    Pending\nanswered  true\nwoken     0 times\n");
}

mod crashes {
    /// What the chapter shows. Where freed memory is not what is given out next, it is undefined
    /// too, but looks different.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[test]
    fn an_answer_to_a_dropped_future_arrives_at_another_one() {
        let output = support::run("answer_after_drop", &[]);
        assert_eq!(support::stdout(&output), "the square of 5 is 9\n");
    }

    #[test]
    #[cfg_attr(not(address_sanitizer), ignore = "this Rust comes without AddressSanitizer")]
    fn an_answer_to_a_dropped_future_is_written_to_freed_memory() {
        let binary = support::with_address_sanitizer("bridge_with_future", "answer_after_drop");
        let output = std::process::Command::new(binary).output().expect("the binary starts");
        let words = support::stderr(&output);
        assert!(!output.status.success(), "it ran to its end");
        // The worker writes what the main thread has freed.
        let report = ["heap-use-after-free", "WRITE of size 8", "thread T1", "freed by thread T0"];
        for part in report {
            assert!(words.contains(part), "{part:?} is not in\n{words}");
        }
    }
}
