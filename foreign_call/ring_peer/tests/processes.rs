//! Two processes, one of which is killed.
//!
//! `RING_KILLS=10000 cargo test --release -p foreign_call_ring_peer --test processes` kills more.
#![cfg(target_os = "linux")]

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::thread;
use std::time::Duration;

use foreign_call::ring::{Connection, Disconnected, Events, SendError};
use foreign_call_ring_peer::process::{descriptors, guard, mappings, numbers, options};

fn other_process(role: &str, socket: UnixStream) -> Child {
    Command::new(env!("CARGO_BIN_EXE_other_process"))
        .arg(role)
        .stdin(OwnedFd::from(socket))
        .spawn()
        .expect("the other process")
}

/// A number that differs from round to round, and is the same in every run.
fn dice(round: u64, below: u64) -> u64 {
    (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(23) % below
}

/// Uses the connection, and kills the other process after so many messages. True if it learns in both
/// directions that it is alone.
fn use_and_kill(
    connection: io::Result<Connection<Events>>,
    mut child: Child,
    messages: u64,
) -> bool {
    let Ok(Connection { mut sender, mut receiver }) = connection else {
        // It was killed before it had made one.
        assert_eq!(messages, 0);
        child.wait().expect("it is ours");
        return false;
    };
    let sending = thread::spawn(move || {
        (0_u64..).find_map(|number| sender.send(&number.to_ne_bytes()).err())
    });
    let mut kill = |number| {
        if number == messages {
            child.kill().expect("it is ours");
        }
    };
    let end = numbers(&mut receiver, &mut kill);
    assert_eq!(end, Disconnected::Gone);
    drop(receiver);
    // Whoever did not get so far was killed before.
    let status = child.wait().expect("it is ours");
    assert_eq!(status.signal(), Some(libc::SIGKILL));
    let end = sending.join().expect("no panic");
    assert_eq!(end, Some(SendError::Disconnected(Disconnected::Gone)));
    true
}

/// The one test of this file that looks at its own process: another one beside it would be seen.
#[test]
fn a_process_that_outlives_others_learns_it_each_time_and_keeps_nothing() {
    let kills = std::env::var("RING_KILLS").map_or(300, |number| number.parse().expect("a number"));
    guard(600);
    let before = descriptors();
    let mut connected = 0;
    for round in 0..kills {
        let (here, there) = UnixStream::pair().expect("sockets");
        let messages = if round % 8 == 0 { 0 } else { dice(round, 3_000) };
        let offers = round % 2 == 0;
        let mut child = other_process(if offers { "accept" } else { "offer" }, there);
        if messages == 0 && round % 16 == 0 {
            child.kill().expect("it is ours");
        }
        let connection = if offers {
            Connection::offer(&here, &options())
        } else {
            Connection::accept(&here, &options())
        };
        drop(here);
        connected += u64::from(use_and_kill(connection, child, messages));
    }
    assert!(connected > kills / 2, "{connected} of {kills}");
    assert_eq!((descriptors(), mappings()), (before, 0));

    // And where both of them are others.
    let mut connected = 0;
    for round in 0..kills / 10 {
        let (one, two) = UnixStream::pair().expect("sockets");
        let mut ends = [other_process("offer", one), other_process("accept", two)];
        let (dead, left) = if dice(round, 2) == 0 { (0, 1) } else { (1, 0) };
        // No time is the right one, so each round has another.
        thread::sleep(Duration::from_micros(dice(round, 20_000)));
        ends[dead].kill().expect("it is ours");
        assert_eq!(ends[dead].wait().expect("it is ours").signal(), Some(libc::SIGKILL));
        match ends[left].wait().expect("it is ours").code() {
            Some(0) => connected += 1,
            code => assert_eq!(code, Some(2), "it ended cleanly, or never began"),
        }
    }
    assert!(connected > 0);
    assert_eq!(descriptors(), before);
}
