//! Functions in C and in Go, called from Rust, with the same payload: a user, or two users and a
//! list of bytes.
//!
//! No thread is kept on a core here: a Go runtime's threads are born where they are needed, and
//! would stay on the core of the one that needed them.

use std::future::Future;
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::allocations;
use crate::harness::{self, Effort, Figure, Laps, Measured, Subject};

mod by_hand;
pub mod in_c;
#[cfg(go)]
pub mod in_go;
mod peers;
mod socket;

use by_hand::ByHand;
pub use peers::Pool;
use peers::{InC, LaterInC, points};
#[cfg(go)]
use peers::{InGo, Rust2Go, answers, export};
use socket::{Socket, SocketLater};

/// Whose line reads 1.00: the first one of these that took part.
pub const REFERENCES: [&str; 2] = ["rust2go, cgo", "by hand"];

/// The most calls in flight.
const IN_FLIGHT: usize = 64;

/// The payload in one subject's own types.
pub trait Payload: Send + Sync + 'static {
    const NAME: &'static str;
    /// So many times fewer calls are made, as each takes so long.
    const COST: usize = 1;
    type User;
    type Request: Send + Sync;

    fn user(name: String, age: u8) -> Self::User;
    fn request(users: Vec<Self::User>, bytes: Vec<u8>) -> Self::Request;
}

/// Calls that have ended when they return.
pub trait Now: Payload {
    fn open() -> Self;
    fn empty(&self);
    fn one_way(&self, user: &Self::User);
    /// The ages of all who were told by `one_way`, in sum.
    fn told(&self) -> u64;
    /// Whether the age is odd.
    fn flat(&self, user: &Self::User) -> bool;
    /// Whether there are users and the first byte is 1.
    fn nested(&self, request: &Self::Request) -> bool;
}

/// The same as `nested`, answered later, from another thread.
pub trait Later: Payload {
    /// In a tokio runtime.
    fn open() -> Self;
    fn later(&self, request: &'static Self::Request) -> impl Future<Output = bool> + Send;
}

/// A subject of each peer, for a function that is generic over them.
macro_rules! subjects {
    ($peer:ident => $run:expr; $($name:ty),*) => {
        vec![$({
            type $peer = $name;
            Subject::new(<$peer as Payload>::NAME, move || $run)
        }),*]
    };
}

/// Runs the group.
pub fn run(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut case = |name: &str, subjects: Vec<Subject>| {
        figures.extend(harness::run("foreign", name, effort, subjects));
    };
    let (many, few) = (effort.count(400_000), effort.count(20_000));
    macro_rules! cases {
        ($into:literal, $limit:expr; $($peer:ty),*) => {
            let mut subjects = subjects!(P => nothing::<P>(many / P::COST); $($peer),*);
            subjects.extend($limit);
            case(concat!("into ", $into, ", nothing"), subjects);
            let subjects = subjects!(P => one_way::<P>(many / P::COST); $($peer),*);
            case(concat!("into ", $into, ", one-way"), subjects);
            let subjects = subjects!(P => timed(many / P::COST, user::<P>()); $($peer),*);
            case(concat!("into ", $into, ", a user"), subjects);
            let subjects = subjects!(P => timed(many / P::COST, request::<P>(2, 64)); $($peer),*);
            case(concat!("into ", $into, ", a request"), subjects);
        };
    }
    // A runtime of one thread, and one of two, as `#[tokio::main]` makes it for two cores.
    macro_rules! later_cases {
        ($from:literal; $($peer:ty),*) => {
            for (threads, on) in [(1, "one thread"), (2, "two threads")] {
                let subjects = subjects!(P => later::<P>(threads, 1, few); $($peer),*);
                case(&format!("later from {}, one at a time, {on}", $from), subjects);
                let in_flight = many / 2;
                let subjects = subjects!(
                    P => later::<P>(threads, IN_FLIGHT, in_flight / P::COST); $($peer),*
                );
                case(&format!("later from {}, 64 in flight, {on}", $from), subjects);
            }
        };
    }
    cases!("C", None; InC, ByHand, Socket);
    later_cases!("C"; LaterInC, SocketLater);
    #[cfg(go)]
    {
        let limit = Subject::new("an export, the limit", move || export(many));
        cases!("Go", Some(limit); InGo, Rust2Go, Socket);
        case("answers from Go", vec![Subject::new("cgo", move || answers(many))]);
        later_cases!("Go"; InGo, Rust2Go, SocketLater);
    }
    for (what, users, bytes, count) in [
        ("1 user", 1, 1, many),
        ("100 users", 100, 1, few),
        ("10000 users", 10_000, 1, few / 50),
        ("2 users and 1 MB", 2, 1 << 20, many),
    ] {
        let subjects = subjects!(P => timed(count, request::<P>(users, bytes)); InC, ByHand);
        case(&format!("growing into C, {what}"), subjects);
        #[cfg(go)]
        {
            let subjects = subjects!(P => timed(count, request::<P>(users, bytes)); InGo, Rust2Go);
            case(&format!("growing into Go, {what}"), subjects);
        }
    }
    case("growing into C, a million structs", vec![Subject::new(InC::NAME, move || points(many))]);
    case("allocations, a user", subjects!(P => allocations(user::<P>()); InC, ByHand, Socket));
    let subjects = subjects!(P => allocations(request::<P>(2, 64)); InC, ByHand, Socket);
    case("allocations, a request", subjects);
    figures
}

/// A request that passes if the number is odd.
fn talks_request<P: Payload>(number: usize, users: usize, bytes: usize) -> P::Request {
    let users = (0..users).map(|_| P::user("chihai".into(), 28)).collect();
    P::request(users, vec![(number % 2) as u8; bytes])
}

/// Runs `step` with 0, 1, ... twice, for its warm-up and for its time.
fn timed(count: usize, mut step: impl FnMut(usize)) -> Measured {
    (0..count / 20 + 10).for_each(&mut step);
    let mut laps = Laps::start();
    for number in 0..count {
        step(number);
        laps.step();
    }
    vec![("ns a call", laps.nanoseconds())]
}

/// How often this thread allocates in a step that is not the first.
fn allocations(mut step: impl FnMut(usize)) -> Measured {
    step(0);
    let before = allocations::count();
    (1..=10).for_each(&mut step);
    let allocated = allocations::count() - before;
    vec![("allocations a call", allocated as f64 / 10.0)]
}

fn nothing<P: Now>(count: usize) -> Measured {
    let peer = P::open();
    let measured = timed(count, |_| peer.empty());
    // Whoever takes it later has taken it when this one is answered.
    let _ = peer.told();
    measured
}

fn one_way<P: Now>(count: usize) -> Measured {
    let peer = P::open();
    let user = P::user("chihai".into(), 28);
    let (before, mut steps) = (peer.told(), 0);
    let measured = timed(count, |_| {
        peer.one_way(black_box(&user));
        steps += 1;
    });
    assert_eq!(peer.told() - before, 28 * steps, "{}: all users", P::NAME);
    measured
}

/// Asks about a user.
fn user<P: Now>() -> impl FnMut(usize) {
    let peer = P::open();
    let users = [28, 29].map(|age| P::user("chihai".into(), age));
    move |number| {
        let passes = peer.flat(black_box(&users[number % 2]));
        assert_eq!(passes, number % 2 == 1, "{}", P::NAME);
    }
}

/// Asks about a request.
fn request<P: Now>(users: usize, bytes: usize) -> impl FnMut(usize) {
    let peer = P::open();
    let requests = [0, 1].map(|number| talks_request::<P>(number, users, bytes));
    move |number| {
        let passes = peer.nested(black_box(&requests[number % 2]));
        assert_eq!(passes, number % 2 == 1, "{}", P::NAME);
    }
}

/// So many tasks, each of which always awaits one call.
fn later<P: Later>(threads: usize, tasks: usize, count: usize) -> Measured {
    let mut runtime = match threads {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = runtime.worker_threads(threads).enable_io().build().expect("a runtime");
    let requests: &'static _ =
        Box::leak(Box::new([0, 1].map(|number| talks_request::<P>(number, 2, 64))));
    runtime.block_on(async {
        let peer = Arc::new(P::open());
        all::<P>(&peer, requests, tasks, count / 20 + 10).await;
        vec![("ns a call", all::<P>(&peer, requests, tasks, count).await)]
    })
}

async fn all<P: Later>(
    peer: &Arc<P>,
    requests: &'static [P::Request; 2],
    tasks: usize,
    count: usize,
) -> f64 {
    let (laps, next) = (Arc::new(Mutex::new(Laps::start())), Arc::new(AtomicUsize::new(0)));
    let task = |_| {
        let (peer, laps, next) = (Arc::clone(peer), Arc::clone(&laps), Arc::clone(&next));
        tokio::spawn(async move {
            loop {
                // Relaxed: all that matters is that each number is taken once.
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return;
                }
                let passes = peer.later(&requests[number % 2]).await;
                assert_eq!(passes, number % 2 == 1, "{}", P::NAME);
                laps.lock().expect("no panic").step();
            }
        })
    };
    let tasks: Vec<_> = (0..tasks).map(task).collect();
    for task in tasks {
        task.await.expect("no panic");
    }
    let laps = Arc::into_inner(laps).expect("the tasks have ended");
    laps.into_inner().expect("no panic").nanoseconds()
}
