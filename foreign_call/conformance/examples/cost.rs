//! What a call costs, beside the same call written by hand.
//!
//! ```console
//! $ cargo run --release -p foreign_call_conformance --example cost
//! $ cargo run --release -p foreign_call_conformance --example cost -- instructions
//! ```
//!
//! The second one counts instructions with callgrind: N calls and 2 N calls, and the difference is
//! exact.

use std::ffi::c_void;
use std::hint::black_box;
use std::process::Command;
use std::task::{Context, Poll, Waker};
use std::time::Instant;
use std::{env, pin};

use foreign_call::ToRef;
use foreign_call::convert::Buffer;
use foreign_call_conformance::offered::{Caller, CallerImpl, Meter, MeterOffer};
use foreign_call_conformance::{Cost, CostImpl, Request, User};

unsafe extern "C" {
    /// `void cost_flat_by_hand(const UserRef *user, uint64_t *answer);`
    fn cost_flat_by_hand(user: *const c_void, answer: *mut u64);

    /// `void cost_nested_by_hand(const RequestRef *request, uint64_t *answer);`
    fn cost_nested_by_hand(request: *const c_void, answer: *mut u64);
}

type ByHand = unsafe extern "C" fn(*const c_void, *mut u64);

/// The same conversion, and then a plain call.
fn by_hand<T: ToRef>(value: &T, function: ByHand) -> u64 {
    let mut buffer = Buffer::for_value(value);
    let view = value.to_ref(&mut buffer.writer());
    let mut answer = 0;
    // SAFETY: the view is of the function's type, and lives through the call.
    unsafe { function((&raw const view).cast(), &raw mut answer) };
    answer
}

fn later(number: u64) -> u64 {
    let future = pin::pin!(CostImpl::later(number));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => unreachable!("C answers at once"),
    }
}

/// What C calls, in the other direction.
struct Ruler;

impl Meter for Ruler {
    fn length(&self, text: &str) -> u64 {
        text.len() as u64
    }
}

/// Here the loop is C's.
fn from_c(calls: u64) -> u64 {
    let _offer = MeterOffer::new(Ruler).expect("nobody else offers");
    CallerImpl::lengths(black_box("chihai"), calls)
}

const SUBJECTS: [&str; 8] = [
    "one-way",
    "flat",
    "flat by hand",
    "nested",
    "nested by hand",
    "async, answered at once",
    "from C",
    "from C, by hand",
];

fn run(subject: &str, calls: u64) -> u64 {
    match subject {
        "from C" => return from_c(calls),
        "from C, by hand" => return CallerImpl::lengths_by_hand(black_box("chihai"), calls),
        _ => {}
    }
    let user = User { name: "chihai".into(), age: 28 };
    let request = Request { users: vec![user.clone(), user.clone()], bytes: vec![1; 64] };
    let (user, request) = (black_box(&user), black_box(&request));
    let call: &dyn Fn() -> u64 = match subject {
        "one-way" => &|| {
            CostImpl::tell(user);
            0
        },
        "flat" => &|| CostImpl::flat(user),
        "flat by hand" => &|| by_hand(user, cost_flat_by_hand),
        "nested" => &|| CostImpl::nested(request),
        "nested by hand" => &|| by_hand(request, cost_nested_by_hand),
        _ => &|| later(1),
    };
    (0..calls).map(|_| call()).fold(0, u64::wrapping_add)
}

fn nanoseconds(subject: &str) -> f64 {
    const CALLS: u32 = 200_000;
    let mut times: Vec<_> = (0..15)
        .map(|_| {
            let start = Instant::now();
            black_box(run(subject, u64::from(CALLS)));
            start.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn instructions(subject: &str) -> f64 {
    let count = |calls: u64| -> f64 {
        let this = env::current_exe().expect("this program");
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(this);
        let output = valgrind.args(["run", subject, &calls.to_string()]).output();
        let said = output.expect("valgrind is installed").stderr;
        let said = String::from_utf8_lossy(&said).into_owned();
        let total =
            said.split("Collected : ").nth(1).and_then(|rest| rest.split_whitespace().next());
        total.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{said}"))
    };
    (count(20_000) - count(10_000)) / 10_000.0
}

#[allow(clippy::print_stdout, reason = "figures")]
fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["run", subject, calls] => {
            black_box(run(subject, calls.parse().expect("a number")));
        }
        ["instructions"] => {
            SUBJECTS
                .iter()
                .for_each(|it| println!("{it:<25} {:7.1} instructions", instructions(it)));
        }
        _ => SUBJECTS.iter().for_each(|it| println!("{it:<25} {:7.1} ns", nanoseconds(it))),
    }
}
