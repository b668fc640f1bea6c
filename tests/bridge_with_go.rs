//! Experiment 11: what its chapter claims. Where Go is missing, what needs it is ignored.

use std::fs;
use std::path::Path;
use std::process::Command;

use bridge_with_go::{ffi, views};
#[cfg(go)]
use with_go::*;

/// Tests that need Go, and are ignored without it: then what they call isn't there.
macro_rules! with_go {
    ($(fn $name:ident() $body:block)*) => {$(
        #[test]
        #[cfg_attr(not(go), ignore = "Go is missing")]
        fn $name() {
            #[cfg(go)]
            $body
        }
    )*};
}

#[cfg(go)]
mod with_go {
    pub(crate) use std::ffi::c_void;
    pub(crate) use std::future::Future;
    pub(crate) use std::sync::{Mutex, PoisonError};
    pub(crate) use std::task::{Context, Poll, Waker};
    pub(crate) use std::thread;
    pub(crate) use std::time::Instant;

    pub(crate) use bridge_with_go::costs::{Shared, costs};
    pub(crate) use bridge_with_go::views::{BytesRef, Views};
    pub(crate) use bridge_with_go::{Error, Request, User, check, check_later, lent, run};
    pub(crate) use tokio::runtime::Runtime;

    /// What is lent is counted for the whole process.
    pub(crate) static LATER: Mutex<()> = Mutex::new(());

    pub(crate) fn request(users: &[(&str, u8)], limits: &[u8]) -> Request {
        let user = |&(name, age): &(&str, u8)| User { name: name.to_owned(), age };
        Request { users: users.iter().map(user).collect(), limits: limits.to_vec() }
    }

    /// Texts at which a reader may stumble.
    pub(crate) const TEXTS: [&str; 6] =
        ["", "a", "NUL\0 inside", "荏海", "🦀🐹", "\u{200d}\u{301} \u{feff}"];

    pub(crate) fn outcome(request: &Request) -> (bool, String) {
        let verdict = check(request).expect("a verdict");
        (verdict.passed, verdict.words)
    }

    pub(crate) fn wait_until_nothing_is_lent() {
        let start = Instant::now();
        while lent() != 0 {
            assert!(start.elapsed() < support::PATIENCE, "{} are lent for ever", lent());
            thread::yield_now();
        }
    }
}

with_go! {
    fn report_tells_what_go_answered() {
        let _alone = LATER.lock().unwrap_or_else(PoisonError::into_inner);
        let report = run().expect("the experiment runs");
        assert_eq!((report.sum, report.letters, report.sum_of_ages), (42, 2, 42));
        let words = [&report.verdicts, &report.later]
            .map(|verdicts| verdicts.each_ref().map(|verdict| (verdict.passed, &*verdict.words)));
        assert_eq!(words, [[(true, "1 passed"), (false, "Ferris is 14, not 18 to 99")]; 2]);
        assert_eq!(report.panic, "runtime error: index out of range [0] with length 0");
        assert_eq!((report.at_once, report.on_our_thread), (2, [true, false]));
    }

    fn go_reads_any_text_where_it_lies() {
        let long = "荏".repeat(1_000_000);
        for text in TEXTS.into_iter().chain([&*long]) {
            let letters = ffi::bridge_with_go_letters(BytesRef::new(text.as_bytes()));
            assert_eq!(letters, text.chars().count());
        }
    }

    fn go_sees_each_struct_of_a_list_as_c_does() {
        for count in [0, 1, 2, 1_000, 100_000] {
            let users: Vec<_> = (0..count).map(|i| (TEXTS[i % TEXTS.len()], i as u8)).collect();
            let request = request(&users, &[]);
            let views = Views::new(&request);
            let sum: u32 = users.iter().map(|&(_, age)| u32::from(age)).sum();
            assert_eq!(ffi::bridge_with_go_sum_of_ages(views.request()), sum);
            assert_eq!(ffi::bridge_with_go_c_sum_of_ages(views.request()), sum);
        }
    }

    fn a_list_or_text_of_nothing_does_no_harm_while_gos_stack_moves() {
        assert_eq!(ffi::bridge_with_go_letters_on_a_grown_stack(BytesRef::new(&[])), 0);
        assert_eq!(outcome(&request(&[], &[18, 99])), (true, "0 passed".into()));
        assert_eq!(outcome(&request(&[("", 3)], &[18, 99])), (false, " is 3, not 18 to 99".into()));
    }

    fn words_come_back_as_go_wrote_them() {
        for text in TEXTS {
            let (passed, words) = outcome(&request(&[(text, 100)], &[18, 99]));
            assert_eq!((passed, words), (false, format!("{text} is 100, not 18 to 99")));
        }
    }

    fn a_panic_in_go_is_an_error_and_go_works_on() {
        let panicked =
            |limits: &[u8]| check(&request(&[("Ferris", 14)], limits)).expect_err("it did");
        for _ in 0..1_000 {
            let words = "runtime error: index out of range [0] with length 0";
            assert_eq!(panicked(&[]), Error::Panicked(words.into()));
            assert_eq!(panicked(&[]).to_string(), format!("Go panicked: {words}"));
            let words = "runtime error: index out of range [1] with length 1";
            assert_eq!(panicked(&[18]), Error::Panicked(words.into()));
            assert_eq!(outcome(&request(&[("Ferris", 14)], &[14, 14])), (true, "1 passed".into()));
        }
    }

    fn many_threads_call_go_at_once() {
        thread::scope(|scope| {
            for age in 10..20 {
                scope.spawn(move || {
                    let request = request(&[("Ferris", age)], &[99, 99]);
                    for _ in 0..200 {
                        let words = format!("Ferris is {age}, not 99 to 99");
                        assert_eq!(outcome(&request), (false, words));
                    }
                });
            }
        });
    }

    fn a_callback_has_the_stack_of_its_caller() {
        /// Takes 100 kB of stack, so many times.
        fn dive(depth: u32) -> u64 {
            let page = std::hint::black_box([1_u8; 100_000]);
            let below = if depth == 1 { 0 } else { dive(depth - 1) };
            below + page.iter().map(|&byte| u64::from(byte)).sum::<u64>()
        }
        unsafe extern "C" fn answer(slot: *mut c_void, _: u32, _: *const u8, _: usize) {
            // SAFETY: the slot below, whose owner waits for Go.
            let slot = unsafe { &mut *slot.cast::<u64>() };
            *slot += dive(300);
        }
        // More than any thread has that this one did not ask for, and than Go would give it.
        let thread = thread::Builder::new().stack_size(64 << 20).spawn(|| {
            let request = Request::example();
            let views = Views::new(&request);
            let mut slot = 0_u64;
            // SAFETY: `answer` expects such a slot, which outlives the call.
            unsafe { ffi::bridge_with_go_check(views.request(), answer, (&raw mut slot).cast()) };
            slot
        });
        assert_eq!(thread.expect("a thread").join().expect("no panic"), 30_000_000);
    }

    fn a_dropped_call_is_lent_its_request_until_go_has_answered() {
        let _alone = LATER.lock().unwrap_or_else(PoisonError::into_inner);
        let mut context = Context::from_waker(Waker::noop());
        let mut never_polled = Box::pin(check_later(Request::example(), 200));
        let mut call = Box::pin(check_later(Request::example(), 200));
        assert_eq!(lent(), 0, "nothing is asked before the first poll");
        assert_eq!(call.as_mut().poll(&mut context), Poll::Pending);
        drop(call);
        assert_eq!(lent(), 1);
        assert_eq!(never_polled.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(lent(), 2);
        wait_until_nothing_is_lent();
        // The loan has ended by now, and its answer may still be on the way.
        let runtime = Runtime::new().expect("a runtime");
        let verdict = runtime.block_on(never_polled).expect("Go has answered");
        assert_eq!(verdict.words, "Ferris is 14, not 18 to 99");
    }

    fn a_thousand_late_calls_find_their_own_futures_and_half_of_them_are_dropped() {
        let _alone = LATER.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = Runtime::new().expect("a runtime");
        let calls: Vec<_> = (0..1_000_u32)
            .map(|i| {
                let name = format!("user {i}");
                let request = request(&[(&name, 0)], &[1, (i % 256) as u8]);
                let task = runtime.spawn(check_later(request, i % 5));
                if i % 2 == 0 {
                    task.abort(); // before its first poll, or after it, or after its end
                }
                (i, task)
            })
            .collect();
        for (i, call) in calls.into_iter().filter(|(i, _)| i % 2 == 1) {
            let verdict = runtime.block_on(call).expect("not aborted").expect("a verdict");
            assert_eq!(verdict.words, format!("user {i} is 0, not 1 to {}", i % 256));
        }
        wait_until_nothing_is_lent();
    }

    fn a_late_panic_is_an_error_too() {
        let _alone = LATER.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = Runtime::new().expect("a runtime");
        let verdict = runtime.block_on(check_later(request(&[], &[]), 1));
        let words = "runtime error: index out of range [0] with length 0";
        assert_eq!(verdict, Err(Error::Panicked(words.into())));
        wait_until_nothing_is_lent();
    }

    fn each_way_gives_the_same_answer() {
        let users: Vec<_> = TEXTS.into_iter().zip(1..).collect();
        for (request, sum) in [
            (Request::example(), 42),
            (request(&users, &[18, 99]), 21),
            (request(&[], &[]), 0),
        ] {
            let costs = costs(&request, 1).expect("costs");
            let answers: Vec<_> = costs.ways.iter().map(|way| way.answer).collect();
            assert_eq!(answers, vec![sum; if cfg!(unix) { 4 } else { 3 }]);
            assert!(costs.ways.iter().all(|way| way.nanoseconds > 0.0), "{costs}");
        }
    }

    fn what_does_not_fit_into_the_shared_memory_is_refused() {
        let mut shared = Shared::new();
        let fits = request(&[], &[7; 4096 - 8]);
        assert_eq!(shared.sum_of_ages(&fits).expect("it fits"), 0);
        let error = shared.sum_of_ages(&request(&[], &[7; 4096 - 7])).expect_err("too long");
        assert_eq!(error.to_string(), "the request has 4097 bytes, there is room for 4096");
        assert_eq!(shared.sum_of_ages(&Request::example()).expect("it goes on"), 42);
    }

    fn the_go_is_formatted_and_go_vet_has_nothing_to_say() {
        let go = std::env::var_os("GO").unwrap_or("go".into());
        // Step 12 with Go is looked at here as well.
        for folder in ["bridge_with_go", support::RING_WITH_GO] {
            let folder = support::workspace().join(folder).join("go");
            let run = |program: &Path, arguments: &[&str]| {
                let output = Command::new(program).current_dir(&folder).args(arguments).output();
                let output = output.expect("Go is there");
                assert!(output.status.success(), "{}", support::stderr(&output));
                support::stdout(&output)
            };
            run(go.as_ref(), &["vet", "./..."]);
            let root = run(go.as_ref(), &["env", "GOROOT"]);
            assert_eq!(run(&Path::new(root.trim()).join("bin/gofmt"), &["-d", "."]), "");
        }
    }
}

#[test]
fn c_and_rust_lay_the_views_out_alike() {
    let mut c = [0; 8];
    ffi::bridge_with_go_layouts(&mut c);
    assert_eq!(c, views::layouts());
}

#[test]
fn what_go_exports_begins_with_the_name_of_the_crate() {
    let mut exports = 0;
    for entry in fs::read_dir(support::workspace().join("bridge_with_go/go")).expect("go/") {
        let source = fs::read_to_string(entry.expect("an entry").path()).expect("UTF-8");
        for name in source.lines().filter_map(|line| line.strip_prefix("//export ")) {
            assert!(name.starts_with("bridge_with_go_"), "{name}");
            exports += 1;
        }
    }
    assert!(exports >= 9, "only {exports} exports");
}

/// In a target folder of its own, which is kept: this workspace's may have been built with Go.
#[test]
fn without_go_it_builds_and_says_in_one_sentence_what_to_install() {
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(support::workspace()).arg("run").args(arguments);
        command.args(["--offline", "-p", "bridge_with_go"]).env("GO", "there-is-no-go");
        command.env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("without_go"));
        command.env_remove("RUSTFLAGS").output().expect("cargo runs")
    };
    for binary in ["bridge_with_go", "panic_without_recover", "dangling_empty_list"] {
        let output = run(&["-q", "--bin", binary]);
        let words = "built without Go: install Go 1.19 or newer (golang-go in Debian), then \
                     `cargo clean -p bridge_with_go`, and run this again\n";
        assert_eq!(
            (support::stdout(&output), support::stderr(&output)),
            (String::new(), words.into())
        );
        assert_eq!(output.status.code(), Some(i32::from(bridge_with_go::NO_GO_STATUS)));
    }
    let words = support::stderr(&run(&[]));
    assert!(words.contains("Go is missing: install Go 1.19 or newer"), "{words}");
}

mod crashes {
    #[cfg(go)]
    fn assert_words(binary: &str, words: &[&str]) {
        let output = support::run(binary, &[]);
        let printed = support::stderr(&output);
        for words in words {
            assert!(printed.contains(words), "{words:?} is not in\n{printed}");
        }
        #[cfg(unix)]
        support::assert_signal(&output, libc::SIGABRT);
        #[cfg(windows)]
        assert_eq!(output.status.code(), Some(2));
    }

    with_go! {
        fn a_panic_that_nobody_recovers_ends_the_process() {
            let words = "panic: runtime error: index out of range [0] with length 0";
            assert_words("panic_without_recover", &[words, "bridge_with_go_lowest_age"]);
        }

        fn an_address_that_is_none_ends_the_process_when_gos_stack_moves() {
            let words = ["bad pointer in frame", "0x1", "invalid pointer found on stack"];
            assert_words("dangling_empty_list", &words);
        }
    }
}
