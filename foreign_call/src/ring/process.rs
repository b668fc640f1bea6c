//! A connection to another process: its memory and its sockets go over a Unix socket.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::sync::Arc;

use super::connection::{Connection, FIRST_SENDS, RINGS, SECOND_SENDS};
use super::descriptors::checked;
use super::events::Events;
use super::layout::MAGIC;
use super::memory::Mapping;
use super::options::Options;
use super::region::Region;

/// The memory, and a socket for each ring.
const DESCRIPTORS: usize = 3;
/// They are sent beside these bytes.
const GREETING: [u8; 8] = MAGIC.to_ne_bytes();

impl Connection<Events> {
    /// Makes a connection, and gives the other end of it to the process at the other end of `socket`,
    /// which [accepts](Connection::accept) it; in C by `foreign_call_ring_accept`, in Go by `ring.Accept`.
    ///
    /// The two ends don't trust each other. Each copies a message once into memory of its own, and
    /// checks it there; it keeps its own index in private, and checks the other one's. So a peer
    /// that breaks the rules can lose messages, keep an end waiting or make it
    /// [`Corrupt`](super::Disconnected::Corrupt), and nothing worse.
    ///
    /// A peer that dies closes its sockets, so whoever waits for it, or waits next, gets
    /// [`Gone`](super::Disconnected::Gone), after the messages that it had sent.
    ///
    /// `socket` is used for this only, and may be closed afterwards. A process has two descriptors a
    /// connection. After `fork` the child may not use them.
    ///
    /// # Errors
    ///
    /// The system refused it, or the other process is gone.
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    ///
    /// use foreign_call::ring::{Connection, Disconnected, Options};
    ///
    /// let options = Options::new(64, 32);
    /// let (here, there) = UnixStream::pair()?;
    /// # let limits = options.clone();
    /// // Elsewhere, in the other process:
    /// let process = std::thread::spawn(move || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    ///     let mut end = Connection::accept(&there, &limits)?;
    ///     let question = end.receiver.recv()?.to_vec();
    ///     Ok(end.sender.send(&[&question[..], b" to you"].concat())?)
    /// });
    /// let mut end = Connection::offer(&here, &options)?;
    /// end.sender.send(b"hello")?;
    /// assert_eq!(end.receiver.recv()?, b"hello to you");
    /// assert_eq!(end.receiver.recv(), Err(Disconnected::Closed));
    /// # process.join().expect("no panic").expect("no error");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn offer(socket: &UnixStream, options: &Options) -> io::Result<Connection<Events>> {
        let (mapping, memory) = Mapping::new(RINGS * options.shape.ring_bytes())?;
        let (sending, their_receiving) = Events::sockets()?;
        let (their_sending, receiving) = Events::sockets()?;
        let [(their_sending_fd, _), (their_receiving_fd, _)] =
            [&their_sending, &their_receiving].map(|events| events.descriptors().numbers());
        let descriptors = [memory.as_raw_fd(), their_sending_fd, their_receiving_fd];
        // What it is stands in the memory before the other process can look.
        let region = Arc::new(Region::shared(mapping, options.shape, RINGS));
        send(socket, descriptors)?;
        Ok(Connection::new(&region, options, (FIRST_SENDS, sending), receiving))
    }

    /// Waits for the process at the other end of `socket` to [offer](Connection::offer) a connection; in
    /// C that is `foreign_call_ring_offer`, in Go `ring.Offer`.
    ///
    /// Accepted is what has no more memory in all than `most`, and no longer messages, whether in slots
    /// or in an arena. Messages of one length ([`Options::fixed`]) are accepted where `most` says the
    /// same length, and only these. `most` also says how large the spill of this end is. The socket's
    /// read timeout holds.
    ///
    /// # Errors
    ///
    /// What came is no such offer, or a larger one, or the other process is gone.
    pub fn accept(socket: &UnixStream, most: &Options) -> io::Result<Connection<Events>> {
        let [memory, sending, receiving] = receive(socket)?;
        let mapping = Mapping::attach(&memory, RINGS * most.shape.ring_bytes())?;
        let not_a_ring = || io::Error::new(io::ErrorKind::InvalidData, "not a ring");
        let region = Arc::new(Region::attach(mapping, RINGS).ok_or_else(not_a_ring)?);
        if region.shape().longest() > most.longest() {
            return Err(io::Error::other("a longer message than is accepted"));
        }
        if region.shape().message_bytes() != most.message_bytes() {
            return Err(io::Error::other("messages of another length than is accepted"));
        }
        let (sending, receiving) = (Events::socket(sending)?, Events::socket(receiving)?);
        Ok(Connection::new(&region, most, (SECOND_SENDS, sending), receiving))
    }
}

#[cfg(test)]
#[path = "process_tests.rs"]
mod tests;

/// Room for the descriptors beside a message, aligned as the system wants it.
#[repr(C)]
union Beside {
    header: libc::cmsghdr,
    bytes: [u8; 64],
}

const FD_BYTES: u32 = (DESCRIPTORS * size_of::<RawFd>()) as u32;

/// A message of these bytes, with room beside it.
fn message(bytes: &mut libc::iovec, beside: &mut Beside, length: u32) -> libc::msghdr {
    // SAFETY: zeros are a message without anything.
    let mut message = unsafe { std::mem::zeroed::<libc::msghdr>() };
    message.msg_iov = bytes;
    message.msg_iovlen = 1;
    message.msg_control = ptr::from_mut(beside).cast();
    // `usize` in glibc, `u32` in musl; and so are the lengths below.
    message.msg_controllen = length as _;
    message
}

fn send(socket: &UnixStream, descriptors: [RawFd; DESCRIPTORS]) -> io::Result<()> {
    let mut greeting = GREETING;
    let mut bytes = libc::iovec { iov_base: greeting.as_mut_ptr().cast(), iov_len: greeting.len() };
    let mut beside = Beside { bytes: [0; 64] };
    // SAFETY: it computes a number.
    let length = unsafe { libc::CMSG_SPACE(FD_BYTES) };
    let message = message(&mut bytes, &mut beside, length);
    // SAFETY: the message has room for a header, so there is a first one.
    let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
    // SAFETY: zeros are a header. musl's has a field of its own.
    let mut value = unsafe { std::mem::zeroed::<libc::cmsghdr>() };
    // SAFETY: it computes a number.
    value.cmsg_len = unsafe { libc::CMSG_LEN(FD_BYTES) } as _;
    value.cmsg_level = libc::SOL_SOCKET;
    value.cmsg_type = libc::SCM_RIGHTS;
    // SAFETY: the header lies in `beside`, which is aligned for it.
    unsafe { header.write(value) };
    // SAFETY: the data follows its header.
    let data = unsafe { libc::CMSG_DATA(header) };
    // SAFETY: `length` counted so many descriptors in.
    unsafe { data.cast::<[RawFd; DESCRIPTORS]>().write_unaligned(descriptors) };
    let sent = loop {
        // SAFETY: the message and what it points to live across the call.
        match unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, libc::MSG_NOSIGNAL) } {
            -1 if interrupted() => {}
            sent => break sent,
        }
    };
    match usize::try_from(sent) {
        Ok(sent) if sent == GREETING.len() => Ok(()),
        Ok(_) => Err(io::ErrorKind::WriteZero.into()),
        Err(_) => Err(io::Error::last_os_error()),
    }
}

fn interrupted() -> bool {
    io::Error::last_os_error().kind() == io::ErrorKind::Interrupted
}

fn receive(socket: &UnixStream) -> io::Result<[OwnedFd; DESCRIPTORS]> {
    let mut greeting = [0; GREETING.len()];
    let mut bytes = libc::iovec { iov_base: greeting.as_mut_ptr().cast(), iov_len: greeting.len() };
    let mut beside = Beside { bytes: [0; 64] };
    let mut message = message(&mut bytes, &mut beside, size_of::<Beside>() as u32);
    let flags = libc::MSG_CMSG_CLOEXEC;
    let received = loop {
        // SAFETY: the message and what it points to live across the call.
        match unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, flags) } {
            -1 if interrupted() => {}
            received => break received,
        }
    };
    let received = checked(received as libc::c_int)?;
    // Whatever came is ours now, beside no bytes too, and is closed if it is not what we want.
    let descriptors = owned(&message);
    if received == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if message.msg_flags & libc::MSG_CTRUNC != 0 || greeting != GREETING {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not an offer of a ring"));
    }
    let wrong = |_| io::Error::new(io::ErrorKind::InvalidData, "not three descriptors");
    descriptors.try_into().map_err(wrong)
}

/// All descriptors that came with a message.
fn owned(message: &libc::msghdr) -> Vec<OwnedFd> {
    let mut descriptors = Vec::new();
    // SAFETY: the kernel filled the message in.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    while !header.is_null() {
        // SAFETY: it lies in the message's room, aligned.
        let about = unsafe { header.read() };
        if (about.cmsg_level, about.cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
            // SAFETY: the data follows its header.
            let data = unsafe { libc::CMSG_DATA(header) }.cast::<RawFd>();
            // SAFETY: it computes a number.
            let before = unsafe { libc::CMSG_LEN(0) } as usize;
            for number in 0..(about.cmsg_len as usize - before) / size_of::<RawFd>() {
                // SAFETY: the header says that there are so many.
                let place = unsafe { data.add(number) };
                // SAFETY: as above.
                let descriptor = unsafe { place.read_unaligned() };
                // SAFETY: the kernel opened it for us, and nobody else knows of it.
                descriptors.push(unsafe { OwnedFd::from_raw_fd(descriptor) });
            }
        }
        // SAFETY: the header is one of this message.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    descriptors
}
