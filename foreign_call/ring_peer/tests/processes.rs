//! Two processes, one of which is killed.
//!
//! `RING_KILLS=10000 cargo test --release -p foreign_call_ring_peer --test processes` kills more.
#![cfg(target_os = "linux")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use foreign_call::ring::{Connection, Disconnected, Events, SendError};
use foreign_call_ring_peer::process::{
    Mapped, descriptors, guard, mapped, numbered, numbers, options,
};

struct Counting;

/// Blocks that are allocated and not freed. `Relaxed`: it is read when the other threads are joined.
static BLOCKS: AtomicI64 = AtomicI64::new(0);

// SAFETY: it is the system's allocator, and counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        BLOCKS.fetch_sub(1, Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What this process has.
struct Kept {
    blocks: i64,
    descriptors: usize,
    mapped: Mapped,
}

fn kept() -> Kept {
    // In this order: to look at the others takes memory, and gives it back.
    let (descriptors, mapped) = (descriptors(), mapped());
    Kept { blocks: BLOCKS.load(Ordering::Relaxed), descriptors, mapped }
}

/// Asserts that so many rounds left nothing behind.
fn assert_nothing_is_kept(before: &Kept, rounds: u64) {
    let after = kept();
    assert_eq!(after.blocks, before.blocks, "blocks on the heap");
    assert_eq!(after.descriptors, before.descriptors, "descriptors");
    assert_eq!(after.mapped.rings, 0, "rings that are mapped");
    // Whatever else the allocator and the system keep for later, it is no page a round.
    let more = after.mapped.pages.saturating_sub(before.mapped.pages);
    assert!(more < rounds / 2, "{more} pages more are mapped");
}

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
        (0_u64..).find_map(|number| {
            let (message, length) = numbered(number, options().longest());
            sender.send(&message[..length]).err()
        })
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

/// A connection to another process, which is killed: its memory, sockets and threads come and go. True
/// if it had been made.
fn round(round: u64) -> bool {
    let (here, there) = UnixStream::pair().expect("sockets");
    let messages = if round.is_multiple_of(8) { 0 } else { dice(round, 3_000) };
    let offers = round.is_multiple_of(2);
    let mut child = other_process(if offers { "accept" } else { "offer" }, there);
    if messages == 0 && round.is_multiple_of(16) {
        child.kill().expect("it is ours");
    }
    let connection = if offers {
        Connection::offer(&here, &options())
    } else {
        Connection::accept(&here, &options())
    };
    drop(here);
    use_and_kill(connection, child, messages)
}

/// Both ends in other processes, one of which is killed. True if they had been connected.
fn round_of_others(round: u64) -> bool {
    let (one, two) = UnixStream::pair().expect("sockets");
    let mut ends = [other_process("offer", one), other_process("accept", two)];
    let (dead, left) = if dice(round, 2) == 0 { (0, 1) } else { (1, 0) };
    // No time is the right one, so each round has another.
    thread::sleep(Duration::from_micros(dice(round, 20_000)));
    ends[dead].kill().expect("it is ours");
    assert_eq!(ends[dead].wait().expect("it is ours").signal(), Some(libc::SIGKILL));
    match ends[left].wait().expect("it is ours").code() {
        Some(0) => true,
        code => {
            assert_eq!(code, Some(2), "it ended cleanly, or never began");
            false
        }
    }
}

/// The one test of this file that looks at its own process: another one beside it would be seen.
#[test]
fn a_process_that_outlives_others_learns_it_each_time_and_keeps_nothing() {
    let kills = std::env::var("RING_KILLS").map_or(300, |number| number.parse().expect("a number"));
    guard(600);
    // What the first rounds leave is for all the others: the stack of a thread, say.
    assert!((0..32).filter(|&number| round(number)).count() > 16);
    let before = kept();
    let connected = (0..kills).filter(|&number| round(number)).count() as u64;
    assert!(connected > kills / 2, "{connected} of {kills}");
    assert_nothing_is_kept(&before, kills);

    let connected = (0..kills / 10).filter(|&number| round_of_others(number)).count();
    assert!(connected > 0);
    assert_nothing_is_kept(&before, kills);
}
