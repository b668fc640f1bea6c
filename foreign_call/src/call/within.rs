//! Deadlines.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use callback_bridge::clock;

use crate::CallError;

/// Waits for a call no longer than `limit`, counted from the first poll: the caller gets either the
/// answer or [`CallError::Deadline`]. On any runtime: the time is kept by one thread of the library's,
/// and an answer that comes at once costs no timer. `#[deadline(milliseconds)]` above a function of a
/// trait does the same for each of its calls.
///
/// After the limit the call's future is dropped, with all that this means: the peer's answer is
/// refused, or ends what is still lent (`#[drop_safe]`), and `#[cancel]` tells the peer. A call that
/// borrows its arguments may not be dropped half-way, so it is none for this.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use foreign_call::CallError;
/// use std::time::Duration;
///
/// let never = std::future::pending::<Result<u8, CallError>>();
/// assert_eq!(foreign_call::within(Duration::from_millis(5), never).await, Err(CallError::Deadline));
/// # }
/// ```
pub async fn within<T, E: From<CallError>>(
    limit: Duration,
    call: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let mut over = pin!(clock::after(limit));
    let mut call = pin!(call);
    poll_fn(|context| {
        // The answer first: one that is there when the time is over still counts.
        if let Poll::Ready(answer) = call.as_mut().poll(context) {
            return Poll::Ready(answer);
        }
        over.as_mut().poll(context).map(|()| Err(CallError::Deadline.into()))
    })
    .await
}
