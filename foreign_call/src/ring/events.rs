//! Sleeping and waking through file descriptors: for ends in other languages and other processes,
//! and for any reactor.

#[cfg(not(loom))]
use std::io;
#[cfg(not(loom))]
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
#[cfg(all(feature = "tokio", not(loom)))]
use std::sync::Arc;
#[cfg(all(feature = "tokio", not(loom)))]
use std::task::{self, Context};

use callback_bridge::fence::Fence;

use super::descriptors::Descriptors;
use super::error::Disconnected;
use super::fault::{Fault, fault};
use super::notify::sealed;

/// Sleeps in `poll` and is woken through a file descriptor.
///
/// In one process that is an eventfd for each end, where the system has it. Between processes, and
/// elsewhere, it is a pair of sockets, of which each end has one: the end of the other process closes
/// them, so it is noticed.
///
/// With the feature `tokio` it also waits in tokio's tasks: those of the runtime in which the first
/// one waited, which must have its input and output enabled, or that panics. Another reactor waits for
/// the descriptor ([`AsFd`]) to become readable, as [`Receiver::ready`](super::Receiver::ready) says.
#[derive(Debug)]
pub struct Events {
    /// The runtime in which a task first waited. Declared before what it watches.
    #[cfg(all(feature = "tokio", not(loom)))]
    reactor: Option<tokio::io::unix::AsyncFd<Arc<OwnedFd>>>,
    descriptors: Descriptors,
    gone: bool,
}

#[cfg(not(loom))]
impl Events {
    /// For the two ends of one ring, both in this process.
    pub(super) fn pair() -> io::Result<(Events, Events)> {
        let (one, two) = Descriptors::pair()?;
        Ok((Events::new(one), Events::new(two)))
    }

    /// For two ends one of which may go to another process.
    pub(super) fn sockets() -> io::Result<(Events, Events)> {
        let (one, two) = Descriptors::sockets()?;
        Ok((Events::new(one), Events::new(two)))
    }

    /// An end of such a pair.
    pub(super) fn socket(socket: OwnedFd) -> io::Result<Events> {
        Ok(Events::new(Descriptors::socket(socket)?))
    }
}

impl Events {
    pub(super) fn new(descriptors: Descriptors) -> Events {
        Events {
            #[cfg(all(feature = "tokio", not(loom)))]
            reactor: None,
            descriptors,
            gone: false,
        }
    }

    pub(super) fn descriptors(&self) -> &Descriptors {
        &self.descriptors
    }

    /// Takes back what woke us, and notices whether the other side is gone.
    pub(super) fn clear(&mut self) {
        self.gone |= !self.descriptors.take();
    }
}

impl sealed::Notify for Events {
    /// C, Go and other processes fence for themselves only.
    fn fence() -> Fence {
        Fence::BothSides
    }

    fn wake(&mut self) {
        self.gone |= !self.descriptors.wake();
    }

    fn gone(&self) -> bool {
        self.gone
    }
}

impl sealed::Block for Events {
    /// A wake-up is kept until `clear`, and `sleep` clears when it ends.
    fn prepare(&mut self) {}

    fn sleep(&mut self) -> Result<(), Disconnected> {
        if fault(Fault::ClearBeforeSleep) {
            self.clear();
        }
        self.descriptors.wait()?;
        self.clear();
        Ok(())
    }
}

#[cfg(all(feature = "tokio", not(loom)))]
impl sealed::Poll for Events {
    fn register(&mut self, context: &mut Context<'_>) -> Result<(), Disconnected> {
        use tokio::io::{Interest, unix::AsyncFd};

        let waiting = |error: io::Error| Disconnected::Waiting(error.kind());
        if self.reactor.is_none() {
            let own = Arc::clone(self.descriptors.own());
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
#[cfg(not(loom))]
impl AsFd for Events {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptors.own().as_fd()
    }
}
