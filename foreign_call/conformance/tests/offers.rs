//! C calls Rust: what goes in, what comes out, and what happens when there is nothing to come.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use foreign_call::{AlreadyOffered, CallError, Task, panicked_calls};
use foreign_call_conformance::offered::*;

/// What the tests look at afterwards.
#[derive(Default)]
struct Seen {
    touched: Mutex<Vec<String>>,
    threads: Mutex<Vec<ThreadId>>,
    dropped: AtomicU64,
}

struct Shelf(Arc<Seen>);

impl Drop for Shelf {
    fn drop(&mut self) {
        self.0.dropped.fetch_add(1, Ordering::Relaxed);
    }
}

impl Store for Shelf {
    fn get(&self, key: &str) -> Option<String> {
        match key {
            "panic" => panic!("no {key}"),
            // Rust, C, Rust, C, Rust, and back.
            "deep" => Some(format!("{:?}", CallerImpl::get("deeper"))),
            "deeper" => Some(format!("{:?}", CallerImpl::get("deepest"))),
            "" => None,
            key => Some(key.to_uppercase()),
        }
    }

    fn put(&self, key: String, page: &Page) -> Result<(), Refusal> {
        match key.as_str() {
            "full" => Err(Refusal::Full),
            "taken" => Err(Refusal::Taken(page.clone())),
            _ => Ok(()),
        }
    }

    fn count(
        &self,
        places: &[Place],
        flags: &[bool],
        pages: Vec<Page>,
        only: &[u64],
    ) -> Result<u64, CallError> {
        if places.is_empty() {
            return Err(CallError::Failed { code: 7, message: "no places".into() });
        }
        let lines: u64 = places.iter().map(|place| u64::from(place.line) + place.column).sum();
        let set = flags.iter().filter(|flag| **flag).count() + pages.len();
        Ok(lines + set as u64 + only.iter().sum::<u64>())
    }

    fn scalars(&self, a: i8, b: f64, flag: bool, letter: char) -> (i8, f64, bool, char) {
        (a, b, flag, letter)
    }

    fn touched(&self, key: &str) {
        assert_ne!(key, "panic", "said a one-way call");
        self.0.touched.lock().expect("no panic").push(key.to_owned());
    }

    async fn fetch(&self, url: &str, tags: &[String], page: Page) -> Result<Page, CallError> {
        tokio::task::yield_now().await;
        self.0.threads.lock().expect("no panic").push(thread::current().id());
        match url {
            "panic" => panic!("no {url}"),
            "fail" => Err(CallError::Failed { code: -3, message: "no page".into() }),
            "give up" => Err(CallError::Unanswered),
            url => Ok(Page { url: url.to_owned(), tags: tags.to_vec(), ..page }),
        }
    }

    async fn ready(&self) {}
}

/// One test at a time: what is offered is so to the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn offer(spawn: impl Fn(Task) + Send + Sync + 'static) -> (StoreOffer, Arc<Seen>) {
    let seen = Arc::<Seen>::default();
    (StoreOffer::new(Shelf(Arc::clone(&seen)), spawn).expect("nobody else offers"), seen)
}

fn on_tokio() -> (StoreOffer, Arc<Seen>) {
    let handle = tokio::runtime::Handle::current();
    offer(move |task| {
        handle.spawn(task);
    })
}

fn nowhere(_: Task) {}

fn page() -> Page {
    Page {
        url: "none".into(),
        tags: vec!["".into(), "änder\0ung".into()],
        place: Some(Place { line: 1, column: 1 << 40 }),
        state: State::Old { age: 9, why: vec!['x', '\u{10ffff}'] },
        seen: true,
    }
}

fn failed<T>(code: i32, message: &str) -> Result<T, CallError> {
    Err(CallError::Failed { code, message: message.into() })
}

/// An answer that never comes fails the test.
async fn soon<T>(call: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), call).await.expect("it is answered")
}

/// As in the header.
const UNAVAILABLE: i32 = i32::MIN;
const PANICKED: i32 = i32::MIN + 3;

#[test]
fn sync_calls_are_answered_with_values_of_every_kind() {
    let _alone = alone();
    let (_offer, _) = offer(nowhere);
    assert_eq!(CallerImpl::get("key"), Ok(Some("KEY".into())));
    assert_eq!(CallerImpl::get(""), Ok(None));
    assert_eq!(CallerImpl::put("key", &page()), Ok(Ok(())));
    assert_eq!(CallerImpl::put("full", &page()), Ok(Err(Refusal::Full)));
    assert_eq!(CallerImpl::put("taken", &page()), Ok(Err(Refusal::Taken(page()))));
    let scalars = CallerImpl::scalars(-8, 0.5, true, '\u{1f600}');
    assert_eq!(scalars, Ok((-8, 0.5, true, '\u{1f600}')));
    let places = [Place { line: 1, column: 20 }, Place { line: 300, column: 4000 }];
    let counted = CallerImpl::count(&places, &[true, false, true], &[page()], &[1 << 33, 1 << 34]);
    assert_eq!(counted, Ok(4321 + 3 + (3 << 33)));
}

#[test]
fn an_error_of_the_implementation_is_a_failure_with_its_code() {
    let _alone = alone();
    let (_offer, _) = offer(nowhere);
    assert_eq!(CallerImpl::count(&[], &[], &[], &[]), failed(7, "no places"));
}

#[test]
fn one_way_calls_arrive_and_bring_nothing_back() {
    let _alone = alone();
    let (offer, seen) = offer(nowhere);
    assert_eq!(CallerImpl::touched("one"), Ok(true));
    assert_eq!(CallerImpl::touched("two"), Ok(true));
    assert_eq!(*seen.touched.lock().expect("no panic"), ["one", "two"]);
    drop(offer);
    assert_eq!(CallerImpl::touched("three"), Ok(false), "C is told that it was not made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::await_holding_lock, reason = "one test at a time")]
async fn async_calls_run_where_they_are_spawned_and_own_their_arguments() {
    let _alone = alone();
    let (_offer, seen) = on_tokio();
    let fetched = CallerImpl::fetch("url".into(), page().tags, page()).await;
    assert_eq!(fetched, Ok(Page { url: "url".into(), ..page() }));
    assert_eq!(CallerImpl::ready().await, Ok(()));
    assert_eq!(CallerImpl::fetch("fail".into(), vec![], page()).await, failed(-3, "no page"));
    let given_up = soon(CallerImpl::fetch("give up".into(), vec![], page())).await;
    assert_eq!(given_up, Err(CallError::Unanswered));
    let here = thread::current().id();
    assert!(seen.threads.lock().expect("no panic").iter().all(|thread| *thread != here));
}

#[tokio::test]
#[allow(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_panic_is_a_failure_with_its_message_and_is_counted() {
    let _alone = alone();
    let (_offer, _) = on_tokio();
    let before = panicked_calls();
    let expected = "the implementation panicked: no panic";
    assert_eq!(CallerImpl::get("panic"), failed(PANICKED, expected));
    let fetched = soon(CallerImpl::fetch("panic".into(), vec![], page())).await;
    assert_eq!(fetched, failed(PANICKED, expected));
    assert_eq!(CallerImpl::touched("panic"), Ok(false), "C is told that it went wrong");
    assert_eq!(panicked_calls() - before, 3);
    assert_eq!(CallerImpl::get("key"), Ok(Some("KEY".into())), "and it goes on");
}

#[tokio::test]
#[allow(clippy::await_holding_lock, reason = "one test at a time")]
async fn a_task_that_is_dropped_gives_its_call_up() {
    let _alone = alone();
    let (refused, _) = offer(nowhere);
    let at_once = soon(CallerImpl::ready()).await;
    assert_eq!(at_once, Err(CallError::Unanswered), "within the call");
    drop(refused);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let handle = runtime.handle().clone();
    let (_kept, seen) = offer(move |task| {
        handle.spawn(task);
    });
    let mut never_run = tokio::spawn(CallerImpl::fetch("url".into(), vec![], page()));
    tokio::task::yield_now().await;
    assert!(!never_run.is_finished(), "that runtime is not driven");
    runtime.shutdown_background();
    assert_eq!(soon(&mut never_run).await.expect("no panic"), Err(CallError::Unanswered));
    let after = soon(CallerImpl::fetch("url".into(), vec![], page())).await;
    assert_eq!(after, Err(CallError::Unanswered), "the runtime is gone");
    assert!(seen.threads.lock().expect("no panic").is_empty(), "nothing ran");
}

#[test]
fn a_spawner_that_panics_gives_the_call_up_or_answers_it() {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let before = panicked_calls();
    {
        let (_offer, _) = offer(|_| panic!("before"));
        assert_eq!(runtime.block_on(CallerImpl::ready()), Err(CallError::Unanswered));
    }
    {
        let (_offer, _) = offer(|task| {
            let own = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            own.block_on(task);
            panic!("after");
        });
        // On a thread that drives no runtime.
        let answer = thread::spawn(|| {
            let mut ready = std::pin::pin!(CallerImpl::ready());
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            ready.as_mut().poll(&mut context)
        });
        assert_eq!(answer.join().expect("no panic"), std::task::Poll::Ready(Ok(())));
    }
    assert_eq!(panicked_calls() - before, 2);
}

#[test]
fn calls_nest_in_both_directions() {
    let _alone = alone();
    let (_offer, _) = offer(nowhere);
    let deepest = r#"Ok(Some("DEEPEST"))"#;
    let deeper = format!("Ok(Some({deepest:?}))");
    assert_eq!(CallerImpl::get("deep"), Ok(Some(deeper)));
}

#[tokio::test]
#[allow(clippy::await_holding_lock, reason = "one test at a time")]
async fn nobody_offers_before_and_after() {
    let _alone = alone();
    let nobody = "nobody offers `Store`";
    assert_eq!(CallerImpl::get("key"), failed(UNAVAILABLE, nobody));
    let (offer, seen) = on_tokio();
    assert_eq!(CallerImpl::get("key"), Ok(Some("KEY".into())));
    assert_eq!(seen.dropped.load(Ordering::Relaxed), 0);
    drop(offer);
    assert_eq!(seen.dropped.load(Ordering::Relaxed), 1, "with its offer");
    assert_eq!(CallerImpl::get("key"), failed(UNAVAILABLE, nobody));
    assert_eq!(CallerImpl::ready().await, failed(UNAVAILABLE, nobody));
}

#[test]
fn a_second_offer_is_refused_and_its_instance_comes_back() {
    let _alone = alone();
    let (first, _) = offer(nowhere);
    let seen = Arc::<Seen>::default();
    let AlreadyOffered(back) =
        StoreOffer::new(Shelf(Arc::clone(&seen)), nowhere).expect_err("one is offered");
    assert_eq!(seen.dropped.load(Ordering::Relaxed), 0);
    drop(first);
    let _second = StoreOffer::new(back, nowhere).expect("now there is none");
    assert_eq!(CallerImpl::touched("one"), Ok(true));
    assert_eq!(*seen.touched.lock().expect("no panic"), ["one"]);
}
