//! The calls, as the macros make them.

use std::sync::Arc;

use callback_bridge::request::try_completion;

use super::open::answering;
use super::pack::Packer;
use super::session::{Process, Session};
use crate::call::mem::send::wait;
use crate::call::raw::Answer;
use crate::{CallError, FromRef};

/// A call that was not sent yet.
#[derive(Debug)]
pub struct Outgoing {
    session: Arc<Session>,
    message: Vec<u8>,
}

/// Where in a message its ticket is.
const TICKET: std::ops::Range<usize> = 8..16;

/// Makes the message of a call: afterwards its arguments are not needed any more.
///
/// # Errors
///
/// There is no process, or it is too long.
pub fn prepare(
    process: &'static Process,
    function: u64,
    pack: impl FnOnce(&mut Packer),
) -> Answer<Outgoing> {
    let session = process.session()?;
    let mut packer = Packer::new([function, 0], session.longest());
    pack(&mut packer);
    Ok(Outgoing { message: packer.finish()?, session })
}

/// A one-way call. It waits on this thread while there is no room.
///
/// # Errors
///
/// As [`CallError`] says; then nothing was called.
pub fn tell_process(outgoing: Answer<Outgoing>) -> Answer<()> {
    let Outgoing { session, message } = outgoing?;
    wait(session.send(&message))
}

/// An async call, sent once there is room for it. Dropped before, it was not made; dropped after, its
/// answer is refused.
///
/// # Errors
///
/// As [`CallError`] says.
pub async fn ask_process<T: FromRef + Send + 'static>(outgoing: Answer<Outgoing>) -> Answer<T> {
    let Outgoing { session, mut message } = outgoing?;
    let (completion, response) =
        try_completion::<Answer<T>>().map_err(|_| Box::new(CallError::Exhausted))?;
    let open = session.open(completion.handle().as_usize(), const { &answering::<T>() })?;
    message[TICKET].copy_from_slice(&open.ticket().to_ne_bytes());
    session.send(&message).await?;
    // The table has it now, until the answer or the other process's end.
    let _given = completion.into_raw();
    drop(message);
    response.await.unwrap_or_else(|_| Err(Box::new(CallError::Unanswered)))
}
