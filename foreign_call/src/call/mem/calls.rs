//! The calls, as the macros make them: as their twins of the same names, over a ring.

use callback_bridge::request::try_completion;

use super::link::Link;
use super::send::wait;
use crate::call::interface::{Notify, Told};
use crate::call::later::Called;
use crate::call::loan::{Kept, Lent, Loan};
use crate::call::raw::Answer;
use crate::convert::{Buffer, Writer};
use crate::{CallError, FromRef};

/// The message of a call without its handles: the function, a place for each handle, the arguments.
pub(super) type Message<const N: usize> = [u64; N];

/// Where the call's handle goes.
pub(super) const HANDLE: usize = 1;

/// Calls, once there is room for the message. What that leads to must live until the answer.
///
/// # Errors
///
/// As [`CallError`] says; then nothing was called.
pub async fn call_over<T: FromRef + Send + 'static, const N: usize>(
    link: &'static Link,
    notify: Option<Notify>,
    message: Message<N>,
) -> Answer<Called<T>> {
    call_with_handle(link, notify, message, HANDLE).await
}

/// The same, with the handle at this place.
async fn call_with_handle<T: FromRef + Send + 'static, const N: usize>(
    link: &'static Link,
    notify: Option<Notify>,
    mut message: Message<N>,
    place: usize,
) -> Answer<Called<T>> {
    let (completion, response) =
        try_completion::<Answer<T>>().map_err(|_| Box::new(CallError::Exhausted))?;
    let handle = completion.handle().as_usize();
    message[place] = handle as u64;
    // If this is dropped, the peer never saw the handle, and the completion goes as well.
    link.send(message.map(u64::to_ne_bytes).as_flattened()).await?;
    let _given = completion.into_raw();
    Ok(Called { response, told: Told { handle, notify } })
}

/// As [`lend`](crate::call::lend): `write` makes the views and the message.
pub async fn lend_over<A, T, S, W, const N: usize>(
    link: &'static Link,
    notify: Option<Notify>,
    arguments: A,
    size: S,
    write: W,
) -> (Answer<T>, A)
where
    A: Send + 'static,
    T: FromRef + Send + 'static,
    S: FnOnce(&A, &mut usize),
    W: for<'a> FnOnce(&'a A, &mut Writer<'a>) -> Message<N>,
{
    let (kept, message) = keep(arguments, size, write);
    match call_over::<T, N>(link, notify, message).await {
        Ok(called) => Loan::new(Lent { called, kept }).await,
        Err(error) => (Err(error), kept.into_arguments()),
    }
}

/// A one-way call. It waits on this thread while there is no room. If something is lent, as `lends` says,
/// it is kept until the peer has answered.
///
/// # Errors
///
/// As [`CallError`] says; then nothing was called.
pub fn tell_over<A, S, W, const N: usize>(
    link: &'static Link,
    lends: bool,
    arguments: A,
    size: S,
    write: W,
) -> Answer<()>
where
    A: Send + 'static,
    S: FnOnce(&A, &mut usize),
    W: for<'a> FnOnce(&'a A, &mut Writer<'a>) -> Message<N>,
{
    let (kept, message) = keep(arguments, size, write);
    let loan = lends.then_some(HANDLE);
    wait(tell(link, kept, message, loan))
}

/// Sends a message to which nobody waits for an answer. If there is a place for the handle of a loan, what
/// is kept is freed when the peer has ended it.
pub(super) async fn tell<A: Send + 'static, const N: usize>(
    link: &'static Link,
    kept: Kept<A>,
    message: Message<N>,
    loan: Option<usize>,
) -> Answer<()> {
    let Some(place) = loan else {
        return link.send(message.map(u64::to_ne_bytes).as_flattened()).await;
    };
    let called = call_with_handle::<(), N>(link, None, message, place).await?;
    // Nobody waits for its end, which frees what was lent.
    drop(Loan::new(Lent { called, kept }));
    Ok(())
}

pub(super) fn keep<A, S, W, const N: usize>(
    arguments: A,
    size: S,
    write: W,
) -> (Kept<A>, Message<N>)
where
    S: FnOnce(&A, &mut usize),
    W: for<'a> FnOnce(&'a A, &mut Writer<'a>) -> Message<N>,
{
    let mut room = 0;
    size(&arguments, &mut room);
    let mut kept = Kept::new(arguments, Buffer::new(room));
    let message = kept.with(write);
    (kept, message)
}
