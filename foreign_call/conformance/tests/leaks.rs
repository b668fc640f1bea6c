//! Nothing stays behind on Rust's side, whichever way a call ends.
//!
//! One test in a process of its own: the allocator counts for all of it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};

use foreign_call::within;
use foreign_call_conformance::*;
use futures_util::StreamExt;

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

#[test]
fn nothing_stays_behind() {
    // More in flight than ever later, so that the pool of slots has grown to its size.
    drop_half_way(2_000);
    LaterImpl::start(2);
    wait_for(2_000);
    every_other_kind(1);
    dropped_streams(200);
    let before = LIVE.load(Ordering::Relaxed);
    for round in 1..=100 {
        drop_half_way(1_000);
        wait_for(2_000 + round * 1_000);
    }
    every_other_kind(5_000);
    dropped_streams(200);
    assert_eq!(LIVE.load(Ordering::Relaxed) - before, 0, "blocks stayed behind");
}
