//! The process that serves a trait: how it is found, and how it is lost.

use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::thread;

use arc_swap::ArcSwapOption;

use super::open::{Answering, Open, Ticket};
use super::receive;
use crate::CallError;
use crate::call::mem::send::{self, Sending};
use crate::call::raw::Answer;
use crate::ring::{Connection, Disconnected, Options, TrySendError};

/// The shortest messages of a ring that is good for calls: a failure with some words has room in each.
const LEAST: usize = 128;

/// The process that serves one trait, once there is one. Only in a `static`.
pub struct Process {
    name: &'static str,
    /// The number of the trait's interface.
    interface: u64,
    session: ArcSwapOption<Session>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Process {
    /// For a trait of this name, whose interface has this number.
    pub const fn new(name: &'static str, interface: u64) -> Process {
        Process { name, interface, session: ArcSwapOption::const_empty() }
    }

    /// From now on the process at the other end of `socket` is called.
    ///
    /// # Errors
    ///
    /// It can't be, or won't be; then all is as before.
    pub fn connect(&self, mut socket: &UnixStream, options: &Options) -> io::Result<()> {
        if options.longest() < LEAST {
            let why = format!("calls need messages of {LEAST} bytes and more");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        // Who waits for room does so in a task, so nothing is spilled.
        let connection = Connection::offer(socket, &options.clone().spill(0))?;
        socket.write_all(&self.interface.to_ne_bytes())?;
        let mut theirs = [0; size_of::<u64>()];
        socket.read_exact(&mut theirs)?;
        let theirs = u64::from_ne_bytes(theirs);
        if theirs != self.interface {
            let why = format!(
                "the process serves another version of `{}` ({theirs:016x}, but this program has \
                 {:016x}): run foreign-call-cli again and rebuild it",
                self.name, self.interface
            );
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        // The one before ends when the last of its calls has.
        drop(self.session.swap(Some(Session::begin(connection)?)));
        Ok(())
    }

    /// From now on nothing is called. The process gets to know once its last call has ended.
    pub fn disconnect(&self) {
        drop(self.session.swap(None));
    }

    pub(super) fn session(&self) -> Answer<Arc<Session>> {
        let not_connected = || Box::new(CallError::NoRing(io::ErrorKind::NotConnected));
        self.session.load_full().ok_or_else(not_connected)
    }
}

/// One process, from its connection to its end. Who calls it keeps it open.
pub(super) struct Session {
    sending: Mutex<Sending>,
    longest: usize,
    open: Arc<Open>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("open", &self.open).finish_non_exhaustive()
    }
}

impl Session {
    fn begin(connection: Connection<crate::ring::Events>) -> io::Result<Arc<Session>> {
        let Connection { sender, receiver } = connection;
        let room = sender.as_fd().try_clone_to_owned()?;
        let open = Arc::new(Open::default());
        let session = Arc::new(Session {
            longest: sender.longest(),
            sending: Sending::new(sender),
            open: Arc::clone(&open),
        });
        // The thread does not keep the session open: it ends with it.
        let of_thread = Arc::downgrade(&session);
        let thread = thread::Builder::new().name("foreign_call process".to_owned());
        thread.spawn(move || {
            let why = receive::run(receiver, &room, &open, &of_thread);
            open.end(why);
            if let Some(session) = of_thread.upgrade() {
                send::end(&session.sending, why);
            }
        })?;
        Ok(session)
    }

    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Sends a message, when there is room.
    pub(super) async fn send(&self, message: &[u8]) -> Answer<()> {
        let sent = send::send(&self.sending, message).await;
        sent.map_err(|why| {
            Box::new(match why {
                TrySendError::Disconnected(why) => CallError::Gone(why),
                // It has waited for room, was as long as it may be, and the ring takes any length.
                TrySendError::Full
                | TrySendError::TooLong { .. }
                | TrySendError::WrongLength { .. } => CallError::Unanswered,
            })
        })
    }

    /// A call, before it is sent.
    pub(super) fn open(&self, handle: usize, answering: &'static Answering) -> Answer<Ticket<'_>> {
        let gone = |why: Disconnected| Box::new(CallError::Gone(why));
        self.open.open(handle, answering).map_err(gone)
    }

    /// The process has told of room.
    pub(super) fn room_came(&self) {
        send::room_came(&self.sending);
    }
}
