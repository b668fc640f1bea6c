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

/// The message of a call without its handle: the function, a place for the handle, the arguments.
type Message<const N: usize> = [u64; N];

/// Where the handle goes.
const HANDLE: usize = 1;

/// Calls, once there is room for the message. What that leads to must live until the answer.
///
/// # Errors
///
/// As [`CallError`] says; then nothing was called.
pub async fn call_over<T: FromRef + Send + 'static, const N: usize>(
    link: &'static Link,
    notify: Option<Notify>,
    mut message: Message<N>,
) -> Answer<Called<T>> {
    let (completion, response) =
        try_completion::<Answer<T>>().map_err(|_| Box::new(CallError::Exhausted))?;
    let handle = completion.handle().as_usize();
    message[HANDLE] = handle as u64;
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
    if !lends {
        return wait(link.send(message.map(u64::to_ne_bytes).as_flattened()));
    }
    let called = wait(call_over::<(), N>(link, None, message))?;
    // Nobody waits for its end, which frees what was lent.
    drop(Loan::new(Lent { called, kept }));
    Ok(())
}

fn keep<A, S, W, const N: usize>(arguments: A, size: S, write: W) -> (Kept<A>, Message<N>)
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
