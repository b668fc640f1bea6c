//! Steps that bytes choose: of an end in Rust, of the other one in C, and of who writes into the
//! memory of both.
//!
//! One thread takes them all, so nothing is written in the middle of a step: for that there is
//! `tests/hostile.rs`.

use std::collections::VecDeque;

use foreign_call::ring::{
    Connection, Disconnected, Events, Options, Peer, TryRecvError, TrySendError,
};

use crate::hostile::{assert_possible, write};
use crate::stepped::Stepped;
use crate::{CLOSED, CORRUPT, GONE, NOT_NOW, TOO_LONG};

/// Takes the steps, and asserts that each ends as it may. As long as nobody writes into the memory,
/// each message arrives, whole and in order; afterwards another one may come, of a possible length.
pub fn judge(bytes: &[u8]) {
    let mut steps = Steps { bytes: bytes.iter(), slot_bytes: 0, wrote: false };
    let Some(mut ends) = Ends::chosen(&mut steps) else { return };
    while let Some(step) = steps.next() {
        ends.take(step, &mut steps);
    }
}

/// Bytes that choose; zeros when they are used up.
struct Steps<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// Of the ring that was chosen.
    slot_bytes: u64,
    /// Something was written into the memory.
    wrote: bool,
}

impl Steps<'_> {
    fn next(&mut self) -> Option<u8> {
        self.bytes.next().copied()
    }

    fn byte(&mut self) -> u8 {
        self.next().unwrap_or(0)
    }

    /// Writes a word into one of the rings: often one of what both sides write, or the length of a
    /// message or its place in the arena, and close to what an honest one would.
    fn write(&mut self, theirs: &Peer, options: &Options) {
        self.wrote = true;
        let meta = theirs.meta();
        let (kind, place) = (self.byte(), u64::from(self.byte()));
        let (slots, longest) = (options.slots() as u64, options.longest() as u64);
        let offset = match kind / 2 % 4 {
            0 | 1 => SHARED_WORDS[place as usize % SHARED_WORDS.len()],
            2 => 640 + place % slots * self.slot_bytes + place / 128 * 8,
            _ => (place + 256 * u64::from(self.byte())) % (meta.ring_bytes / 8) * 8,
        };
        let value = match self.byte() {
            255 => u64::from_le_bytes(std::array::from_fn(|_| self.byte())),
            byte @ 250.. => u64::MAX - u64::from(byte - 250),
            byte @ 240.. => longest.wrapping_add(u64::from(byte)).wrapping_sub(245),
            byte @ 200.. => IN_ARENA + u64::from(byte - 200) * 2,
            byte => u64::from(byte),
        };
        let ring = if kind % 2 == 0 { &meta.send } else { &meta.receive };
        write(ring, offset, value);
    }
}

/// Of what the ring is, the indices and the flags.
const SHARED_WORDS: [u64; 9] = [0, 8, 16, 24, 128, 256, 384, 392, 512];

/// In the length of a message.
const IN_ARENA: u64 = 1 << 63;

/// Of the rings that have one: some bytes fewer than the longest message that is tried.
const ARENA: usize = 56;

/// So many messages an end in Rust keeps at most.
const SPILL: usize = 2;

struct Ends {
    rust: Connection<Events>,
    c: Option<Stepped>,
    /// Lent to C, so it stays longer.
    theirs: Peer,
    options: Options,
    longest_in_slot: usize,
    /// Nobody has gone yet, or written into the memory.
    honest: bool,
    hung_up: bool,
    /// Which messages are on their way, while all are honest.
    to_c: VecDeque<Vec<u8>>,
    to_rust: VecDeque<Vec<u8>>,
    sent: u8,
}

impl Ends {
    /// None: what was written into the memory is no ring any more.
    fn chosen(steps: &mut Steps<'_>) -> Option<Ends> {
        let (kind, longest) = (steps.byte(), usize::from(steps.byte() % 41));
        let slots = 1 << (kind % 4);
        let options = Options::new(slots, longest).spill(SPILL);
        let options = if kind & 8 == 0 { options } else { options.arena(ARENA) };
        // A slot has room for a place in the arena, too.
        let least = if kind & 8 == 0 { 0 } else { 1 };
        steps.slot_bytes = 8 + longest.max(least).next_multiple_of(8) as u64;
        let (rust, theirs) = match kind & 4 == 0 {
            #[cfg(target_os = "linux")]
            false => between_processes(&options, |theirs| {
                (0..kind >> 4 & 3).for_each(|_| steps.write(theirs, &options));
            })?,
            _ => {
                let (rust, theirs) = Connection::with_descriptors(&options).expect("descriptors");
                (rust, Peer::new(theirs))
            }
        };
        Some(Ends {
            rust,
            c: None,
            theirs,
            options,
            longest_in_slot: steps.slot_bytes as usize - 8,
            honest: !steps.wrote,
            hung_up: false,
            to_c: VecDeque::new(),
            to_rust: VecDeque::new(),
            sent: 0,
        })
    }

    fn take(&mut self, step: u8, steps: &mut Steps<'_>) {
        match step % 8 {
            0 => self.rust_sends(usize::from(step / 8)),
            1 => self.rust_receives(),
            2 => self.c_sends(usize::from(step / 8)),
            3 => self.c_receives(),
            4 => self.rust_looks(),
            5 => self.c_attaches(),
            6 => {
                self.honest = false;
                steps.write(&self.theirs, &self.options);
            }
            _ => self.somebody_goes(step / 8),
        }
    }

    /// Up to 31 bytes, or 62: longer ones than some rings take.
    fn message(&mut self, length: usize) -> Vec<u8> {
        self.sent = self.sent.wrapping_add(1);
        vec![self.sent; length + length % 2 * length]
    }

    fn rust_sends(&mut self, length: usize) {
        let message = self.message(length);
        match self.rust.sender.try_send(&message) {
            Ok(()) => self.to_c.push_back(message),
            Err(TrySendError::Full) if self.honest => {
                assert_eq!(self.rust.sender.spilled(), SPILL);
                let in_ring = self.to_c.len() - SPILL;
                assert!(in_ring == self.options.slots() || self.arena_is_used(&self.to_c));
            }
            Err(TrySendError::Full) => {}
            Err(TrySendError::TooLong { longest }) => {
                // Less, if that was written before the ring was accepted.
                assert!(longest <= self.options.longest() && longest < message.len());
            }
            Err(TrySendError::Disconnected(why)) => self.assert_possible(why),
            Err(error) => panic!("{error:?}"),
        }
        assert!(self.rust.sender.spilled() <= SPILL);
    }

    fn rust_receives(&mut self) {
        match self.rust.receiver.try_recv() {
            Ok(message) if self.honest => assert_eq!(self.to_rust.pop_front().unwrap(), message),
            Ok(message) => assert!(message.len() <= self.options.longest()),
            Err(TryRecvError::Empty) => assert!(!self.honest || self.to_rust.is_empty()),
            Err(TryRecvError::Disconnected(why)) => self.assert_possible(why),
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Whether there is one, and it may have no room: how its bytes lie is for its sender to know.
    fn arena_is_used(&self, messages: &VecDeque<Vec<u8>>) -> bool {
        let in_slot = self.longest_in_slot;
        self.options.longest() > in_slot && messages.iter().any(|message| message.len() > in_slot)
    }

    fn assert_possible(&self, why: Disconnected) {
        assert!(!self.honest, "{why:?}");
        if !(self.hung_up && why == Disconnected::Gone) {
            assert_possible(why);
        }
    }

    /// Whatever it says, it says it at once.
    fn rust_looks(&mut self) {
        let room = self.rust.sender.ready();
        let message = self.rust.receiver.ready();
        if self.honest {
            let in_ring = self.to_c.len() - self.rust.sender.spilled();
            let may_be_full = self.arena_is_used(&self.to_c);
            assert!(room == (in_ring < self.options.slots()) || !room && may_be_full);
            assert_eq!(message, !self.to_rust.is_empty());
            assert_eq!(self.rust.receiver.lost(), 0);
        }
    }

    /// Where it is attached, it begins anew, as no honest one does.
    fn c_attaches(&mut self) {
        self.honest &= self.c.take().is_none();
        // SAFETY: the end is lent until `theirs` is dropped, which is after C's.
        self.c = unsafe { Stepped::attach(&self.theirs.meta()) };
        assert!(!self.honest || self.c.is_some());
    }

    fn c_sends(&mut self, length: usize) {
        let message = self.message(length);
        let Some(c) = &mut self.c else { return };
        match c.try_send(&message) {
            crate::OK => self.to_rust.push_back(message),
            NOT_NOW if self.honest => {
                let slots = self.options.slots();
                assert!(self.to_rust.len() == slots || self.arena_is_used(&self.to_rust));
            }
            TOO_LONG if self.honest => assert!(message.len() > self.options.longest()),
            NOT_NOW | TOO_LONG => {}
            end => self.assert_end_is_possible(end),
        }
    }

    fn c_receives(&mut self) {
        let Some(c) = &mut self.c else { return };
        match c.try_receive() {
            Ok(message) if self.honest => assert_eq!(self.to_c.pop_front().unwrap(), message),
            // However long C thinks that a message may be, that was read, and is there.
            Ok(message) => drop(message.to_vec()),
            Err(NOT_NOW) if self.honest => assert_eq!(self.to_c.len(), self.rust.sender.spilled()),
            Err(NOT_NOW) => {}
            Err(end) => self.assert_end_is_possible(end),
        }
    }

    fn assert_end_is_possible(&self, end: i32) {
        assert!(!self.honest, "{end}");
        assert!([CLOSED, CORRUPT].contains(&end) || self.hung_up && end == GONE, "{end}");
    }

    fn somebody_goes(&mut self, how: u8) {
        self.honest = false;
        if how.is_multiple_of(2) {
            self.c = None;
            return;
        }
        // As the kernel does it for a process that dies. Eventfds know nothing of that.
        let meta = self.theirs.meta();
        for socket in [meta.send.wait, meta.receive.wait] {
            // SAFETY: it takes numbers; the descriptor is open while the end is lent.
            self.hung_up |= unsafe { libc::shutdown(socket, libc::SHUT_RDWR) } == 0;
        }
    }
}

/// The accepting end, and the one that was offered. `meanwhile` comes between the two.
#[cfg(target_os = "linux")]
fn between_processes(
    options: &Options,
    meanwhile: impl FnOnce(&Peer),
) -> Option<(Connection<Events>, Peer)> {
    let (here, there) = std::os::unix::net::UnixStream::pair().expect("sockets");
    let theirs = Peer::new(Connection::offer(&here, options).expect("an offer"));
    meanwhile(&theirs);
    Some((Connection::accept(&there, options).ok()?, theirs))
}
