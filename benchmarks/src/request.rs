//! Requests that C answers: at once, one at a time from another thread, and 64 at a time.
//!
//! Every subject crosses C in the same way, as one pointer of user data and a callback.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::ffi;
use crate::harness::{self, Core, Effort, Figure, Laps, Measured, Subject};

mod peers;

pub use peers::{AtomicSlot, Bridge, FuturesOneshot, Oneshot, Peer, TokioOneshot};
use peers::{BridgeBoxed, MutexSlot};

/// Requests in flight in the case of that name.
const IN_FLIGHT: usize = 64;

/// A subject of each peer, for a function that is generic over them.
macro_rules! every_peer {
    ($subjects:ident, $peer:ident => $run:expr) => {
        every_peer!(@ $subjects, $peer, $run,
            Bridge, BridgeBoxed, Oneshot, TokioOneshot, FuturesOneshot, AtomicSlot, MutexSlot)
    };
    (@ $subjects:ident, $peer:ident, $run:expr, $($name:ident),*) => {$({
        type $peer = $name;
        $subjects.push(Subject::new(<$peer as Peer>::NAME, $run));
    })*};
}
/// Runs the group.
pub fn run(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    let count = effort.count(200_000);
    let mut case = |name: &str, subjects: Vec<Subject>| {
        figures.extend(harness::run("request", name, effort, subjects));
    };
    let mut subjects = Vec::new();
    every_peer!(subjects, P => move || at_once::<P>(count));
    case("answered at once", subjects);
    let mut subjects = Vec::new();
    every_peer!(subjects, P => move || one_at_a_time::<P>(count / 20));
    case("one at a time, from another core", subjects);
    let mut subjects = Vec::new();
    every_peer!(subjects, P => move || in_flight::<P>(count));
    case("64 in flight, C thread pool", subjects);
    let mut subjects = Vec::new();
    every_peer!(subjects, P => move || in_tasks::<P>(count));
    case("64 tasks of tokio, C thread pool", subjects);
    figures
}

/// One request that is answered before it is awaited.
#[inline(always)]
pub fn one_at_once<P: Peer>(number: i64) -> i64 {
    let (user_data, response) = P::request();
    // SAFETY: `user_data` is one request's, and C answers it once.
    unsafe { ffi::answers_now(P::answer, user_data, number) };
    match pin!(response).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer.expect("it was answered"),
        Poll::Pending => panic!("{}: not answered", P::NAME),
    }
}

fn at_once<P: Peer>(count: usize) -> Measured {
    harness::pin(Core::Producer);
    measure::<P>("ns a request", count, |count, laps| {
        let mut sum = 0;
        for number in 0..count as i64 {
            sum += one_at_once::<P>(number);
            laps.step();
        }
        sum
    })
}

/// Runs `work` twice, for its warm-up and for its time; it returns the sum of its answers.
fn measure<P: Peer>(
    metric: &'static str,
    count: usize,
    work: impl Fn(usize, &mut Laps) -> i64,
) -> Measured {
    let warm_up = count / 20 + 10;
    assert_eq!(work(warm_up, &mut Laps::start()), sum_of_answers(warm_up), "warm-up");
    let mut laps = Laps::start();
    let sum = work(count, &mut laps);
    assert_eq!(sum, sum_of_answers(count), "{}: the answers' sum", P::NAME);
    vec![(metric, laps.nanoseconds())]
}

/// 1 + 2 + ... + count: C answers 0, 1, ... with one more.
fn sum_of_answers(count: usize) -> i64 {
    let count = count as i64;
    count * (count + 1) / 2
}

/// C's threads: two, or one where there are but two cores, which then has the other one.
struct Pool(*mut ffi::AnswersPool);

impl Pool {
    fn new() -> Pool {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let threads = if cores > 2 { 2 } else { 1 };
        if threads == 1 {
            harness::pin(Core::Consumer); // C's thread inherits it
        }
        // SAFETY: it is checked for null.
        let pool = unsafe { ffi::answers_pool_new(threads, IN_FLIGHT) };
        assert!(!pool.is_null(), "threads for the pool");
        harness::pin(Core::Producer);
        Pool(pool)
    }

    fn ask<P: Peer>(&self, number: i64) -> P::Response {
        let (user_data, response) = P::request();
        // SAFETY: the pool lives, and no more than `IN_FLIGHT` requests are in it, as each task
        // has one; `user_data` is one request's, and C answers it once.
        unsafe { ffi::answers_later(self.0, P::answer, user_data, number) };
        response
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        // SAFETY: from `answers_pool_new`, once.
        unsafe { ffi::answers_pool_free(self.0) };
    }
}

fn one_at_a_time<P: Peer>(count: usize) -> Measured {
    let pool = Pool::new();
    measure::<P>("ns a round trip", count, |count, laps| {
        let mut sum = 0;
        for number in 0..count as i64 {
            sum += P::wait(pool.ask::<P>(number));
            laps.step();
        }
        sum
    })
}

/// One thread, which always has 64 requests in flight and awaits the oldest.
fn in_flight<P: Peer>(count: usize) -> Measured {
    let pool = Pool::new();
    measure::<P>("ns a request", count, |count, laps| {
        let mut responses = VecDeque::with_capacity(IN_FLIGHT);
        let mut sum = 0;
        for number in 0..count as i64 {
            if responses.len() == IN_FLIGHT {
                sum += P::wait(responses.pop_front().expect("there are 64"));
            }
            responses.push_back(pool.ask::<P>(number));
            laps.step();
        }
        sum + responses.into_iter().map(P::wait).sum::<i64>()
    })
}

fn in_tasks<P: Peer>(count: usize) -> Measured {
    let pool = Arc::new(PoolOfTasks(Pool::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    measure::<P>("ns a request", count, |count, laps| {
        let their_laps = laps;
        let laps = Arc::new(Mutex::new(Laps::start()));
        let next = Arc::new(AtomicI64::new(0));
        let sum = runtime.block_on(async {
            let task = |_| {
                let (pool, next, laps) = (Arc::clone(&pool), Arc::clone(&next), Arc::clone(&laps));
                tokio::spawn(async move {
                    let mut sum = 0;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count as i64 {
                            return sum;
                        }
                        sum += pool.0.ask::<P>(number).await.expect("it is answered");
                        laps.lock().expect("no panic").step();
                    }
                })
            };
            let tasks: Vec<_> = (0..IN_FLIGHT).map(task).collect();
            let mut sum = 0;
            for task in tasks {
                sum += task.await.expect("no panic");
            }
            sum
        });
        std::mem::swap(&mut *their_laps, &mut *laps.lock().expect("no panic"));
        sum
    })
}

/// The pool, for tasks of one thread.
struct PoolOfTasks(Pool);

// SAFETY: C locks its pool for every request.
unsafe impl Send for PoolOfTasks {}
// SAFETY: likewise.
unsafe impl Sync for PoolOfTasks {}
