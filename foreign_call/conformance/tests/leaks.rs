//! Nothing stays behind on either side, whichever way a call ends.
//!
//! One test in a process of its own: the allocator counts for all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use foreign_call::within;
use foreign_call_conformance::offered::{Caller, CallerImpl};
#[cfg(unix)]
use foreign_call_conformance::over_ring::{Ending, Note, OverRing, OverRingImpl};
use foreign_call_conformance::*;
use futures_util::StreamExt;

/// Of each kind; a thousandth of streams with threads. Without optimisation fewer: a block for each
/// call would show all the same.
const CALLS: u64 = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };

struct Counting;

/// Blocks that are allocated and not freed. `Relaxed`: it is compared when nothing else runs, and
/// what makes that so (C's count of its answers) orders it.
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

fn answers() -> u64 {
    let (taken, refused) = LaterImpl::counts().expect("C counts");
    assert_eq!(refused, 0);
    taken
}

/// Calls, and drops the future after one poll: C's threads answer before, after, or at that moment.
fn drop_half_way(calls: u64) {
    for call in 0..calls {
        let future = pin!(within(Duration::from_secs(3600), LaterImpl::sum(vec![call; 3])));
        let _ = future.poll(&mut Context::from_waker(Waker::noop()));
    }
}

/// Until C has counted so many answers. What an answer frees is free before it is counted.
fn wait_for(count: u64) {
    let guard = Instant::now() + Duration::from_secs(60);
    while answers() < count {
        assert!(Instant::now() < guard, "C answers each of them");
        std::thread::yield_now();
    }
}

/// The answer of a call that C answers inside of it.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("C answers at once"),
    }
}

fn all() -> All {
    let keywords = Keywords { int: 1, r#struct: Colour::Blue, default: "default".into() };
    All {
        numbers: (1, 2, 3, 4, 5, 6, 7, 8),
        sizes: (1, 2, 3.0),
        keywords: vec![keywords.clone(); 2],
        bytes: vec![1; 10],
        loose: vec![Loose { small: 1, large: 2, middle: 3 }],
        pairs: vec![Pair(1, 2)],
        levels: vec![Level::High],
        lists: vec![vec!["one".into()], vec![]],
        array: [Figure::Nothing, Figure::Circle(1.0), Figure::Group(vec![], (1, "group".into()))],
        result: Err("error".into()),
        unit: Ok(()),
        option: Some(None),
        by_name: HashMap::from([("name".into(), vec![1, 2])]),
        by_number: BTreeMap::from([(-1, keywords)]),
    }
}

fn every_answered_kind(calls: u64) {
    let user = User { name: "Name".into(), age: 7 };
    let request = Request { users: vec![user.clone(), user.clone()], bytes: vec![1, 2, 3] };
    let mut value = all();
    for call in 0..calls {
        CostImpl::tell(&user);
        assert_eq!(CostImpl::flat(&user), 7);
        assert_eq!(CostImpl::nested(&request), 2);
        assert_eq!(at_once(CostImpl::later(call)), call);
        let _ = EchoImpl::all(&value).expect("it comes back");
        let (answer, back) = at_once(EchoImpl::all_later(value));
        let _ = answer.expect("it comes back");
        value = back;
    }
}

fn every_other_kind(calls: u64) {
    for _ in 0..calls {
        let _ = HostileImpl::row(0).expect("it is good");
        let _ = HostileImpl::row(9).expect_err("it is not");
        let _ = HostileImpl::fails(1).expect_err("it fails");
        let _ = HostileImpl::silent().expect_err("it is silent");
        let given_up = pin!(HostileImpl::gives_up());
        assert!(given_up.poll(&mut Context::from_waker(Waker::noop())).is_ready());
        drop(LaterImpl::sum(vec![1])); // never polled, so never called
        let given_up = pin!(within(Duration::from_secs(3600), HostileImpl::gives_up()));
        assert!(given_up.poll(&mut Context::from_waker(Waker::noop())).is_ready());
        let mut failing = WatchImpl::fails_after(3);
        let first = pin!(failing.next()).poll(&mut Context::from_waker(Waker::noop()));
        assert!(first.is_ready()); // and the rest is dropped
    }
}

/// Streams of strings, dropped while C's threads send, asleep for room or not.
fn dropped_streams(streams: u64) {
    for _ in 0..streams {
        let mut stream = WatchImpl::remarks(&["one".into(), "other".into()], u64::MAX);
        let _ = pin!(stream.next()).poll(&mut Context::from_waker(Waker::noop()));
    }
    let guard = Instant::now() + Duration::from_secs(60);
    while WatchImpl::counts().0 > 0 {
        assert!(Instant::now() < guard, "C's threads end");
        std::thread::yield_now();
    }
}

/// Of a hundredth as many: each waits for its answer from another thread.
#[cfg(unix)]
fn every_kind_over_a_ring(calls: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        let mut note = Note { text: "note".into(), times: 0 };
        for call in 0..calls.div_ceil(100) {
            OverRingImpl::note("a note".into(), call);
            let (copies, (back, _)) = OverRingImpl::copies(note, 3).await;
            assert_eq!(copies.map(|copies| copies.len()), Ok(3));
            note = back;
            let _ = OverRingImpl::scalars(1, 2, 3.0, 4.0, true, 'f').await.expect("it comes back");
            let _ = OverRingImpl::fails(1).await.expect_err("it fails");
            let _ = OverRingImpl::invalid().await.expect_err("it is not valid");
            let items: Vec<_> = OverRingImpl::ends(Ending::Fail).collect().await;
            assert_eq!(items.len(), 2);
            let items: Vec<_> = OverRingImpl::invalid_items().collect().await;
            assert_eq!(items.len(), 2);
            drop(OverRingImpl::ends(Ending::End));
            let dropped = pin!(OverRingImpl::half(2));
            let _ = dropped.poll(&mut Context::from_waker(Waker::noop()));
        }
        // So that C gives back what it kept for those before, and all one-way calls have ended.
        assert_eq!(OverRingImpl::half(2).await, 1);
    });
}

#[test]
fn nothing_stays_behind() {
    // More in flight than ever later, so that the pool of slots has grown to its size.
    drop_half_way(2_000);
    LaterImpl::start(2);
    wait_for(2_000);
    every_answered_kind(1);
    every_other_kind(1);
    dropped_streams(200);
    let before = (LIVE.load(Ordering::Relaxed), CallerImpl::blocks());
    for round in 1..=CALLS / 1_000 {
        drop_half_way(1_000);
        wait_for(2_000 + round * 1_000);
    }
    every_answered_kind(CALLS);
    every_other_kind(CALLS);
    dropped_streams(CALLS / 1_000);
    let after = (LIVE.load(Ordering::Relaxed), CallerImpl::blocks());
    assert_eq!(after, before, "blocks stayed behind, in Rust or in C");
    #[cfg(unix)]
    nothing_stays_behind_over_a_ring();
}

/// The other side is a thread that may still be giving back what belonged to the last calls, and how
/// many calls wait at once is chance, so a pool may grow by a chunk. A leak would be one a call.
#[cfg(unix)]
fn nothing_stays_behind_over_a_ring() {
    every_kind_over_a_ring(1);
    let before = (LIVE.load(Ordering::Relaxed), CallerImpl::blocks());
    every_kind_over_a_ring(CALLS);
    let after = (LIVE.load(Ordering::Relaxed), CallerImpl::blocks());
    assert!(after.0 - before.0 < 50, "{} blocks stayed behind in Rust", after.0 - before.0);
    assert!(after.1 - before.1 < 50, "{} blocks stayed behind in C", after.1 - before.1);
}
