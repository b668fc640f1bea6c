//! Many calls at once, answered by C's threads in no order, and dropped at any moment.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use foreign_call::{CallError, kept_calls, refused_answers};
#[cfg(unix)]
use foreign_call_conformance::over_ring::{OverRing, OverRingImpl};
use foreign_call_conformance::*;

/// Polls a future so many times, and drops it if that was not enough.
struct Impatient<F>(Pin<Box<F>>, u32);

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

const CALLS: u64 = 10_000;

/// Makes the calls, has C start to answer, and drops some at a random poll. C takes its time until
/// then.
async fn answered_or_dropped<F>(sum: impl Fn(Vec<u64>) -> F, start: impl Fn(u32))
where
    F: Future<Output = Result<u64, CallError>> + Send + 'static,
{
    let calls: Vec<_> = (0..CALLS)
        .map(|call| {
            let mut future = Box::pin(sum(vec![call, 1, 2]));
            let first = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(first.is_pending(), "nobody answers yet");
            (call, future)
        })
        .collect();
    let mut random = 1_u32;
    let mut tasks = Vec::new();
    for (call, future) in calls {
        if call == CALLS / 4 {
            start(2); // a quarter may be dropped before, the rest meanwhile
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
    assert!(
        answered > CALLS / 4 && dropped > CALLS / 100,
        "{answered} answered, {dropped} dropped"
    );
}

async fn soon(what: &str, holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    assert_eq!(waited, Ok(()), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_calls_are_answered_or_dropped_and_every_answer_is_taken() {
    answered_or_dropped(LaterImpl::sum, LaterImpl::start).await;
    // What was lent to dropped calls was kept, and each of them takes its one answer.
    let counts = || LaterImpl::counts().expect("C counts");
    soon("all are answered", || counts().0 + counts().1 == CALLS).await;
    assert_eq!(counts(), (CALLS, 0));
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_a_ring_they_are_too_and_no_answer_is_refused() {
    answered_or_dropped(OverRingImpl::sum, OverRingImpl::start).await;
    // Those that had no room before they were dropped were never made.
    soon("nothing is kept", || kept_calls() == 0).await;
    assert!(OverRingImpl::counts().0 <= CALLS);
    assert_eq!(refused_answers(), 0);
}
