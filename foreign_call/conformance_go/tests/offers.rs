//! Go calls Rust: what goes in, what comes out, and what happens when there is nothing to come.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::{CallError, Task, panicked_calls, refused_calls},
    foreign_call_conformance_go::offered::*,
    std::sync::{Mutex, MutexGuard, PoisonError},
};

#[cfg(go)]
struct Shelf;

#[cfg(go)]
impl Store for Shelf {
    fn get(&self, key: &str) -> Option<String> {
        assert_ne!(key, "panic", "said get");
        // Rust, Go, Rust, Go, Rust, and back.
        let deeper = || CallerImpl::get("deepest").expect("it is offered");
        if key == "deep" { deeper() } else { (!key.is_empty()).then(|| key.to_uppercase()) }
    }

    fn echo(&self, page: Page) -> Page {
        page
    }

    fn put(&self, room: &Page) -> Result<(), String> {
        if room.seen { Err(room.url.clone()) } else { Ok(()) }
    }

    fn scalars(&self, a: i8, b: f64, flag: bool, letter: char) -> (i8, f64, bool, char) {
        (a, b, flag, letter)
    }

    fn sum(&self, numbers: &[u64]) -> Result<u64, CallError> {
        if numbers.is_empty() {
            return failed(7, "nothing to add");
        }
        Ok(numbers.iter().sum())
    }

    fn touched(&self, key: &str) {
        assert_ne!(key, "panic", "said touched");
    }

    async fn fetch(&self, url: String, page: &Page) -> Result<Page, CallError> {
        tokio::task::yield_now().await;
        assert_ne!(url, "panic", "said fetch");
        Ok(Page { url, ..page.clone() })
    }

    async fn ready(&self) {}
}

#[cfg(go)]
fn page(url: &str, seen: bool) -> Page {
    let old = |age| PageState::Old { age, why: vec!["".into(), "änder\0ung".into()] };
    Page {
        url: url.into(),
        tags: vec!["a".repeat(1000), "".into()],
        numbers: vec![1, u32::MAX],
        state: old(1),
        next: seen.then(|| ("next".into(), 255)),
        known: [("key".into(), vec!["one".into(), "two".into()]), ("".into(), vec![])].into(),
        checked: if seen { Err(old(2)) } else { Ok(["x".into(), "y".into()]) },
        letter: '\u{1f600}',
        seen,
    }
}

#[cfg(go)]
fn failed<T>(code: i32, message: &str) -> Result<T, CallError> {
    Err(CallError::Failed { code, message: message.into() })
}

/// One test at a time: what is offered is so to the whole process.
#[cfg(go)]
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(go)]
fn runtime() -> tokio::runtime::Runtime {
    let builder = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    builder.expect("a runtime")
}

#[cfg(go)]
fn offer(runtime: &tokio::runtime::Runtime) -> StoreOffer {
    let handle = runtime.handle().clone();
    let spawn = move |task: Task| drop(handle.spawn(task));
    StoreOffer::new(Shelf, spawn).expect("nobody else offers")
}

with_go! {
    fn values_of_every_kind_go_there_and_come_back() {
        let (_alone, runtime) = (alone(), runtime());
        let _offer = offer(&runtime);
        assert_eq!(CallerImpl::get("key"), Ok(Some("KEY".into())));
        assert_eq!(CallerImpl::get(""), Ok(None));
        assert_eq!(CallerImpl::get("deep"), Ok(Some("DEEPEST".into())));
        for seen in [true, false] {
            assert_eq!(CallerImpl::echo(&page("url", seen)), Ok(page("url", seen)));
            let fetched = runtime.block_on(CallerImpl::fetch("there".into(), page("url", seen)));
            assert_eq!(fetched, Ok(page("there", seen)));
        }
        assert_eq!(CallerImpl::put(&page("url", false)), Ok(Ok(())));
        assert_eq!(CallerImpl::put(&page("url", true)), Ok(Err("url".into())));
        let scalars = CallerImpl::scalars(-8, 0.5, true, '\u{1f600}');
        assert_eq!(scalars, Ok((-8, 0.5, true, '\u{1f600}')));
        assert_eq!(CallerImpl::sum(&[1 << 40, 2]), Ok((1 << 40) + 2));
        assert_eq!(CallerImpl::touched("key"), Ok(()));
        assert_eq!(runtime.block_on(CallerImpl::ready()), Ok(()));
    }

    fn a_hundred_megabytes_go_there() {
        let (_alone, runtime) = (alone(), runtime());
        let _offer = offer(&runtime);
        let numbers: Vec<u64> = (0..12_500_000).collect();
        assert_eq!(CallerImpl::sum(&numbers), Ok(12_499_999 * 12_500_000 / 2));
    }

    fn what_goes_wrong_is_an_error_in_go_and_the_process_lives_on() {
        let (_alone, runtime) = (alone(), runtime());
        let nobody = failed(i32::MIN, "nobody offers `Store`");
        assert_eq!(CallerImpl::touched("key"), nobody);
        assert_eq!(runtime.block_on(CallerImpl::ready()), nobody);
        let offer = offer(&runtime);
        assert_eq!(CallerImpl::sum(&[]), failed(7, "nothing to add"));
        let before = panicked_calls();
        for said in ["get", "touched", "fetch"] {
            let told = match said {
                "get" => CallerImpl::get("panic").map(drop),
                "touched" => CallerImpl::touched("panic"),
                _ => {
                    let fetch = CallerImpl::fetch("panic".into(), page("url", true));
                    runtime.block_on(fetch).map(drop)
                }
            };
            let Err(CallError::Failed { code, message }) = told else { panic!("{told:?}") };
            assert_eq!(code, i32::MIN + 3);
            assert!(message.ends_with(&format!("said {said}\n  left: \"panic\"\n right: \"panic\"")), "{message}");
        }
        assert_eq!(panicked_calls() - before, 3);
        let before = refused_calls();
        let refused = "an argument is not valid: at `key`: not UTF-8 after 2 bytes";
        assert_eq!(CallerImpl::hostile(), failed(i32::MIN + 2, refused));
        assert_eq!(refused_calls() - before, 1);
        drop(offer);
        let _given_up = StoreOffer::new(Shelf, drop).expect("nobody else offers");
        let given_up = failed(i32::MIN, "the call was given up");
        assert_eq!(runtime.block_on(CallerImpl::ready()), given_up);
    }

    fn goroutines_call_while_offers_come_and_go() {
        const GOROUTINES: u32 = 8;
        const CALLS: u64 = 1_000;
        let (_alone, runtime) = (alone(), runtime());
        let all = std::thread::scope(|scope| {
            let calls = scope.spawn(|| CallerImpl::run(GOROUTINES, CALLS));
            while !calls.is_finished() {
                let offer = offer(&runtime);
                std::thread::yield_now();
                drop(offer);
            }
            calls.join().expect("no panic")
        });
        let (answered, unavailable, other) = all.expect("Go counts");
        assert_eq!((answered + unavailable, other), (u64::from(GOROUTINES) * CALLS * 3, 0));
        let _offer = offer(&runtime);
        let expected = (u64::from(GOROUTINES) * CALLS * 3, 0, 0);
        assert_eq!(CallerImpl::run(GOROUTINES, CALLS), Ok(expected));
    }
}
