//! Ends that wait use no CPU, whatever they wait with: they are not awake once while nothing comes.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::net::UnixStream;
use std::os::unix::thread::JoinHandleExt;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use foreign_call::ring::{Block, Connection, Disconnected, Events, Options, Peer, Poll};
use foreign_call_ring_peer::{CLOSED, consume, produce};

/// How long the others are watched: until a thread that looks all the time has used so much.
const WATCHED: Duration = Duration::from_millis(100);
/// How often that is done: at first they may be on their way to sleep still, and whatever stops the
/// whole process wakes them too.
const TIMES: usize = 20;

/// A thread, and its number in the system.
struct Watched {
    name: &'static str,
    handle: JoinHandle<()>,
    number: libc::pid_t,
}

fn watched(name: &'static str, body: impl FnOnce() + Send + 'static) -> Watched {
    let (begun, begin) = mpsc::sync_channel(1);
    let handle = thread::spawn(move || {
        // SAFETY: it takes nothing.
        begun.send(unsafe { libc::gettid() }).expect("the test waits");
        body();
    });
    Watched { name, handle, number: begin.recv().expect("it began") }
}

/// What a thread has done since it began. Of one that is never awake it stays the same.
#[derive(Debug, PartialEq)]
struct Done {
    name: &'static str,
    used: Duration,
    /// How often it gave its core away because it had to wait.
    switches: u64,
}

impl Watched {
    fn done(&self) -> Done {
        let mut clock = 0;
        let thread = self.handle.as_pthread_t();
        // SAFETY: the thread is not joined yet, and the clock's number is written.
        assert_eq!(unsafe { libc::pthread_getcpuclockid(thread, &raw mut clock) }, 0);
        let path = format!("/proc/self/task/{}/status", self.number);
        let status = fs::read_to_string(path).expect("it has not ended");
        let count = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        let switches = count.expect("Linux has it").trim().parse().expect("a number");
        Done { name: self.name, used: time(clock), switches }
    }
}

fn time(clock: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written.
    assert_eq!(unsafe { libc::clock_gettime(clock, &raw mut time) }, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn options() -> Options {
    Options::new(2, 8)
}

/// Of this end one thread waits for a message, and one for room.
fn threads<N: Block + Send + 'static>(
    names: [&'static str; 2],
    end: Connection<N>,
) -> [Watched; 2] {
    let Connection { mut sender, mut receiver } = end;
    let receiving = watched(names[0], move || {
        assert_eq!(receiver.recv(), Err(Disconnected::Closed));
    });
    let sending = watched(names[1], move || while sender.send(b"1").is_ok() {});
    [receiving, sending]
}

/// The same in tasks.
fn tasks<N: Poll + Send + 'static>(names: [&'static str; 2], end: Connection<N>) -> [Watched; 2] {
    fn run(task: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        runtime.expect("a runtime").block_on(task);
    }
    let Connection { mut sender, mut receiver } = end;
    let receiving = watched(names[0], move || {
        run(async { assert_eq!(receiver.recv_async().await, Err(Disconnected::Closed)) });
    });
    let sending =
        watched(names[1], move || run(async { while sender.send_async(b"1").await.is_ok() {} }));
    [receiving, sending]
}

fn with_descriptors() -> (Connection<Events>, Connection<Events>) {
    Connection::with_descriptors(&options()).expect("descriptors")
}

fn between_processes() -> (Connection<Events>, Connection<Events>) {
    let (here, there) = UnixStream::pair().expect("sockets");
    let one = Connection::offer(&here, &options()).expect("an offer");
    (one, Connection::accept(&there, &options()).expect("what was offered"))
}

fn c_receives(end: Peer) -> Watched {
    watched("C waits for a message", move || assert_eq!(consume(&end), (CLOSED, 0)))
}

fn c_sends(end: Peer) -> Watched {
    watched("C waits for room", move || assert_eq!(produce(&end, u64::MAX), CLOSED))
}

#[test]
fn ends_that_wait_use_no_cpu_and_are_never_awake() {
    // The other ends: nobody uses them, and dropping them ends the waiting.
    let (local, one) = Connection::pair(&options());
    let (local_to_tasks, two) = Connection::pair(&options());
    let mut others = Vec::new();
    let mut this_end = |(other, this): (Connection<Events>, Connection<Events>)| {
        others.push(other);
        this
    };
    let ends = [
        threads(["a thread, for a message", "a thread, for room"], one),
        tasks(["a task, for a message", "a task, for room"], two),
        threads(["poll, for a message", "poll, for room"], this_end(with_descriptors())),
        tasks(["a reactor, for a message", "a reactor, for room"], this_end(with_descriptors())),
        threads(["a socket, for a message", "a socket, for room"], this_end(between_processes())),
        [
            c_receives(Peer::new(this_end(with_descriptors()))),
            c_sends(Peer::new(this_end(with_descriptors()))),
        ],
    ];

    // It waits as well, but looks all the time.
    let (_other, mut end) = with_descriptors();
    let (begin, begun) = mpsc::sync_channel::<()>(1);
    let (looked, look) = mpsc::sync_channel(1);
    let busy = watched("a thread that looks all the time", move || {
        let used = || time(libc::CLOCK_THREAD_CPUTIME_ID);
        while begun.recv().is_ok() {
            let before = used();
            while used() - before < WATCHED {
                assert!(end.receiver.try_recv().is_err());
            }
            looked.send(()).expect("the test waits");
        }
    });
    let all = || ends.iter().flatten().map(Watched::done).collect::<Vec<_>>();
    let mut awake = Vec::new();
    for _ in 0..TIMES {
        let (before, busy_before) = (all(), busy.done());
        begin.send(()).expect("it waits");
        look.recv().expect("it looked for so long");
        assert!(busy.done().used - busy_before.used >= WATCHED, "{busy_before:?}");
        awake = before.into_iter().zip(all()).filter(|(before, after)| before != after).collect();
        if awake.is_empty() {
            break;
        }
    }
    assert!(awake.is_empty(), "before and after: {awake:#?}");

    drop((local, local_to_tasks, others, begin));
    for end in ends.into_iter().flatten().chain([busy]) {
        end.handle.join().expect(end.name);
    }
}
