//! Offering, withdrawing and calling at the same time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use foreign_call::CallError;
use foreign_call_conformance::offered::*;

/// Relaxed: compared when all threads that count have been joined, or have answered.
static MADE: AtomicU64 = AtomicU64::new(0);
static DROPPED: AtomicU64 = AtomicU64::new(0);
/// Where a call finds the offer, to withdraw it.
static OFFER: Mutex<Option<StoreOffer>> = Mutex::new(None);

/// Knows whether it was dropped, as far as one can.
struct Mortal {
    alive: AtomicBool,
}

impl Mortal {
    fn new() -> Mortal {
        MADE.fetch_add(1, Ordering::Relaxed);
        Mortal { alive: AtomicBool::new(true) }
    }

    fn look(&self) {
        assert!(self.alive.load(Ordering::Relaxed), "a call runs on a dropped instance");
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        assert!(self.alive.swap(false, Ordering::Relaxed), "dropped twice");
        DROPPED.fetch_add(1, Ordering::Relaxed);
    }
}

fn withdraw() -> Option<StoreOffer> {
    OFFER.lock().unwrap_or_else(PoisonError::into_inner).take()
}

impl Store for Mortal {
    fn get(&self, key: &str) -> Option<String> {
        self.look();
        if key == "withdraw" {
            let before = DROPPED.load(Ordering::Relaxed);
            drop(withdraw().expect("it is offered"));
            assert_eq!(DROPPED.load(Ordering::Relaxed), before, "not while a call runs on it");
            // Nobody is found any more, but this call goes on.
            return CallerImpl::get("again").err().map(|error| error.to_string());
        }
        thread::yield_now();
        self.look();
        Some(key.to_owned())
    }

    fn put(&self, _: String, _: &Page) -> Result<(), Refusal> {
        self.look();
        Ok(())
    }

    fn count(&self, _: &[Place], _: &[bool], _: Vec<Page>, _: &[u64]) -> Result<u64, CallError> {
        unreachable!("count")
    }

    fn scalars(&self, _: i8, _: f64, _: bool, _: char) -> (i8, f64, bool, char) {
        unreachable!("scalars")
    }

    fn touched(&self, _: &str) {
        self.look();
    }

    async fn fetch(&self, _: &str, _: &[String], page: Page) -> Result<Page, CallError> {
        self.look();
        tokio::task::yield_now().await;
        self.look();
        Ok(page)
    }

    async fn ready(&self) {}
}

#[test]
fn every_call_has_one_answer_and_every_instance_one_end() {
    const THREADS: u32 = 4;
    const CALLS: u64 = 5_000;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let runtime = runtime.expect("a runtime");
    let offer = || {
        let handle = runtime.handle().clone();
        StoreOffer::new(Mortal::new(), move |task| {
            handle.spawn(task);
        })
        .expect("nobody else offers")
    };
    // A call that withdraws what it runs on: no deadlock, and the call has its answer.
    *OFFER.lock().expect("no panic") = Some(offer());
    let nobody = "nobody offers `Store` (code -2147483648)";
    assert_eq!(CallerImpl::get("withdraw"), Ok(Some(nobody.into())));
    assert_eq!(DROPPED.load(Ordering::Relaxed), 1, "by the call, which had it last");

    let (mut answered, mut unavailable, mut rounds) = (0, 0, 0);
    // Threads may run so that nothing races: once more, then. A hundred times it does not happen.
    while rounds < 100 && (answered == 0 || unavailable == 0) {
        rounds += 1;
        let calls = thread::spawn(|| CallerImpl::run(THREADS, CALLS));
        while !calls.is_finished() {
            let offer = offer();
            thread::yield_now();
            drop(offer);
        }
        let (a, u, other) = calls.join().expect("no panic").expect("C counts");
        assert_eq!((a + u, other), (u64::from(THREADS) * CALLS * 3, 0));
        answered += a;
        unavailable += u;
    }
    assert!(answered > 0 && unavailable > 0, "{answered} answered, {unavailable} found nobody");
    assert_eq!(DROPPED.load(Ordering::Relaxed), MADE.load(Ordering::Relaxed));
}
