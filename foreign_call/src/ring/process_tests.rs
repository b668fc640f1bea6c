//! Offers that are none, or not what they say.

use std::io::{ErrorKind, Write};

use super::super::{Disconnected, SendError};
use super::*;

/// Accepts what `offer` sent: messages of up to 8 bytes, 4 of them.
fn accept(offer: impl FnOnce(UnixStream)) -> io::Result<Connection<Events>> {
    let (here, there) = UnixStream::pair().expect("sockets");
    offer(there);
    Connection::accept(&here, &Options::new(4, 8))
}

fn refusal(offer: impl FnOnce(UnixStream)) -> (ErrorKind, String) {
    let error = accept(offer).expect_err("this is no offer");
    (error.kind(), error.to_string())
}

/// Sends this memory, and sockets whose other ends are closed.
fn send_memory(socket: &UnixStream, memory: &OwnedFd) {
    let (one, two) = UnixStream::pair().expect("sockets");
    send(socket, [memory.as_raw_fd(), one.as_raw_fd(), two.as_raw_fd()]).expect("it is sent");
}

#[test]
fn a_process_that_goes_away_offers_nothing() {
    assert_eq!(refusal(drop).0, ErrorKind::UnexpectedEof);
}

#[test]
fn a_greeting_without_descriptors_is_no_offer() {
    let (kind, text) = refusal(|mut socket| socket.write_all(&GREETING).expect("it is sent"));
    assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not three descriptors"));
}

#[test]
fn other_bytes_are_no_offer() {
    let (kind, text) = refusal(|mut socket| socket.write_all(b"GET / HT").expect("it is sent"));
    assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not an offer of a ring"));
}

#[test]
fn memory_that_can_become_shorter_is_refused() {
    let (_, text) = refusal(|socket| {
        // SAFETY: the name ends with a zero.
        let memory = unsafe { libc::memfd_create(c"unsealed".as_ptr(), libc::MFD_ALLOW_SEALING) };
        // SAFETY: it is open, and nobody else knows of it.
        send_memory(&socket, &unsafe { OwnedFd::from_raw_fd(memory) });
    });
    assert_eq!(text, "the shared memory can be taken away");
}

/// Of a file of huge pages that keeps its length, each page may be taken away.
#[test]
fn memory_of_huge_pages_is_refused() {
    let flags = libc::MFD_ALLOW_SEALING | libc::MFD_HUGETLB;
    // SAFETY: the name ends with a zero.
    let memory = unsafe { libc::memfd_create(c"huge".as_ptr(), flags) };
    if memory < 0 {
        return; // this system has none
    }
    // SAFETY: it is open, and nobody else knows of it.
    let memory = unsafe { OwnedFd::from_raw_fd(memory) };
    // SAFETY: it takes numbers.
    assert_eq!(unsafe { libc::ftruncate(memory.as_raw_fd(), 1 << 30) }, 0);
    // SAFETY: as above.
    let sealed = unsafe { libc::fcntl(memory.as_raw_fd(), libc::F_ADD_SEALS, libc::F_SEAL_SHRINK) };
    assert_eq!(sealed, 0);
    let (_, text) = refusal(|socket| send_memory(&socket, &memory));
    assert_eq!(text, "the shared memory can be taken away");
}

#[test]
fn memory_without_rings_is_refused() {
    for length in [1, RINGS * Options::new(4, 8).shape.ring_bytes()] {
        let (kind, text) = refusal(|socket| {
            let (_mapping, memory) = Mapping::new(length).expect("memory");
            send_memory(&socket, &memory);
        });
        assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not a ring"));
    }
}

#[test]
fn rings_that_say_that_they_are_larger_than_their_memory_are_refused() {
    let (kind, text) = refusal(|socket| {
        let shape = Options::new(2, 8).shape;
        let (mapping, memory) = Mapping::new(RINGS * shape.ring_bytes()).expect("memory");
        let region = Region::shared(mapping, shape, RINGS);
        region.about(0).slots.store(1 << 31, std::sync::atomic::Ordering::Relaxed);
        send_memory(&socket, &memory);
    });
    assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not a ring"));
}

#[test]
fn messages_of_no_length_or_longer_than_their_slots_are_refused() {
    for length in [0, 9] {
        let (kind, text) = refusal(|socket| {
            let shape = Options::fixed(4, 8).shape;
            let (mapping, memory) = Mapping::new(RINGS * shape.ring_bytes()).expect("memory");
            let region = Region::shared(mapping, shape, RINGS);
            region.about(0).message_bytes.store(length, std::sync::atomic::Ordering::Relaxed);
            send_memory(&socket, &memory);
        });
        assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not a ring"));
    }
}

#[test]
fn messages_of_one_length_are_accepted_by_who_expects_this_length() {
    let accept = |offered: &Options, most: &Options| {
        let (here, there) = UnixStream::pair().expect("sockets");
        let ours = Connection::offer(&here, offered).expect("an offer");
        (ours, Connection::accept(&there, most))
    };
    let fixed = Options::fixed(4, 8);
    let (mut one, two) = accept(&fixed, &fixed);
    one.sender.send(b"8 bytes.").expect("room");
    assert_eq!(two.expect("as expected").receiver.recv(), Ok(&b"8 bytes."[..]));
    for (offered, most) in [
        (fixed.clone(), Options::new(4, 8)),
        (Options::new(2, 8), fixed.clone()),
        (Options::fixed(4, 7), fixed),
    ] {
        let error = accept(&offered, &most).1.expect_err("they differ");
        assert_eq!(error.to_string(), "messages of another length than is accepted");
    }
}

#[test]
fn rings_that_are_larger_than_what_is_accepted_are_refused() {
    let offer = |slots, longest, arena| {
        let options = Options::new(slots, longest).arena(arena);
        refusal(|socket| drop(Connection::offer(&socket, &options))).1
    };
    assert_eq!(offer(1024, 8, 0), "the shared memory is empty or too large");
    assert_eq!(offer(1, 8, 1024), "the shared memory is empty or too large");
    assert_eq!(offer(1, 16, 0), "a longer message than is accepted");
    assert_eq!(offer(1, 8, 16), "a longer message than is accepted");
}

#[test]
fn an_arena_that_does_not_fit_into_its_memory_or_the_slots_is_refused() {
    for (slot_bytes, arena_bytes) in [(16, 1 << 50), (16, u64::MAX - 7), (16, 12), (8, 16)] {
        let (kind, text) = refusal(|socket| {
            let shape = Options::new(4, 8).arena(8).shape;
            let (mapping, memory) = Mapping::new(RINGS * shape.ring_bytes()).expect("memory");
            let region = Region::shared(mapping, shape, RINGS);
            let about = region.about(0);
            about.slot_bytes.store(slot_bytes, std::sync::atomic::Ordering::Relaxed);
            about.arena_bytes.store(arena_bytes, std::sync::atomic::Ordering::Relaxed);
            send_memory(&socket, &memory);
        });
        assert_eq!((kind, &*text), (ErrorKind::InvalidData, "not a ring"), "{arena_bytes}");
    }
}

#[test]
fn descriptors_that_are_no_sockets_are_a_peer_that_is_gone() {
    let mut end = accept(|socket| {
        let shape = Options::new(4, 8).shape;
        let (mapping, memory) = Mapping::new(RINGS * shape.ring_bytes()).expect("memory");
        drop(Region::shared(mapping, shape, RINGS));
        send(&socket, [memory.as_raw_fd(); DESCRIPTORS]).expect("it is sent");
    })
    .expect("what is wrong shows later");
    assert_eq!(end.receiver.recv(), Err(Disconnected::Gone));
    for _ in 0..4 {
        assert_eq!(end.sender.send(b"1"), Ok(()));
    }
    assert_eq!(end.sender.send(b"1"), Err(SendError::Disconnected(Disconnected::Gone)));
}
