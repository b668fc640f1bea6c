//! Nothing stays behind on either side, whichever way a call of C's ends.
//!
//! One test in a process of its own: the allocator counts for all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicI64, Ordering};

use foreign_call::{CallError, Task};
use foreign_call_conformance::offered::*;

struct Counting;

/// Blocks that are allocated and not freed. `Relaxed`: it is compared when nothing else runs, and
/// what makes that so (C has all its answers) orders it.
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

struct Shelf;

impl Store for Shelf {
    fn get(&self, key: &str) -> Option<String> {
        if key == "panic" {
            std::panic::resume_unwind(Box::new("quietly")); // without a line on standard error
        }
        Some(key.repeat(40))
    }

    fn put(&self, key: String, page: &Page) -> Result<(), Refusal> {
        Err(Refusal::Taken(Page { url: key, ..page.clone() }))
    }

    fn count(&self, _: &[Place], _: &[bool], _: Vec<Page>, _: &[u64]) -> Result<u64, CallError> {
        Err(CallError::Failed { code: 1, message: "a message".into() })
    }

    fn scalars(&self, _: i8, _: f64, _: bool, _: char) -> (i8, f64, bool, char) {
        unreachable!("scalars")
    }

    fn touched(&self, _: &str) {}

    async fn fetch(&self, url: &str, tags: &[String], page: Page) -> Result<Page, CallError> {
        Ok(Page { url: url.to_owned(), tags: tags.to_vec(), ..page })
    }

    async fn ready(&self) {
        unreachable!("its task is dropped")
    }
}

/// Where each call's thread ends, its task has, too.
fn at_once(mut task: Task) {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(task.as_mut().poll(&mut context).is_ready());
}

fn every_other_end(calls: u64) {
    for _ in 0..calls {
        CallerImpl::get("panic").expect_err("it panics");
        CallerImpl::count(&[], &[], &[], &[]).expect_err("it fails");
        for fault in [5, 6, 9, 14, 16, 18] {
            let _ = CallerImpl::hostile(fault);
        }
        let page =
            Page { url: "".into(), tags: vec![], place: None, state: State::Fresh, seen: false };
        let fetched = std::pin::pin!(CallerImpl::fetch("url".into(), vec!["tag".into()], page));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(fetched.poll(&mut context).is_ready());
    }
}

fn a_dropped_task(calls: u64) {
    for _ in 0..calls {
        let given_up = std::pin::pin!(CallerImpl::ready());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(given_up.poll(&mut context).is_ready());
    }
}

#[test]
fn nothing_stays_behind() {
    const THREADS: u32 = 2;
    let all = |calls: u64| {
        let offer = StoreOffer::new(Shelf, at_once).expect("nobody else offers");
        let counts = CallerImpl::run(THREADS, calls / 8); // four calls a round on each
        assert_eq!(counts, Ok((calls / 4 * 3, 0, 0)));
        every_other_end(calls / 1_000);
        drop(offer);
        let offer = StoreOffer::new(Shelf, drop).expect("nobody else offers");
        a_dropped_task(calls / 1_000);
        drop(offer);
        every_other_end(calls / 1_000); // nobody offers
    };
    all(1_000); // what is allocated once
    let before = LIVE.load(Ordering::Relaxed);
    let before_in_c = CallerImpl::blocks();
    all(1_000_000);
    assert_eq!(CallerImpl::blocks(), before_in_c, "blocks stayed behind in C");
    let stayed = LIVE.load(Ordering::Relaxed) - before;
    // The test runner has a thread of its own, and each thread that calls has a node, which later
    // ones use again: a few blocks. A call that left one behind would show a thousand times.
    assert!(stayed < 100, "{stayed} blocks stayed behind");
}
