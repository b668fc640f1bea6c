//! Over a ring: wakers are foreign code. One that panics is not in the way of who sends, of who
//! receives, or of other wakers.
#![cfg(unix)]

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use foreign_call::within;
use foreign_call_conformance::over_ring::{Note, OverRing, OverRingImpl as Impl};

/// What C was told to do is for all calls, so one test runs after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Only guards against a hang.
const LONG: Duration = Duration::from_secs(60);

/// Until this holds, which it must soon.
fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + LONG;
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(test)
}

fn poll<F: Future>(future: &mut Pin<Box<F>>, waker: Waker) -> Poll<F::Output> {
    future.as_mut().poll(&mut Context::from_waker(&waker))
}

/// A call that was polled once.
fn begun<F: Future>(future: F, waker: Waker) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll(&mut future, waker).is_pending());
    future
}

fn noop() -> Waker {
    Waker::noop().clone()
}

fn halves(count: usize) -> Vec<Pin<Box<impl Future<Output = u32>>>> {
    (0..count).map(|_| begun(Impl::half(2), noop())).collect()
}

struct PanicsWhenWoken;

impl Wake for PanicsWhenWoken {
    fn wake(self: Arc<Self>) {
        panic!("on purpose: woken");
    }
}

struct PanicsWhenDropped;

impl Wake for PanicsWhenDropped {
    fn wake(self: Arc<Self>) {}
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("on purpose: dropped");
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Keeps the thread that wakes.
struct Keeps(SyncSender<()>, Mutex<Receiver<()>>);

impl Wake for Keeps {
    fn wake(self: Arc<Self>) {
        self.0.send(()).expect("the test waits for it");
        self.1.lock().expect("no panic").recv().expect("the test lets go");
    }
}

#[test]
fn the_thread_that_receives_goes_on() {
    let _alone = alone();
    Impl::stall();
    let woken = Arc::new(Woken::default());
    let _full = halves(600);
    let _panics = begun(Impl::half(2), Arc::new(PanicsWhenWoken).into());
    let _waits = begun(Impl::half(2), Arc::clone(&woken).into());
    Impl::go_on();
    until("the next one is woken", || woken.0.load(Ordering::Relaxed));
    let answer = within(LONG, Impl::scalars(1, 2, 3.0, 4.0, true, '5'));
    assert_eq!(run(answer), Ok((1, 2, 3.0, 4.0, true, '5')));
}

#[test]
fn whoever_has_sent_keeps_what_is_lent() {
    let _alone = alone();
    let (received, is_kept) = sync_channel(1);
    let (let_go, may_go) = sync_channel(1);
    Impl::stall();
    // In the ring: its answer keeps the thread that receives, so nobody is woken for room.
    let first = begun(Impl::half(2), Arc::new(Keeps(received, Mutex::new(may_go))).into());
    Impl::stall();
    let _some = halves(200);
    let copies = begun(Impl::copies(Note { text: "once".into(), times: 0 }, 1), noop());
    let _full = halves(300);
    let mut one = begun(Impl::sum(vec![1; 8]), Arc::new(PanicsWhenDropped).into());
    let mut two = begun(Impl::sum(vec![2; 8]), noop());
    let _panics = begun(Impl::half(2), Arc::new(PanicsWhenWoken).into());
    let woken = Arc::new(Woken::default());
    let _waits = begun(Impl::half(2), Arc::clone(&woken).into());

    Impl::go_on();
    is_kept.recv_timeout(LONG).expect("it is answered");
    // There is a little room: this is sent, and nobody is woken. Its old waker goes.
    assert!(poll(&mut one, noop()).is_pending());
    assert!(!woken.0.load(Ordering::Relaxed));
    Impl::go_on();
    until("C has come as far as this", || Impl::counts().1 == 1);
    // More than half is free: this is sent, and wakes all others.
    assert!(poll(&mut two, noop()).is_pending());
    assert!(woken.0.load(Ordering::Relaxed), "also the one after the one that panics");

    let_go.send(()).expect("it waits");
    Impl::start(1);
    assert_eq!(run(first), 1);
    assert_eq!(run(copies).0, Ok(vec![Note { text: "once".into(), times: 0 }]));
    assert_eq!((run(one), run(two)), (Ok(8), Ok(16)));
}
