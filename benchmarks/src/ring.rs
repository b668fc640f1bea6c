//! Numbers of eight bytes from one thread to another, and back: through shared memory, a socket, or
//! by calls.
//!
//! Each number has to arrive once, and in order. (mem-ring's order is not looked at: once its queue was
//! full, numbers overtake each other.)

use std::hint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{self, Core, Effort, Figure, Measured, Subject};

mod calls;
mod many;
mod mem_ring;
mod ours;
mod socket;
#[cfg(all(go, target_os = "linux"))]
mod with_go;

pub use mem_ring::{Echo, child};

/// Whose line reads 1.00, where it took part.
pub const REFERENCE: &str = "mem-ring";

/// Numbers that a ring has room for.
const ROOM: usize = 1024;

/// Runs the group.
pub fn run(effort: Effort) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut case = |name: &str, subjects: Vec<Subject>| {
        figures.extend(harness::run("ring", name, effort, subjects));
    };
    let count = effort.count(1_000_000);
    case(
        "one way",
        vec![
            Subject::new("foreign_call, tasks", move || ours::tasks_one_way(count)),
            Subject::new("foreign_call, threads", move || ours::threads_one_way(count)),
            Subject::new("foreign_call, tasks, many", move || many::tasks_one_way(count)),
            Subject::new("foreign_call, threads, many", move || many::threads_one_way(count)),
            Subject::new("mem-ring", move || mem_ring::in_a_child(Echo::None, 0, count)),
            Subject::new("Unix socket", move || socket::one_way(count / 10)),
        ],
    );
    for in_flight in [1, 64, 512] {
        let count = if in_flight == 1 { count / 20 } else { count / 2 };
        let mut subjects = vec![
            Subject::new("foreign_call, tasks", move || ours::tasks(in_flight, count)),
            Subject::new("foreign_call, threads", move || ours::threads(in_flight, count)),
            Subject::new("foreign_call, tasks, many", move || many::tasks(in_flight, count)),
            Subject::new("foreign_call, threads, many", move || many::threads(in_flight, count)),
            Subject::new("foreign_call, calls", move || calls::calls(in_flight, count)),
            Subject::new("mem-ring", move || mem_ring::in_a_child(Echo::Rust, in_flight, count)),
            Subject::new("Unix socket", move || socket::round_trips(in_flight, count / 10)),
        ];
        if in_flight == 1 {
            subjects.push(Subject::new("a cache line, the limit", move || ping_pong(count)));
        }
        case(&format!("round trips, {in_flight} in flight"), subjects);
    }
    #[cfg(all(go, target_os = "linux"))]
    for in_flight in [1, 64, 512] {
        let count = if in_flight == 1 { count / 20 } else { count / 5 };
        let subjects = vec![
            Subject::new("foreign_call, task", move || with_go::task(in_flight, count)),
            Subject::new("foreign_call, thread", move || with_go::thread(in_flight, count)),
            Subject::new("foreign_call, calls", move || with_go::calls(in_flight, count)),
            Subject::new("mem-ring", move || mem_ring::in_a_child(Echo::Go, in_flight, count)),
            Subject::new("rust2go, cgo", move || with_go::rust2go(in_flight, count)),
            Subject::new("Unix socket", move || with_go::unix_socket(in_flight, count / 10)),
        ];
        case(&format!("with Go, {in_flight} in flight"), subjects);
    }
    figures
}

/// Checks what arrives, and times it after the first twentieth.
struct Arrivals {
    seen: u64,
    sum: u64,
    in_order: bool,
    warm_up: u64,
    /// When that was over. All time from then on counts, as a ring fills and empties in waves.
    start: Instant,
    /// The process's time on its cores, then.
    cpu_time: Duration,
}

impl Arrivals {
    fn of(count: usize) -> Arrivals {
        let warm_up = count as u64 / 20;
        let (start, cpu_time) = (Instant::now(), harness::cpu_time());
        Arrivals { seen: 0, sum: 0, in_order: true, warm_up, start, cpu_time }
    }

    fn in_any_order(count: usize) -> Arrivals {
        Arrivals { in_order: false, ..Arrivals::of(count) }
    }

    /// The next number is here.
    #[inline]
    fn see(&mut self, number: u64) {
        assert!(number == self.seen || !self.in_order, "{number} came as number {}", self.seen);
        self.seen += 1;
        self.sum += number;
        if self.seen == self.warm_up {
            (self.start, self.cpu_time) = (Instant::now(), harness::cpu_time());
        }
    }

    /// All numbers are here: what each round trip took, and what it took of the cores.
    #[cfg(all(go, target_os = "linux"))]
    fn with_cpu_time(self, count: usize) -> Measured {
        let used = harness::cpu_time() - self.cpu_time;
        let used = used.as_nanos() as f64 / (count as u64 - self.warm_up) as f64;
        vec![("ns a round trip", self.nanoseconds(count)), ("CPU ns a round trip", used)]
    }

    /// All numbers are here.
    fn nanoseconds(self, count: usize) -> f64 {
        let (elapsed, count) = (self.start.elapsed(), count as u64);
        assert_eq!((self.seen, self.sum), (count, count * (count - 1) / 2), "all, each once");
        elapsed.as_nanos() as f64 / (count - self.warm_up) as f64
    }
}

/// A runtime for one end.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime")
}

/// Runs one end on the other core, while this thread runs its own.
fn beside<T: Send + 'static>(end: impl FnOnce() -> T + Send + 'static) -> thread::JoinHandle<T> {
    harness::pin(Core::Consumer);
    thread::spawn(move || {
        harness::pin(Core::Producer);
        end()
    })
}

/// Two threads that spin on a number each: what the caches take, and no more.
fn ping_pong(count: usize) -> Measured {
    #[repr(align(128))]
    struct Line(AtomicU64);
    let lines = Arc::new([Line(AtomicU64::new(0)), Line(AtomicU64::new(0))]);
    let wait_for = |line: &Line, number| {
        // Acquire, and Release below: as a ring has it.
        while line.0.load(Ordering::Acquire) != number {
            hint::spin_loop();
        }
    };
    let theirs = Arc::clone(&lines);
    let thread = beside(move || {
        for number in 1..=count as u64 {
            wait_for(&theirs[0], number);
            theirs[1].0.store(number, Ordering::Release);
        }
    });
    let mut arrivals = Arrivals::of(count);
    for number in 1..=count as u64 {
        lines[0].0.store(number, Ordering::Release);
        wait_for(&lines[1], number);
        arrivals.see(number - 1);
    }
    thread.join().expect("no panic");
    vec![("ns a round trip", arrivals.nanoseconds(count))]
}
