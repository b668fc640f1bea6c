//! Offers that no end of ours makes, and what is left of them.
#![cfg(target_os = "linux")]

use std::io::{ErrorKind, IoSlice, Read};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;

use foreign_call::ring::{Connection, Options};
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType,
    sendmsg, socketpair,
};

/// A socket that keeps messages apart carries descriptors beside no bytes, too.
#[test]
fn descriptors_that_come_beside_nothing_are_closed() {
    let flags = SocketFlags::CLOEXEC;
    let packets = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None);
    let (here, there) = packets.expect("sockets");
    let (mut watched, sent) = UnixStream::pair().expect("sockets");
    let descriptors = [sent.as_fd(); 3];
    let mut space = [MaybeUninit::uninit(); 64];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    assert!(beside.push(SendAncillaryMessage::ScmRights(&descriptors)), "there is room");
    let nothing = sendmsg(&there, &[IoSlice::new(b"")], &mut beside, SendFlags::NOSIGNAL);
    assert_eq!(nothing, Ok(0));
    drop(sent);

    let error = Connection::accept(&UnixStream::from(here), &Options::new(4, 24));
    assert_eq!(error.expect_err("it is no offer").kind(), ErrorKind::UnexpectedEof);

    // Nobody has the other end any more.
    watched.set_nonblocking(true).expect("a socket");
    assert_eq!(watched.read(&mut [0]).map_err(|error| error.kind()), Ok(0));
}
