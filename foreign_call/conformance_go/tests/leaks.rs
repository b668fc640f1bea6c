//! Nothing stays behind, on Rust's side or on Go's, whichever way a call ends.
//!
//! One test in a process of its own: the allocator counts for all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::kept_calls,
    foreign_call_conformance_go::{faults::*, interface::*},
    futures_util::StreamExt,
    std::pin::pin,
    std::task::{Context, Waker},
    std::time::{Duration, Instant},
};

struct Counting;

/// Blocks that are allocated and not freed. `Relaxed`: it is compared when nothing else runs.
static LIVE: AtomicI64 = AtomicI64::new(0);

// SAFETY: it is the system's allocator, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// So many calls of each kind, one after the other; all have ended when this returns.
#[cfg(go)]
fn every_kind(calls: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let user = User { name: "chihai".into(), age: 28 };
    let words = ["one".to_owned(), "two".to_owned()];
    for call in 0..calls {
        CostImpl::tell(&user);
        assert_eq!(CostImpl::flat(&user), 28);
        assert_eq!(FaultsImpl::all(&words).len(), 2);
        let _ = FaultsImpl::wrong(3).expect_err("it is not valid");
        let _ = FaultsImpl::fails(1).expect_err("it fails");
        let _ = FaultsImpl::panics(0).expect_err("it panics");
        assert_eq!(runtime.block_on(LaterImpl::sum(vec![call, 1])), Ok(call + 1));
        let _ = runtime.block_on(FaultsImpl::panics_later(2)).expect_err("it panics");
        let _ = runtime.block_on(FaultsImpl::exits_later()).expect_err("nobody answers");
        let dropped = pin!(LaterImpl::search(vec![1, 2], 3));
        assert!(dropped.poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let stream = FaultsImpl::goes_wrong(2);
        assert_eq!(runtime.block_on(stream.count()), 2);
        let numbers = WatchImpl::numbers(1).take(3).collect::<Vec<_>>();
        assert_eq!(runtime.block_on(numbers), [1, 2, 3]);
    }
    let guard = Instant::now() + Duration::from_secs(60);
    while kept_calls() > 0 || FaultsImpl::under_way().1 > 0 || WatchImpl::counts().0 > 0 {
        assert!(Instant::now() < guard, "every call ends");
        std::thread::yield_now();
    }
}

/// Of each kind. `LEAK_CALLS=1000000` takes some minutes.
#[cfg(go)]
fn calls() -> u64 {
    let number = |text: String| text.parse().expect("LEAK_CALLS is a number");
    std::env::var("LEAK_CALLS").map_or(5_000, number)
}

with_go! {
    fn nothing_stays_behind() {
        LaterImpl::start(0);
        every_kind(500);
        let before = (LIVE.load(Ordering::Relaxed), FaultsImpl::live_objects());
        every_kind(calls());
        let after = (LIVE.load(Ordering::Relaxed), FaultsImpl::live_objects());
        // In Go only the pool of goroutines may have grown.
        assert!(after.0 - before.0 < 50, "{} blocks stayed behind in Rust", after.0 - before.0);
        assert!(after.1 < before.1 + 2_000, "from {} to {} objects in Go", before.1, after.1);
    }
}
