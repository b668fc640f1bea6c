//! What an end with descriptors waits on, and what it wakes the other one with.

#[cfg(not(loom))]
pub(super) use real::{Descriptors, Kind, checked};

#[cfg(not(loom))]
mod real {
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
    use std::sync::Arc;

    use super::super::error::Disconnected;

    /// Two descriptors, or one that is both.
    #[derive(Debug)]
    pub(in super::super) struct Descriptors {
        /// Becomes readable when the other side wakes us.
        own: Arc<OwnedFd>,
        /// What we write to, to wake the other side. With sockets, the same.
        other: Arc<OwnedFd>,
        kind: Kind,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(in super::super) enum Kind {
        #[cfg(target_os = "linux")]
        EventFd,
        Sockets,
    }

    /// Turns -1 into the error that it stands for.
    pub(in super::super) fn checked(result: libc::c_int) -> io::Result<libc::c_int> {
        if result < 0 { Err(io::Error::last_os_error()) } else { Ok(result) }
    }

    impl Descriptors {
        /// For the two ends of one ring, both in this process.
        pub(in super::super) fn pair() -> io::Result<(Descriptors, Descriptors)> {
            #[cfg(target_os = "linux")]
            return Descriptors::event_fds();
            #[cfg(not(target_os = "linux"))]
            return Descriptors::sockets();
        }

        #[cfg(target_os = "linux")]
        fn event_fds() -> io::Result<(Descriptors, Descriptors)> {
            let event = || {
                // SAFETY: it takes two numbers.
                let fd =
                    checked(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })?;
                // SAFETY: it is open, and nobody else knows of it.
                Ok::<_, io::Error>(Arc::new(unsafe { OwnedFd::from_raw_fd(fd) }))
            };
            let (one, two) = (event()?, event()?);
            let first = (Arc::clone(&one), Arc::clone(&two));
            let new = |(own, other)| Descriptors { own, other, kind: Kind::EventFd };
            Ok((new(first), new((two, one))))
        }

        /// For two ends one of which may go to another process.
        pub(in super::super) fn sockets() -> io::Result<(Descriptors, Descriptors)> {
            let (one, two) = std::os::unix::net::UnixStream::pair()?;
            Ok((Descriptors::socket(one.into())?, Descriptors::socket(two.into())?))
        }

        /// An end of such a pair.
        pub(in super::super) fn socket(socket: OwnedFd) -> io::Result<Descriptors> {
            #[cfg(target_vendor = "apple")]
            no_sigpipe(&socket)?;
            let own = Arc::new(socket);
            Ok(Descriptors { other: Arc::clone(&own), own, kind: Kind::Sockets })
        }

        pub(in super::super) fn kind(&self) -> Kind {
            self.kind
        }

        pub(in super::super) fn own(&self) -> &Arc<OwnedFd> {
            &self.own
        }

        /// What to wait on, and what to wake with.
        pub(in super::super) fn numbers(&self) -> (RawFd, RawFd) {
            (self.own.as_raw_fd(), self.other.as_raw_fd())
        }

        /// Sleeps until `own` is readable, or for no reason.
        pub(in super::super) fn wait(&self) -> Result<(), Disconnected> {
            let mut waits =
                libc::pollfd { fd: self.own.as_raw_fd(), events: libc::POLLIN, revents: 0 };
            // SAFETY: one entry, which lives across the call.
            match checked(unsafe { libc::poll(&raw mut waits, 1, -1) }) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    Err(Disconnected::Waiting(error.kind()))
                }
                _ => Ok(()),
            }
        }

        /// Takes back what made `own` readable. False: the other side is gone.
        pub(in super::super) fn take(&self) -> bool {
            // More than wakes ever wait; a peer that writes more makes us come again.
            let mut bytes = [MaybeUninit::<u8>::uninit(); 64];
            let buffer = bytes.as_mut_ptr().cast();
            let read = match self.kind {
                #[cfg(target_os = "linux")]
                // SAFETY: the buffer has room for the 8 bytes. It does not block: nobody but us has
                // it.
                Kind::EventFd => unsafe { libc::read(self.own.as_raw_fd(), buffer, 8) },
                // SAFETY: the buffer is as long as it says. It does not block, whatever the other
                // side made of the socket's flags.
                Kind::Sockets => unsafe {
                    libc::recv(self.own.as_raw_fd(), buffer, bytes.len(), libc::MSG_DONTWAIT)
                },
            };
            self.kind != Kind::Sockets || read > 0 || read < 0 && !is_dead()
        }

        /// Makes the other side's readable. False: it is gone.
        pub(in super::super) fn wake(&self) -> bool {
            while self.write() < 0 {
                if io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
                    return self.kind != Kind::Sockets || !is_dead();
                }
            }
            true
        }

        fn write(&self) -> isize {
            let fd = self.other.as_raw_fd();
            let one = 1_u64.to_ne_bytes();
            match self.kind {
                #[cfg(target_os = "linux")]
                // SAFETY: the bytes are there.
                Kind::EventFd => unsafe { libc::write(fd, one.as_ptr().cast(), one.len()) },
                // SAFETY: the byte is there. It does not block, as in `take`.
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
}

#[cfg(loom)]
pub(super) use modelled::Descriptors;

/// In a model: as far as sleeping and waking go by them, they are a state that stays until it is taken
/// back.
#[cfg(loom)]
mod modelled {
    use std::sync::Arc;

    use super::super::error::Disconnected;
    use super::super::sync::{Condvar, Mutex};

    #[derive(Clone, Debug)]
    pub(in super::super) struct Descriptors {
        own: Arc<Descriptor>,
        other: Arc<Descriptor>,
    }

    #[derive(Debug, Default)]
    struct Descriptor(Mutex<State>, Condvar);

    #[derive(Debug, Default)]
    struct State {
        readable: bool,
        /// Nobody has the other end any more: readable for ever.
        ended: bool,
    }

    impl Descriptor {
        fn change(&self, change: impl FnOnce(&mut State)) {
            change(&mut self.0.lock().expect("no panic"));
            self.1.notify_one();
        }
    }

    impl Descriptors {
        pub(in super::super) fn sockets() -> (Descriptors, Descriptors) {
            let (one, two) = (Arc::<Descriptor>::default(), Arc::<Descriptor>::default());
            let first = Descriptors { own: Arc::clone(&one), other: Arc::clone(&two) };
            (first, Descriptors { own: two, other: one })
        }

        pub(in super::super) fn wait(&self) -> Result<(), Disconnected> {
            let Descriptor(state, changed) = &*self.own;
            let mut state = state.lock().expect("no panic");
            while !state.readable && !state.ended {
                state = changed.wait(state).expect("no panic");
            }
            Ok(())
        }

        pub(in super::super) fn take(&self) -> bool {
            let mut state = self.own.0.lock().expect("no panic");
            let had_something = std::mem::take(&mut state.readable);
            had_something || !state.ended
        }

        pub(in super::super) fn wake(&self) -> bool {
            self.other.change(|state| state.readable = true);
            !self.own.0.lock().expect("no panic").ended
        }

        /// What the kernel does for a process that dies.
        pub(in super::super) fn hang_up(&self) {
            self.other.change(|state| state.ended = true);
        }
    }
}
