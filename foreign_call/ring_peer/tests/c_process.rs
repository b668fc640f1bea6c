//! A connection whose other end is in C, in a process of its own that has nothing of Rust's. And
//! offers that it refuses.
#![cfg(target_os = "linux")]

use std::fs::File;
use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus};
use std::thread;
use std::time::Duration;

use foreign_call::ring::{Connection, Disconnected, Events, Options, Peer};
use foreign_call_ring_peer::hostile::{Dice, receiver_sleeps, scribble};
use foreign_call_ring_peer::process::echoed;
use foreign_call_ring_peer::{CLOSED, CORRUPT, GONE, OK};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    send, sendmsg, socketpair,
};

// What C says of an offer: `foreign_call_ring_accept.h`.
const NOT_A_RING: i32 = 7;
const NOT_AN_OFFER: i32 = 8;
const NOT_SEALED: i32 = 9;
const TOO_LARGE: i32 = 10;
const REFUSED: i32 = 11;

/// Starts C, which does as it is told, with a socket to it.
fn c(told: &str) -> (UnixStream, Child) {
    let (here, there) = UnixStream::pair().expect("sockets");
    (here, c_with(there.into(), told))
}

/// C, with this socket.
fn c_with(socket: OwnedFd, told: &str) -> Child {
    let mut c = Command::new(env!("C_PROCESS"));
    c.args(told.split(' ')).stdin(socket).spawn().expect("it was built")
}

fn offered(options: &Options) -> (Connection<Events>, Child) {
    let (socket, child) = c("accept");
    (Connection::offer(&socket, options).expect("an offer"), child)
}

fn offered_by_c() -> (Connection<Events>, Child) {
    let (socket, child) = c("offer 10 20");
    (Connection::accept(&socket, &Options::new(16, 24)).expect("C's offer"), child)
}

/// Offered to C, and by C.
fn both() -> [(Connection<Events>, Child); 2] {
    [offered(&Options::new(16, 24)), offered_by_c()]
}

fn end(mut child: Child) -> ExitStatus {
    child.wait().expect("it is ours")
}

#[test]
fn c_in_another_process_echoes_one_at_a_time_and_many_at_once() {
    let with_arena = offered(&Options::new(16, 24).arena(1000));
    for (connection, child) in both().into_iter().chain([with_arena]) {
        let mut receiver = echoed(connection);
        assert_eq!(receiver.recv(), Err(Disconnected::Closed));
        assert_eq!(end(child).code(), Some(CLOSED));
    }
}

#[test]
fn c_that_is_killed_is_missed() {
    for (Connection { mut sender, mut receiver }, mut child) in both() {
        sender.send(b"hello").expect("C is there");
        assert_eq!(receiver.recv(), Ok(&b"hello"[..]));
        child.kill().expect("it is ours");
        assert_eq!(receiver.recv(), Err(Disconnected::Gone));
        end(child);
    }
}

/// Rust's process gets back from C the numbers that it sends, until one of them is killed. The other
/// one says that nothing stayed behind.
#[test]
fn who_is_left_of_c_and_rust_learns_it_and_keeps_nothing() {
    for round in 0..40 {
        let (socket, mut c) = c("offer 64 8");
        let rust = Command::new(env!("CARGO_BIN_EXE_other_process"))
            .arg("accept")
            .stdin(OwnedFd::from(socket))
            .spawn();
        let mut rust = rust.expect("the other process");
        // No time is the right one, so each round has another.
        thread::sleep(Duration::from_micros(round * 300));
        // Rust says 2 if it was never offered anything.
        let (killed, left, ends) = match round % 2 {
            0 => (&mut c, &mut rust, vec![0, 2]),
            _ => (&mut rust, &mut c, vec![GONE]),
        };
        killed.kill().expect("it is ours");
        killed.wait().expect("it is ours");
        let left = left.wait().expect("it is ours");
        assert!(left.code().is_some_and(|code| ends.contains(&code)), "round {round}: {left}");
    }
}

#[test]
fn c_accepts_what_c_offers() {
    let (one, two) = UnixStream::pair().expect("sockets");
    let (asking, echoing) = (c_with(one.into(), "ask 16 24"), c_with(two.into(), "accept"));
    assert_eq!(end(asking).code(), Some(OK));
    assert_eq!(end(echoing).code(), Some(CLOSED));
}

/// Whatever is written into its rings, C ends with a word on it, and never by a signal.
#[test]
fn random_bytes_cost_c_messages_and_nothing_else() {
    let mut dice = Dice(0xc);
    let mut ends = [0; 6];
    for round in 0..100 {
        let (connection, mut child) = match round % 3 {
            0 => offered(&Options::new(4, 24)),
            1 => offered(&Options::new(4, 24).arena(200)),
            _ => offered_by_c(),
        };
        // Nobody uses our end, but who writes where it is.
        let ours = Peer::new(connection);
        let meta = ours.meta();
        while !receiver_sleeps(&meta) {
            assert_eq!(child.try_wait().expect("it is ours"), None);
            thread::yield_now();
        }
        // SAFETY: the descriptor is open while the end is lent.
        let wake = unsafe { BorrowedFd::borrow_raw(meta.send.wake) };
        for round in 0..2_000 {
            scribble(&meta, &mut dice);
            if round % 4 == 0 {
                // So that C looks. Where it has ended, or is busy, nobody minds.
                let _ = send(wake, &[1], SendFlags::DONTWAIT | SendFlags::NOSIGNAL);
            }
        }
        drop(ours);
        let status = end(child);
        let code = status.code().unwrap_or_else(|| panic!("C died: {status}"));
        assert!([CLOSED, GONE, CORRUPT].contains(&code), "{status}");
        ends[code as usize] += 1;
    }
    assert!(ends[CORRUPT as usize] > 0, "C never saw what was written: {ends:?}");
}

/// Writes what a ring of 4 slots for messages of 24 bytes begins with.
fn describe(memory: &File, ring: u64) {
    let header = [1, SLOTS, SLOT_BYTES].map(u32::to_ne_bytes).concat();
    memory.write_all_at(GREETING, ring).expect("memory");
    memory.write_all_at(&header, ring + 8).expect("memory");
}

/// The memory of an offer of two such rings, and what is wrong with it.
fn memory(seals: SealFlags, spoil: impl FnOnce(&File)) -> File {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("foreign_call ring", flags).expect("memory");
    ftruncate(&memory, 2 * RING_BYTES).expect("memory");
    let memory = File::from(memory);
    describe(&memory, 0);
    describe(&memory, RING_BYTES);
    spoil(&memory);
    fcntl_add_seals(&memory, seals).expect("seals");
    memory
}

const GREETING: &[u8] = b"fcrings\0";
const SLOTS: u32 = 4;
const SLOT_BYTES: u32 = 32;
const RING_BYTES: u64 = 640 + (SLOTS * SLOT_BYTES) as u64;

/// What C says of these bytes, with these descriptors beside them.
fn answer(greeting: &[u8], descriptors: &[BorrowedFd<'_>]) -> Option<i32> {
    let (socket, child) = c("accept");
    say(&socket, greeting, descriptors);
    end(child).code()
}

fn say(socket: impl AsFd, greeting: &[u8], descriptors: &[BorrowedFd<'_>]) {
    let mut space = [MaybeUninit::uninit(); 256];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        assert!(beside.push(SendAncillaryMessage::ScmRights(descriptors)), "there is room");
    }
    let sent = sendmsg(socket, &[IoSlice::new(greeting)], &mut beside, SendFlags::NOSIGNAL);
    assert_eq!(sent, Ok(greeting.len()));
}

/// What C says of this memory, beside two sockets whose other ends are closed.
fn answer_to(memory: &File) -> Option<i32> {
    let [(one, _), (two, _)] = [(); 2].map(|()| UnixStream::pair().expect("sockets"));
    answer(GREETING, &[memory.as_fd(), one.as_fd(), two.as_fd()])
}

#[test]
fn c_accepts_memory_as_it_should_be() {
    let memory = memory(SealFlags::SHRINK, |_| ());
    // No sockets: a peer that is gone, which shows later.
    let answer = answer(GREETING, &[memory.as_fd(), memory.as_fd(), memory.as_fd()]);
    assert_eq!(answer, Some(GONE));
}

#[test]
fn c_refuses_what_is_no_offer() {
    let (socket, child) = c("accept");
    drop(socket);
    assert_eq!(end(child).code(), Some(GONE), "nothing");

    let memory = memory(SealFlags::SHRINK, |_| ());
    let three = [memory.as_fd(); 3];
    assert_eq!(answer(b"GET / HT", &three), Some(NOT_AN_OFFER), "other bytes");
    assert_eq!(answer(b"fcring", &three), Some(NOT_AN_OFFER), "too few bytes");
    // More than there is room for, in the last case.
    for count in [0, 2, 4, 30] {
        let descriptors = vec![memory.as_fd(); count];
        assert_eq!(answer(GREETING, &descriptors), Some(NOT_AN_OFFER), "{count} descriptors");
    }

    // A socket that keeps messages apart carries descriptors beside no bytes, too.
    let flags = SocketFlags::CLOEXEC;
    let packets = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
    let (here, there) = packets.expect("sockets");
    say(&here, b"", &three);
    assert_eq!(end(c_with(there, "accept")).code(), Some(GONE), "no bytes");
}

#[test]
fn c_refuses_memory_that_can_become_shorter_or_not_be_written() {
    assert_eq!(answer_to(&memory(SealFlags::GROW, |_| ())), Some(NOT_SEALED));
    let file = File::open(env!("C_PROCESS")).expect("it was built");
    assert_eq!(answer_to(&file), Some(NOT_SEALED), "a file that can't be sealed");
    // Of a file of huge pages that keeps its length, each page may be taken away.
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING | MemfdFlags::HUGETLB;
    if let Ok(huge) = memfd_create("foreign_call ring", flags) {
        ftruncate(&huge, 1 << 30).expect("a length");
        fcntl_add_seals(&huge, SealFlags::SHRINK).expect("seals");
        assert_eq!(answer_to(&File::from(huge)), Some(NOT_SEALED), "huge pages");
    }
    let constant = SealFlags::SHRINK | SealFlags::WRITE;
    assert_eq!(answer_to(&memory(constant, |_| ())), Some(REFUSED));
}

#[test]
fn c_refuses_more_than_it_accepts() {
    let offer = |slots, longest, arena| {
        let (_connection, child) = offered(&Options::new(slots, longest).arena(arena));
        end(child).code()
    };
    assert_eq!(offer(1024, 24, 0), Some(TOO_LARGE), "memory");
    assert_eq!(offer(4, 24, 8000), Some(TOO_LARGE), "memory of arenas");
    assert_eq!(offer(4, 1008, 0), Some(TOO_LARGE), "messages");
    assert_eq!(offer(4, 24, 1008), Some(TOO_LARGE), "messages in an arena");
}

fn refused(what: &str, spoil: &dyn Fn(&File)) {
    let memory = memory(SealFlags::SHRINK, spoil);
    assert_eq!(answer_to(&memory), Some(NOT_A_RING), "{what}");
}

#[test]
fn c_refuses_memory_without_the_rings_that_it_tells_of() {
    let long = |memory: &File, bytes| ftruncate(memory, bytes).expect("memory");
    let write = |memory: &File, offset, value: u32| {
        memory.write_all_at(&value.to_ne_bytes(), offset).expect("memory");
    };
    refused("nothing", &|memory| long(memory, 0));
    refused("half a line", &|memory| long(memory, 2 * RING_BYTES - 64));
    refused("shorter than two headers", &|memory| long(memory, 1024));
    refused("longer than two rings", &|memory| {
        long(memory, 2 * RING_BYTES + 256);
        describe(memory, RING_BYTES + 128);
    });
    for (name, ring) in [("first", 0), ("second", RING_BYTES)] {
        let refused = |what: &str, offset, value| {
            refused(&format!("{name} ring: {what}"), &|memory| write(memory, ring + offset, value));
        };
        refused("no magic", 0, 0);
        refused("another version", 8, 4);
        refused("no slots", 12, 0);
        refused("three slots", 12, 3);
        refused("more slots than memory", 12, 1 << 31);
        refused("no bytes in a slot", 16, 0);
        refused("half a word", 16, 28);
        refused("more bytes than memory", 16, u32::MAX - 7);
        let refused = |what: &str, offset, value| {
            let spoil = |memory: &File| {
                write(memory, ring + 8, 3);
                write(memory, ring + offset, value);
            };
            self::refused(&format!("{name} ring: {what}"), &spoil);
        };
        refused("an arena behind the memory", 24, 8);
        refused("half a word of an arena", 24, 4);
        refused("a larger arena than there is memory", 28, 1 << 31);
    }
}

#[test]
fn rust_refuses_of_c_what_is_more_than_it_accepts() {
    for (most, expected) in [
        (Options::new(8, 24), "the shared memory is empty or too large"),
        (Options::new(64, 16), "a longer message than is accepted"),
    ] {
        let (socket, child) = c("offer 10 20");
        let refused = Connection::accept(&socket, &most).expect_err("C offers more");
        assert_eq!(refused.to_string(), expected);
        // Its sockets are closed, and nobody said so before.
        assert_eq!(end(child).code(), Some(GONE));
    }
}

/// What C says of offering such a connection to nobody.
fn offer_to_nobody(told: &str) -> Option<i32> {
    let (_, there) = UnixStream::pair().expect("sockets");
    end(c_with(there.into(), told)).code()
}

#[test]
fn c_offers_no_connection_that_can_not_be() {
    for told in [
        "offer 2147483649 8",
        "offer 1 4294967281",
        "offer 2147483648 4294967280",
        "offer 18446744073709551615 18446744073709551615",
    ] {
        assert_eq!(offer_to_nobody(told), Some(TOO_LARGE), "{told}");
    }
    // As large as a file may be, and larger than any memory.
    assert_eq!(offer_to_nobody("offer 536870912 4294967280"), Some(REFUSED));
}

#[test]
fn c_that_offers_to_nobody_keeps_nothing() {
    assert_eq!(offer_to_nobody("offer 4 24"), Some(GONE), "nobody");
    let file = File::open(env!("C_PROCESS")).expect("it was built");
    assert_eq!(end(c_with(file.into(), "offer 4 24")).code(), Some(REFUSED), "no socket");
}

/// C has three descriptors from the beginning, and needs five; to be loaded it needs one.
#[test]
fn c_that_gets_too_few_descriptors_keeps_none_of_them() {
    for most in 4..9 {
        let (_, there) = UnixStream::pair().expect("sockets");
        let mut c = Command::new(env!("C_PROCESS"));
        c.args(["offer", "4", "24"]).stdin(OwnedFd::from(there));
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        let set = move || {
            // SAFETY: the limit is there.
            match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        };
        // SAFETY: it makes a system call, and nothing else.
        unsafe { c.pre_exec(set) };
        let child = c.spawn().expect("it was built");
        let expected = if most < 8 { REFUSED } else { GONE };
        assert_eq!(end(child).code(), Some(expected), "{most} descriptors");
    }
}
