//! Sleeping and waking through file descriptors: for ends in other languages and other processes,
//! and for any reactor.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::Arc;
#[cfg(feature = "tokio")]
use std::task::{self, Context};

use super::error::Disconnected;
use super::notify::sealed;

/// Sleeps in `poll` and is woken through a file descriptor.
///
/// In one process that is an eventfd for each end, where the system has it. Between processes, and
/// elsewhere, it is a pair of sockets, of which each end has one: the end of the other process closes
/// them, so it is noticed.
///
/// With the feature `tokio` it also waits in tokio's tasks: those of the runtime in which the first
/// one waited, which must have its input and output enabled, or that panics. Another reactor waits for the descriptor
/// ([`AsFd`]) to become readable, as [`Receiver::ready`](super::Receiver::ready) says.
#[derive(Debug)]
pub struct Events {
    /// The runtime in which a task first waited. Declared before what it watches.
    #[cfg(feature = "tokio")]
    reactor: Option<tokio::io::unix::AsyncFd<Arc<OwnedFd>>>,
    /// Becomes readable when the other side wakes us.
    own: Arc<OwnedFd>,
    /// What we write to, to wake the other side. With sockets, the same.
    other: Arc<OwnedFd>,
    kind: Kind,
    gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    #[cfg(target_os = "linux")]
    EventFd,
    Sockets,
}

/// Turns -1 into the error that it stands for.
pub(super) fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
}

impl Events {
    /// For the two ends of one ring, both in this process.
    pub(super) fn pair() -> io::Result<(Events, Events)> {
        #[cfg(target_os = "linux")]
        return Events::event_fds();
        #[cfg(not(target_os = "linux"))]
        return Events::sockets();
    }

    #[cfg(target_os = "linux")]
    fn event_fds() -> io::Result<(Events, Events)> {
        let event = || {
            // SAFETY: it takes two numbers.
            let fd = checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
            // SAFETY: it is open, and nobody else knows of it.
            Ok::<_, io::Error>(Arc::new(unsafe { OwnedFd::from_raw_fd(fd) }))
        };
        let (one, two) = (event()?, event()?);
        let first = Events::new(Arc::clone(&one), Arc::clone(&two), Kind::EventFd);
        Ok((first, Events::new(two, one, Kind::EventFd)))
    }

    /// For two ends one of which may go to another process.
    pub(super) fn sockets() -> io::Result<(Events, Events)> {
        let (one, two) = std::os::unix::net::UnixStream::pair()?;
        Ok((Events::socket(one.into())?, Events::socket(two.into())?))
    }

    /// An end of such a pair.
    pub(super) fn socket(socket: OwnedFd) -> io::Result<Events> {
        #[cfg(target_vendor = "apple")]
        no_sigpipe(&socket)?;
        let socket = Arc::new(socket);
        Ok(Events::new(Arc::clone(&socket), socket, Kind::Sockets))
    }

    fn new(own: Arc<OwnedFd>, other: Arc<OwnedFd>, kind: Kind) -> Events {
        Events {
            own,
            other,
            kind,
            gone: false,
            #[cfg(feature = "tokio")]
            reactor: None,
        }
    }

    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    /// What to wait on, and what to wake with.
    pub(super) fn descriptors(&self) -> (RawFd, RawFd) {
        (self.own.as_raw_fd(), self.other.as_raw_fd())
    }

    /// Takes back what made `own` readable, and notices whether the other side is gone.
    pub(super) fn clear(&mut self) {
        // More than wakes ever wait; a peer that writes more makes us come again.
        let mut bytes = [MaybeUninit::<u8>::uninit(); 64];
        let buffer = bytes.as_mut_ptr().cast();
        let read = match self.kind {
            #[cfg(target_os = "linux")]
            // SAFETY: the buffer has room for the 8 bytes. It does not block: nobody but us has it.
            Kind::EventFd => unsafe { libc::read(self.own.as_raw_fd(), buffer, 8) },
            // SAFETY: the buffer is as long as it says. It does not block, whatever the other side
            // made of the socket's flags.
            Kind::Sockets => unsafe {
                libc::recv(self.own.as_raw_fd(), buffer, bytes.len(), libc::MSG_DONTWAIT)
            },
        };
        self.gone |= self.kind == Kind::Sockets && (read == 0 || read < 0 && is_dead());
    }

    fn write(&self) -> isize {
        let fd = self.other.as_raw_fd();
        let one = 1_u64.to_ne_bytes();
        match self.kind {
            #[cfg(target_os = "linux")]
            // SAFETY: the bytes are there.
            Kind::EventFd => unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) },
            // SAFETY: the byte is there. It does not block, as in `clear`.
            Kind::Sockets => unsafe { libc::send(fd, one.as_ptr().cast(), 1, SEND_FLAGS) },
        }
    }
}

#[cfg(not(target_vendor = "apple"))]
const SEND_FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
#[cfg(target_vendor = "apple")]
const SEND_FLAGS: libc::c_int = libc::MSG_DONTWAIT;

/// Where `send` has no flag for it.
#[cfg(target_vendor = "apple")]
fn no_sigpipe(socket: &OwnedFd) -> io::Result<()> {
    let yes: libc::c_int = 1;
    let length = size_of_val(&yes) as libc::socklen_t;
    let (level, option) = (libc::SOL_SOCKET, libc::SO_NOSIGPIPE);
    // SAFETY: the option is an int, which is there.
    checked(unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const yes).cast(), length)
    })?;
    Ok(())
}

/// Whether the last call failed because nobody is at the other end.
fn is_dead() -> bool {
    let error = io::Error::last_os_error().kind();
    // A full socket has been woken often enough; an interrupted call is made again by the caller.
    !matches!(error, io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

impl sealed::Notify for Events {
    fn wake(&mut self) {
        while self.write() < 0 {
            if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                self.gone |= self.kind == Kind::Sockets && is_dead();
                return;
            }
        }
    }

    fn gone(&self) -> bool {
        self.gone
    }
}

impl sealed::Block for Events {
    /// A wake-up is kept until `clear`, and `sleep` clears when it ends.
    fn prepare(&mut self) {}

    fn sleep(&mut self) -> Result<(), Disconnected> {
        let mut waits = libc::pollfd { fd: self.own.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one entry, which lives across the call.
        if let Err(error) = checked(unsafe { libc::poll(&raw mut waits, 1, -1) })
            && error.kind() != io::ErrorKind::Interrupted
        {
            return Err(Disconnected::Waiting(error.kind()));
        }
        self.clear();
        Ok(())
    }
}

#[cfg(feature = "tokio")]
impl sealed::Poll for Events {
    fn register(&mut self, context: &mut Context<'_>) -> Result<(), Disconnected> {
        use tokio::io::{Interest, unix::AsyncFd};

        let waiting = |error: io::Error| Disconnected::Waiting(error.kind());
        if self.reactor.is_none() {
            let own = Arc::clone(&self.own);
            // SAFETY: the descriptor is open for as long as it is owned by what is handed over, and
            // is always the same.
            let reactor = unsafe { AsyncFd::register_with_interest(own, Interest::READABLE) };
            self.reactor = Some(reactor.map_err(|error| waiting(error.into_parts().1))?);
        }
        // A dead peer's socket is ready for ever.
        while !self.gone {
            let reactor = self.reactor.as_ref().expect("made above");
            match reactor.poll_read_ready(context) {
                // The event came before we began to sleep.
                task::Poll::Ready(ready) => ready.map_err(waiting)?.clear_ready(),
                task::Poll::Pending => break,
            }
            self.clear();
        }
        Ok(())
    }
}

/// Readable when the other side wakes us.
impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.own.as_fd()
    }
}
