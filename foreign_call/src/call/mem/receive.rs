//! The thread that receives the answers.

use std::ffi::c_void;
use std::hint;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::Ordering;

use super::link::{ANSWER_WORDS, Link};
use super::streams;
use crate::FromRef;
use crate::call::later;
use crate::call::raw::{ANSWERED, AnswerFunction, refuse};
use crate::call::stream::ITEM;
use crate::ring::{Disconnected, Events, Receiver, TryRecvError};

/// How the answers of one function are read.
#[derive(Debug)]
pub struct Answering {
    answer: AnswerFunction,
    /// The view lies in the message.
    inside: bool,
}

/// For answers of this type.
pub const fn answering<T: FromRef + Send + 'static>() -> Answering {
    let inside = size_of::<T::Ref<'static>>() <= size_of::<u64>();
    Answering { answer: later::answer::<T>, inside }
}

/// For items of this type.
pub const fn answering_items<T: FromRef + Send + 'static>() -> Answering {
    Answering { answer: streams::answer::<T>, ..answering::<T>() }
}

/// So often it looks before it sleeps.
const LOOKS: u32 = 64;

/// Receives until the peer closes its end. `room` becomes readable when there is room for who waits
/// to send.
pub(super) fn run(link: &'static Link, mut receiver: Receiver<Events>, room: &OwnedFd) {
    let mut dealt_with = 0;
    loop {
        match next(&mut receiver) {
            Ok(Some(words)) => {
                answer(link.answers(), words);
                dealt_with += 1;
                // Release: pairs with the peer's acquire; the view is read.
                link.taken().store(dealt_with, Ordering::Release);
            }
            Ok(None) => {
                if !receiver.ready() && sleep(receiver.as_fd(), room.as_fd()) {
                    link.room_came();
                }
            }
            Err(_) => return,
        }
    }
}

/// The next message, if there is one soon. One of another length is no call's.
fn next(receiver: &mut Receiver<Events>) -> Result<Option<[u64; ANSWER_WORDS]>, Disconnected> {
    for _ in 0..LOOKS {
        match receiver.try_recv() {
            Ok(message) => {
                let (words, _) = message.as_chunks();
                let words = words.try_into().unwrap_or([[u8::MAX; 8]; ANSWER_WORDS]);
                return Ok(Some(words.map(u64::from_ne_bytes)));
            }
            Err(TryRecvError::Empty) => hint::spin_loop(),
            Err(TryRecvError::Disconnected(why)) => return Err(why),
        }
    }
    Ok(None)
}

fn answer(answers: &[Answering], [handle, what, view]: [u64; ANSWER_WORDS]) {
    let (function, status) = (what as u32, (what >> 32) as u32);
    let Some(answering) = answers.get(function as usize) else {
        refuse();
        return;
    };
    let at: *const c_void = match answering.inside && matches!(status, ANSWERED | ITEM) {
        true => (&raw const view).cast(),
        false => ptr::with_exposed_provenance(view as usize),
    };
    // SAFETY: as the status and the function say, there is a view, which stays until we say that the
    // message was dealt with: the peer's promise.
    unsafe { (answering.answer)(handle as usize, status, at) };
}

/// Sleeps until there is a message, or room. True: there may be room.
fn sleep(message: BorrowedFd<'_>, room: BorrowedFd<'_>) -> bool {
    let wait =
        |fd: BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut waits = [wait(message), wait(room)];
    // SAFETY: two entries, of descriptors that are open. If it fails (a signal), we look again.
    let ready = unsafe { libc::poll(waits.as_mut_ptr(), 2, -1) };
    ready > 0 && waits[1].revents != 0
}
