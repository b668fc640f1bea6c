//! The ring of one trait.

use std::ffi::c_void;
use std::io;
use std::os::fd::AsFd;
use std::sync::atomic::AtomicU64;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use super::receive::{self, Answering};
use super::send::{self, Sending};
use super::streams;
use crate::CallError;
use crate::call::raw::{self, Answer, Functions};
use crate::call::stream;
use crate::ring::{Connection, Meta, Options, Peer};

/// So many messages have room in each direction.
const SLOTS: usize = 256;
/// So many words has a message to Rust.
pub(super) const ANSWER_WORDS: usize = 3;

/// The peer begins to serve its end, on a thread or goroutine of its own, and returns 0; or it can't,
/// and returns something else.
pub type Serve = unsafe extern "C" fn(end: *const End) -> i32;

/// What the peer gets: `foreign_call_mem_end` in C. What it says is good for as long as the process
/// lives, if the peer serves.
#[derive(Debug)]
#[repr(C)]
pub struct End {
    /// To be attached to, once.
    ring: Meta,
    /// So many messages to Rust were dealt with: what they led to is the peer's again.
    taken: *const AtomicU64,
    /// For what is asked about a call. Answers go over the ring.
    rust: &'static Functions,
}

/// The peer may ask about a call, and not answer it this way.
static ASKED: Functions = Functions {
    answer: refuse,
    state: streams::state,
    wait_for_room: Some(stream::wait_for_room_of_any),
};

unsafe extern "C" fn refuse(_handle: usize, _status: u32, _view: *const c_void) -> u32 {
    raw::refuse()
}

/// The ring of one trait, which is made at the first call. Only in a `static`.
#[derive(Debug)]
pub struct Link {
    serve: Serve,
    answers: &'static [Answering],
    /// The most that a message to the peer has.
    words: usize,
    /// Counted by the receiving thread, for the peer.
    taken: AtomicU64,
    /// And what the peer was lent.
    sending: OnceLock<(Mutex<Sending>, Peer)>,
    /// Held while the connection is made.
    making: Mutex<()>,
}

impl Link {
    /// For a trait whose marked functions are answered like this, and called by messages of at most so
    /// many words.
    pub const fn new(serve: Serve, answers: &'static [Answering], words: usize) -> Link {
        Link {
            serve,
            answers,
            words,
            taken: AtomicU64::new(0),
            sending: OnceLock::new(),
            making: Mutex::new(()),
        }
    }

    /// Makes the connection, unless it is there.
    fn sending(&'static self) -> Answer<&'static Mutex<Sending>> {
        if let Some((sending, _)) = self.sending.get() {
            return Ok(sending);
        }
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((sending, _)) = self.sending.get() {
            return Ok(sending);
        }
        let made = self.connect().map_err(|error| Box::new(CallError::NoRing(error.kind())))?;
        Ok(&self.sending.get_or_init(|| made).0)
    }

    /// Sends a message, when there is room.
    pub(super) async fn send(&'static self, message: &[u8]) -> Answer<()> {
        let sent = send::send(self.sending()?, message).await;
        sent.map_err(|_| Box::new(CallError::Unanswered))
    }

    /// Sends a message at once, unless somebody waits for room or has to.
    pub(super) fn try_send(&'static self, message: &[u8]) -> bool {
        self.sending().is_ok_and(|sending| send::try_send(sending, message))
    }

    fn connect(&'static self) -> io::Result<(Mutex<Sending>, Peer)> {
        let longest = ANSWER_WORDS.max(self.words) * size_of::<u64>();
        let (ours, theirs) = Connection::with_descriptors(&Options::new(SLOTS, longest))?;
        let Connection { sender, receiver } = ours;
        let room = sender.as_fd().try_clone_to_owned()?;
        // If the peer does not serve, its end is closed, and with that the thread ends.
        let thread = thread::Builder::new().name("foreign_call mem".to_owned());
        thread.spawn(move || receive::run(self, receiver, &room))?;
        let theirs = Peer::new(theirs);
        let end = End { ring: theirs.meta(), taken: &raw const self.taken, rust: &ASKED };
        // SAFETY: what it leads to stays: once the peer serves, the connection goes into a static, and
        // the rest is in one already.
        let status = unsafe { (self.serve)(&raw const end) };
        if status != 0 {
            return Err(io::Error::other("the peer does not serve"));
        }
        Ok((Sending::new(sender), theirs))
    }

    /// The peer has told of room.
    pub(super) fn room_came(&self) {
        let Some((sending, _)) = self.sending.get() else { return };
        send::room_came(sending);
    }

    pub(super) fn answers(&self) -> &'static [Answering] {
        self.answers
    }

    pub(super) fn taken(&self) -> &AtomicU64 {
        &self.taken
    }
}
