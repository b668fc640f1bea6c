//! Many calls at once, that goroutines answer in no order, and dropped at any moment.
//!
//! Each file of tests is a process with a Go of its own; here the tests wait for what goes on in all
//! of it, so there is one.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::{CallError, kept_calls, within},
    foreign_call_conformance_go::faults::{Faults, FaultsImpl},
    foreign_call_conformance_go::interface::*,
    std::pin::{Pin, pin},
    std::task::{Context, Poll, Waker},
    std::time::{Duration, Instant},
};

/// Polls a future so many times, and drops it if that was not enough.
#[cfg(go)]
struct Impatient<F>(Pin<Box<F>>, u32);

#[cfg(go)]
impl<F: Future> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        if let Poll::Ready(output) = self.0.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(go)]
fn poll_once<F: Future>(future: F) -> bool {
    pin!(future).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// The time only guards against a hang.
#[cfg(go)]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

/// Calls of tasks whose runtime ends before Go answers.
#[cfg(go)]
const OUTLIVED: u64 = 100;

#[cfg(go)]
fn outlive_the_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    for call in 0..OUTLIVED {
        runtime.spawn(LaterImpl::sum(vec![call; 100]));
    }
    // It polls its tasks in order, so all of them wait for Go after this one.
    runtime.block_on(runtime.spawn(async {})).expect("no panic");
    drop(runtime);
    assert_eq!(kept_calls(), OUTLIVED, "and Go may still read their numbers");
}

#[cfg(go)]
async fn drop_at_random() {
    const CALLS: u64 = 10_000;
    let calls: Vec<_> = (0..CALLS)
        .map(|call| {
            let mut future = Box::pin(LaterImpl::sum(vec![call, 1, 2]));
            let first = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "every sum waits for the start");
            (call, future)
        })
        .collect();
    // All of them are in Go, each in a goroutine that is blocked. Another call is answered.
    assert_eq!(CostImpl::later(7).await, 7);
    let late = LaterImpl::search_in_time(vec![3, 4, 5], 6).await;
    assert_eq!(late, Err(CallError::Deadline));
    assert_eq!(kept_calls(), OUTLIVED + 1, "and Go may still read its numbers");

    let mut random = 1_u32;
    let mut tasks = Vec::new();
    for (call, future) in calls {
        if call == CALLS / 4 {
            LaterImpl::start(0); // a quarter may be dropped before, the rest meanwhile
        }
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let patience = if random >> 31 == 0 { (random >> 20) % 64 } else { u32::MAX };
        tasks.push(tokio::spawn(async move { (call, Impatient(future, patience).await) }));
    }
    let (mut answered, mut dropped) = (0, 0);
    for task in tasks {
        match task.await.expect("no panic") {
            (call, Some(sum)) => {
                assert_eq!(sum, Ok(call + 3));
                answered += 1;
            }
            (_, None) => dropped += 1,
        }
    }
    assert_eq!(answered + dropped, CALLS);
    assert!(answered > CALLS / 4 && dropped > 0, "{answered} answered, {dropped} dropped");
    wait_until("each call ends", || LaterImpl::counts() == Ok((OUTLIVED + CALLS, 0)));
    wait_until("and is freed", || kept_calls() == 0);
}

#[cfg(go)]
async fn cancel() {
    assert_eq!(LaterImpl::search(vec![3, 4, 5], 5).await, Ok(2));
    // Dropped at once, perhaps before a goroutine has taken it.
    for _ in 0..1_000 {
        assert!(!poll_once(LaterImpl::search(vec![3, 4, 5], 6)), "it is nowhere");
    }
    let limit = Duration::from_millis(5);
    let late = within(limit, LaterImpl::search(vec![3, 4, 5], 6)).await;
    assert_eq!(late, Err(CallError::Deadline));
    wait_until("every context is cancelled", || kept_calls() == 0);
    wait_until("and forgotten", || FaultsImpl::under_way().1 == 0);
}

/// From several threads at once, several in flight on each.
#[cfg(go)]
fn hammer() {
    let each = |thread: u64| {
        move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            runtime.block_on(async {
                for round in 0..500 {
                    let first = thread << 32 | round << 8;
                    let mut waiting = Vec::new();
                    for number in first..first + 8 {
                        let mut call = Box::pin(CostImpl::later(number));
                        match call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                            Poll::Ready(answer) => assert_eq!(answer, number),
                            Poll::Pending => waiting.push((number, call)),
                        }
                    }
                    for (number, call) in waiting {
                        assert_eq!(call.await, number);
                    }
                }
            });
        }
    };
    let threads: Vec<_> = (0..4).map(|thread| std::thread::spawn(each(thread))).collect();
    threads.into_iter().for_each(|thread| thread.join().expect("no panic"));
}

with_go! {
    fn calls_are_answered_or_dropped_and_nothing_stays_under_way() {
        outlive_the_runtime();
        let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
        runtime.block_on(drop_at_random());
        runtime.block_on(cancel());
        hammer();
        // 64 sleep, one looks, and Go has some of its own.
        wait_until("goroutines end", || FaultsImpl::under_way().0 < 100);
    }
}
