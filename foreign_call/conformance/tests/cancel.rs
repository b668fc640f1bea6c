//! Work that C stops once nobody waits for it: one test, as it looks at all that is kept.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use foreign_call::{CallError, kept_calls, within};
use foreign_call_conformance::*;

/// Until C has seen that nobody waits.
fn wait_until_all_is_freed() {
    let guard = Instant::now() + Duration::from_secs(60);
    while kept_calls() > 0 {
        assert!(Instant::now() < guard, "C looks whether it is wanted");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn c_stops_when_nobody_waits_any_more() {
    assert_eq!(LaterImpl::search(vec![3, 4, 5], 5).await, Ok(2));
    for _ in 0..100 {
        let search = pin!(LaterImpl::search(vec![3, 4, 5], 6));
        assert!(search.poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    wait_until_all_is_freed();

    let late = LaterImpl::search_in_time(vec![3, 4, 5], 6).await;
    assert_eq!(late, Err(CallError::Deadline));
    let late = within(Duration::from_millis(5), LaterImpl::search(vec![3, 4, 5], 6)).await;
    assert_eq!(late, Err(CallError::Deadline));
    wait_until_all_is_freed();
}
