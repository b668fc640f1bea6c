//! The thread that receives the answers of another process.

use std::hint;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::Weak;

use super::open::Open;
use super::session::Session;
use super::unpack::Unpacker;
use crate::call::raw::refuse;
use crate::ring::{Disconnected, Events, Receiver, TryRecvError};

/// So often it looks before it sleeps.
const LOOKS: u32 = 64;

/// Before an answer's value: the ticket, and the status.
const HEAD: usize = 16;

/// Receives until no answer can come any more, and returns why. `room` becomes readable when there is
/// room for who waits to send.
pub(super) fn run(
    mut receiver: Receiver<Events>,
    room: &OwnedFd,
    open: &Open,
    session: &Weak<Session>,
) -> Disconnected {
    // As long as the longest answer so far.
    let mut words = Vec::new();
    let mut room_is_gone = false;
    let mut looks = 0;
    loop {
        match receiver.try_recv() {
            Ok(message) => {
                looks = 0;
                let length = copy(message, &mut words);
                answer(open, &mut words, length);
                continue;
            }
            Err(TryRecvError::Disconnected(why)) => return why,
            Err(TryRecvError::Empty) if room_is_gone => return Disconnected::Gone,
            Err(TryRecvError::Empty) => {}
        }
        looks += 1;
        if looks < LOOKS {
            hint::spin_loop();
        } else if !receiver.ready() {
            looks = 0;
            match sleep(receiver.as_fd(), room.as_fd()) {
                Woken::ForMessages => {}
                Woken::ForRoom => {
                    // Without a session nobody waits; then the other process closes its end, too.
                    if let Some(session) = session.upgrade() {
                        session.room_came();
                    }
                }
                // What it sent before is still there.
                Woken::RoomIsGone => room_is_gone = true,
            }
        }
    }
}

/// Into words, as views are aligned: the message's bytes.
fn copy(message: &[u8], words: &mut Vec<u64>) -> usize {
    let count = message.len().div_ceil(size_of::<u64>());
    if words.len() < count {
        words.resize(count, 0);
    }
    for (word, bytes) in words.iter_mut().zip(message.chunks(size_of::<u64>())) {
        let mut whole = [0; size_of::<u64>()];
        whole[..bytes.len()].copy_from_slice(bytes);
        *word = u64::from_ne_bytes(whole);
    }
    message.len()
}

fn answer(open: &Open, words: &mut [u64], length: usize) {
    if length < HEAD {
        refuse();
        return;
    }
    let (ticket, status) = (words[0], u32::try_from(words[1]).unwrap_or(u32::MAX));
    open.answer(ticket, status, &mut Unpacker::new(words, length, HEAD));
}

enum Woken {
    ForMessages,
    ForRoom,
    RoomIsGone,
}

/// Sleeps until there may be a message, or room, or nobody at the other end.
fn sleep(message: BorrowedFd<'_>, room: BorrowedFd<'_>) -> Woken {
    let wait =
        |fd: BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut waits = [wait(message), wait(room)];
    // SAFETY: two entries, of descriptors that are open. If it fails (a signal), we look again.
    let ready = unsafe { libc::poll(waits.as_mut_ptr(), 2, -1) };
    match waits[1].revents {
        0 => Woken::ForMessages,
        _ if ready <= 0 => Woken::ForMessages,
        // A socket whose other end is closed stays ready, so it is not asked again.
        events if events & (libc::POLLHUP | libc::POLLERR) != 0 => Woken::RoomIsGone,
        _ => Woken::ForRoom,
    }
}
