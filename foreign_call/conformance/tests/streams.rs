//! Streams of items from C's threads.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use foreign_call::CallError;
use foreign_call_conformance::*;
use futures_util::StreamExt;

fn names(threads: usize) -> Vec<String> {
    (0..threads).map(|thread| format!("thread {thread}")).collect()
}

/// Until all of C's threads have seen that nobody receives.
fn wait_for_c() {
    let guard = Instant::now() + Duration::from_secs(60);
    while WatchImpl::counts().0 > 0 {
        assert!(Instant::now() < guard, "each thread ends");
        std::thread::yield_now();
    }
}

/// One test, as it looks at all of C's threads.
#[tokio::test]
async fn items_come_in_each_thread_s_order_until_either_side_ends_the_stream() {
    let mut next: HashMap<String, u64> = HashMap::new();
    let mut remarks = WatchImpl::remarks(&names(4), 5_000);
    while let Some(remark) = remarks.next().await {
        let Remark { name, number } = remark.expect("it is valid");
        let expected = next.entry(name).or_default();
        assert_eq!(number, *expected, "none lost, none twice, none before another");
        *expected += 1;
    }
    assert_eq!(next.len(), 4);
    assert!(next.values().all(|count| *count == 5_000), "{next:?}");
    assert!(remarks.next().await.is_none(), "it stays at its end");
    wait_for_c();
    assert_eq!(WatchImpl::counts(), (0, 0), "none was refused");

    // Dropped at some item: C's threads, asleep for room or not, see it and stop.
    for taken in 0..100 {
        let stream = WatchImpl::remarks(&names(3), u64::MAX);
        assert_eq!(stream.take(taken).count().await, taken);
    }
    wait_for_c();
    assert_eq!(WatchImpl::counts(), (0, 300), "each thread was refused once");

    let numbers: Vec<u64> = WatchImpl::numbers(7).take(100).collect().await;
    assert_eq!(numbers, (7..107).collect::<Vec<_>>());
    wait_for_c();

    let empty: Vec<_> = WatchImpl::remarks(&[], 1).collect().await;
    assert_eq!(empty, []);
    let items: Vec<_> = WatchImpl::fails_after(3).collect().await;
    let failed = CallError::Failed { code: -5, message: "that was all".into() };
    assert_eq!(items, [Ok(()), Ok(()), Ok(()), Err(failed)]);
}
