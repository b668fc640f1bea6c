//! Nothing stays behind, on Rust's side or on Go's, whichever way a call ends.
//!
//! One test in a process of its own: the allocator counts for all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::{CallError, Task, kept_calls},
    foreign_call_conformance_go::offered::{
        Caller, CallerImpl, Page, PageState, Store, StoreOffer,
    },
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

/// What Go calls. Each answer has memory of its own.
#[cfg(go)]
struct Shelf;

#[cfg(go)]
impl Store for Shelf {
    fn get(&self, key: &str) -> Option<String> {
        if key == "panic" {
            std::panic::resume_unwind(Box::new("quietly")); // without a line on standard error
        }
        Some(key.repeat(40))
    }

    fn echo(&self, page: Page) -> Page {
        page
    }

    fn put(&self, room: &Page) -> Result<(), String> {
        Err(room.url.repeat(2))
    }

    fn scalars(&self, a: i8, b: f64, flag: bool, letter: char) -> (i8, f64, bool, char) {
        (a, b, flag, letter)
    }

    fn sum(&self, _: &[u64]) -> Result<u64, CallError> {
        Err(CallError::Failed { code: 1, message: "a message".into() })
    }

    fn touched(&self, _: &str) {}

    async fn fetch(&self, url: String, page: &Page) -> Result<Page, CallError> {
        Ok(Page { url, ..page.clone() })
    }

    async fn ready(&self) {
        std::future::pending().await
    }
}

/// A task that is not ready at once is dropped, which gives its call up.
#[cfg(go)]
fn now_or_never(mut task: Task) {
    let _ = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
}

/// So many calls of each kind in the other direction: Rust, Go, Rust, and back.
#[cfg(go)]
fn every_kind_of_gos(calls: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let offer = StoreOffer::new(Shelf, now_or_never).expect("nobody else offers");
    let page = Page {
        url: "url".into(),
        tags: vec!["tag".into()],
        numbers: vec![1, 2],
        state: PageState::Old { age: 1, why: vec!["why".into()] },
        next: Some(("next".into(), 1)),
        known: [("key".into(), vec!["one".into()])].into(),
        checked: Ok(["x".into(), "y".into()]),
        letter: 'x',
        seen: true,
    };
    for _ in 0..calls {
        assert_eq!(CallerImpl::get("k").map(|it| it.map_or(0, |it| it.len())), Ok(40));
        let _ = CallerImpl::get("panic").expect_err("it panics");
        assert_eq!(CallerImpl::echo(&page).as_ref(), Ok(&page));
        assert_eq!(CallerImpl::put(&page), Ok(Err("urlurl".into())));
        let _ = CallerImpl::sum(&[1, 2]).expect_err("it fails");
        assert_eq!(CallerImpl::touched("key"), Ok(()));
        let fetched = runtime.block_on(CallerImpl::fetch("there".into(), page.clone()));
        assert_eq!(fetched.map(|it| it.url), Ok("there".into()));
        runtime.block_on(CallerImpl::ready()).expect_err("its task is dropped");
    }
    drop(offer);
    CallerImpl::get("key").expect_err("nobody offers");
}

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
        every_kind_of_gos(500);
        let before = (LIVE.load(Ordering::Relaxed), FaultsImpl::live_objects());
        every_kind(calls());
        every_kind_of_gos(calls());
        let after = (LIVE.load(Ordering::Relaxed), FaultsImpl::live_objects());
        // In Go only the pool of goroutines may have grown.
        assert!(after.0 - before.0 < 50, "{} blocks stayed behind in Rust", after.0 - before.0);
        assert!(after.1 < before.1 + 2_000, "from {} to {} objects in Go", before.1, after.1);
    }
}
