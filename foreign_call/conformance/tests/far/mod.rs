//! The other process, as the tests start and end it. The trait's process is one for all of a program,
//! so one test runs after the other.

use std::future::Future;
use std::os::unix::net::UnixStream;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use foreign_call::ring::Options;
use foreign_call_conformance::process::FarImpl as Impl;

/// What C says when Rust has let go of it.
pub(super) const CLOSED: i32 = 3;

/// C, connected. Nobody else is, as long as this lives.
pub(super) struct Far {
    pub(super) child: Child,
    _alone: MutexGuard<'static, ()>,
}

/// So many calls have room, and this much in each.
pub(super) fn options() -> Options {
    Options::new(64, 1 << 14)
}

pub(super) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts C, with a socket to it.
pub(super) fn start() -> (UnixStream, Child) {
    let (here, there) = UnixStream::pair().expect("sockets");
    let child = Command::new(env!("C_PROCESS")).stdin(std::os::fd::OwnedFd::from(there)).spawn();
    (here, child.expect("it was built"))
}

impl Far {
    pub(super) fn new() -> Far {
        Far::with(&options())
    }

    /// Connected by such a ring.
    pub(super) fn with(options: &Options) -> Far {
        let alone = alone();
        Far { child: connected_by(options), _alone: alone }
    }

    /// C runs no further: it has what it is sent, and answers nothing.
    pub(super) fn stop(&self) {
        let pid = self.child.id() as libc::pid_t;
        let mut status = 0;
        // SAFETY: it takes numbers; the process is ours.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGSTOP) }, 0);
        // SAFETY: there is room for the status. It waits until the process has stopped.
        assert_eq!(unsafe { libc::waitpid(pid, &raw mut status, libc::WUNTRACED) }, pid);
        assert!(libc::WIFSTOPPED(status), "{status}");
    }

    /// After that.
    pub(super) fn go_on(&self) {
        // SAFETY: it takes numbers; the process is ours.
        assert_eq!(unsafe { libc::kill(self.child.id() as libc::pid_t, libc::SIGCONT) }, 0);
    }

    /// Lets go of C, which ends in good order.
    pub(super) fn end(mut self) {
        Impl::disconnect();
        let status = self.child.wait().expect("it is ours");
        assert_eq!(status.code(), Some(CLOSED), "{status}");
    }
}

/// Starts C, and connects.
pub(super) fn connected() -> Child {
    connected_by(&options())
}

fn connected_by(options: &Options) -> Child {
    let (socket, child) = start();
    Impl::connect(&socket, options).expect("C serves");
    child
}

/// A test that has failed leaves no process.
impl Drop for Far {
    fn drop(&mut self) {
        Impl::disconnect();
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

pub(super) fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let guarded = tokio::time::timeout(Duration::from_secs(400), test);
        guarded.await.expect("it does not hang")
    })
}

/// Until this holds, which it must soon.
pub(super) fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}
