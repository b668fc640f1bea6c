//! Another process that is not there, not the right one, or gone; and calls that nobody waits for.
#![cfg(target_os = "linux")]

use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::panic::catch_unwind;
use std::pin::Pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use foreign_call::ring::{Connection, Disconnected, Options};
use foreign_call::{CallError, refused_answers};
use foreign_call_conformance::process::{Far as _, FarImpl as Impl};

#[allow(dead_code, reason = "not every test needs all of it")]
mod far;
use far::{CLOSED, Far, alone, connected, options, run, start, until};

const NOT_CONNECTED: CallError = CallError::NoRing(ErrorKind::NotConnected);

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn without_a_process_a_call_says_so() {
    let _alone = alone();
    assert_eq!(run(Impl::sum(vec![1])), Err(NOT_CONNECTED));
    let told = catch_unwind(|| Impl::note("lost", 0)).expect_err("it can't say so otherwise");
    let said = told.downcast_ref::<String>().map(String::as_str);
    assert_eq!(said, Some("`Far::note`: no ring to the peer: not connected"));
}

#[test]
fn a_process_that_does_not_accept_is_not_called() {
    let _alone = alone();
    let (socket, mut child) = start();
    // More memory than C accepts: it says so, and goes.
    let refused = Impl::connect(&socket, &Options::new(1024, 1 << 16)).expect_err("it is too much");
    assert_eq!(refused.kind(), ErrorKind::UnexpectedEof);
    assert_eq!(child.wait().expect("it is ours").code(), Some(10));
    let short = Impl::connect(&socket, &Options::new(64, 120)).expect_err("too short");
    assert_eq!(short.to_string(), "calls need messages of 128 bytes and more");
    assert_eq!(run(Impl::sum(vec![1])), Err(NOT_CONNECTED));
}

/// A process that accepts, and has this number for its interface. It says what it was told.
fn other(number: u64) -> (UnixStream, thread::JoinHandle<u64>) {
    let (here, mut there) = UnixStream::pair().expect("sockets");
    let accepts = thread::spawn(move || {
        let _kept = Connection::accept(&there, &options()).expect("an offer");
        there.write_all(&number.to_ne_bytes()).expect("a number");
        let mut theirs = [0; 8];
        there.read_exact(&mut theirs).expect("another one");
        u64::from_ne_bytes(theirs)
    });
    (here, accepts)
}

#[test]
fn a_process_for_another_version_is_not_called_by_either_side() {
    let _alone = alone();
    let (socket, accepts) = other(0x17);
    let refused = Impl::connect(&socket, &options()).expect_err("it is another one");
    let ours = accepts.join().expect("no panic");
    assert_eq!(refused.kind(), ErrorKind::InvalidData);
    let why = format!(
        "the process serves another version of `Far` (0000000000000017, but this program has \
         {ours:016x}): run foreign-call-cli again and rebuild it"
    );
    assert_eq!(refused.to_string(), why);
    // And C refuses us.
    let (mut socket, mut child) = start();
    let _connection = Connection::offer(&socket, &options()).expect("an offer");
    socket.write_all(&(ours + 1).to_ne_bytes()).expect("a number");
    let mut theirs = [0; 8];
    socket.read_exact(&mut theirs).expect("another one");
    assert_eq!(u64::from_ne_bytes(theirs), ours);
    assert_eq!(child.wait().expect("it is ours").code(), Some(32));
}

#[test]
fn calls_under_way_end_when_the_process_does_and_another_one_goes_on() {
    let mut far = Far::new();
    for _ in 0..3 {
        run(async {
            let under_way = (0..100).map(|_| Impl::never("a call")).collect::<Vec<_>>();
            let ended = futures_util::future::join_all(under_way);
            let (ended, died) = futures_util::join!(ended, Impl::dies());
            let gone = CallError::Gone(Disconnected::Gone);
            assert_eq!(died, Err(gone.clone()));
            assert_eq!(ended, vec![Err(gone.clone()); 100]);
            assert_eq!(Impl::sum(vec![1]).await, Err(gone));
        });
        assert_eq!(far.child.wait().expect("it is ours").code(), None);
        let told = catch_unwind(|| Impl::note("lost", 0)).expect_err("it can't say so otherwise");
        let said = told.downcast_ref::<String>().map(String::as_str);
        let gone = "`Far::note`: the other process does not answer: the other side is gone";
        assert_eq!(said, Some(gone));
        far.child = connected();
        assert_eq!(run(Impl::sum(vec![1, 2])), Ok(3));
    }
    far.end();
}

/// Killed while calls are on their way in and out: each ends, with its answer or without.
#[test]
fn a_process_that_is_killed_at_any_time_leaves_no_call_waiting() {
    let mut far = Far::new();
    for round in 0..40_u64 {
        let (tell, told) = mpsc::channel();
        let pid = far.child.id();
        let killer = thread::spawn(move || {
            let _after_an_answer = told.recv();
            // SAFETY: it takes numbers; the process is ours, and is not reaped before this ends.
            unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) }
        });
        run(async {
            let calls = (0..400_u64).map(|number| {
                let tell = tell.clone();
                async move {
                    let sum = Impl::sum(vec![number; 20]).await;
                    if number == round * 9 {
                        let _once = tell.send(());
                    }
                    (number, sum)
                }
            });
            let calls = futures_util::future::join_all(calls);
            let (calls, never) = futures_util::join!(calls, Impl::never("a call"));
            assert_eq!(never, Err(CallError::Gone(Disconnected::Gone)));
            for (number, sum) in calls {
                match sum {
                    Ok(sum) => assert_eq!(sum, number * 20),
                    Err(CallError::Gone(_)) => {}
                    Err(other) => panic!("{other}"),
                }
            }
        });
        assert_eq!(killer.join().expect("no panic"), 0);
        assert_eq!(far.child.wait().expect("it is ours").code(), None);
        far.child = connected();
    }
}

#[test]
fn a_full_ring_whose_process_dies_holds_nobody_up() {
    let mut far = Far::new();
    far.stop();
    let mut calls: Vec<_> = (0..300).map(|_| Box::pin(Impl::sum(vec![1]))).collect();
    for call in &mut calls {
        assert!(poll_once(call.as_mut()).is_pending());
    }
    let waits = thread::spawn(|| catch_unwind(|| Impl::note("waits for room", 0)));
    far.child.kill().expect("it is ours");
    let gone = CallError::Gone(Disconnected::Gone);
    run(async {
        for call in calls {
            assert_eq!(call.await, Err(gone.clone()));
        }
    });
    waits.join().expect("it was caught").expect_err("the process is gone");
}

#[test]
fn a_process_that_is_replaced_ends_its_calls_and_goes() {
    let mut far = Far::new();
    run(async {
        let mut first = Box::pin(Impl::never("to the first"));
        assert!(poll_once(first.as_mut()).is_pending());
        let mut before = std::mem::replace(&mut far.child, connected());
        assert_eq!(Impl::sum(vec![2]).await, Ok(2));
        assert_eq!(before.try_wait().expect("it is ours").map(|it| it.code()), None);
        // The last of its calls: now it gets to know.
        drop(first);
        let status = before.wait().expect("it is ours");
        assert_eq!(status.code(), Some(CLOSED), "{status}");
    });
    far.end();
}

#[test]
fn answers_to_dropped_calls_are_refused_and_counted_and_nothing_else() {
    let far = Far::new();
    let refused = refused_answers();
    run(async {
        for round in 0..30 {
            far.stop();
            let mut calls: Vec<_> =
                (0..60_u64).map(|number| (number, Box::pin(Impl::sum(vec![number; 3])))).collect();
            // All of them have room.
            for (_, call) in &mut calls {
                assert!(poll_once(call.as_mut()).is_pending());
            }
            calls.retain(|(number, _)| (number + round) % 3 != 0);
            far.go_on();
            for (number, call) in calls {
                assert_eq!(call.await, Ok(3 * number));
            }
            let dropped = 20 * (round + 1);
            until("all late answers are refused", || refused_answers() - refused == dropped);
        }
    });
    far.end();
    until("no thread is left", || threads() == 0);
}

/// Of those that receive from a process.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux has it");
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        std::fs::read_to_string(task.ok()?.path().join("comm")).ok()
    };
    tasks.filter_map(name).filter(|name| name.starts_with("foreign_call pr")).count()
}
