//! Answers that come later: from a C library, on any of its threads, to whoever waits or awaits.
//!
//! [`completion`] makes the two ends of one request. The [`Completion`] goes through C as a
//! [`Handle`], a number as wide as a pointer; the [`Response`] is a future, or is waited for.
//!
//! ```
//! use callback_bridge::request::{self, Abandoned, Handle};
//! use std::ffi::c_void;
//!
//! // The C library: it answers on a thread of its own.
//! type Done = extern "C" fn(user_data: *mut c_void, sum: i64);
//! fn add_later(a: i64, b: i64, done: Done, user_data: *mut c_void) {
//!     let user_data = user_data.addr();
//!     std::thread::spawn(move || done(std::ptr::without_provenance_mut(user_data), a + b));
//! }
//!
//! // The binding: a callback that answers, and an async function.
//! extern "C" fn on_sum(user_data: *mut c_void, sum: i64) {
//!     // An answer that comes late or twice is refused, and counted in `stats`.
//!     let _ = request::complete_raw(Handle::from_ptr(user_data), sum);
//! }
//!
//! async fn add(a: i64, b: i64) -> Result<i64, Abandoned> {
//!     let (completion, response) = request::completion();
//!     add_later(a, b, on_sum, completion.into_raw().as_ptr());
//!     response.await
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! assert_eq!(add(2, 3).await, Ok(5));
//! # }
//! ```
//!
//! # What may go wrong, and what happens then
//!
//! | | |
//! |---|---|
//! | answered before the response is first polled | the answer waits |
//! | the completion is dropped, or [`abandon_raw`] called | the response ends with [`Abandoned`] |
//! | C never answers | the response waits; [`Response::wait_timeout`], or drop it: nothing stays behind |
//! | the response is dropped | its place is free at once; [`Response::on_cancel`] tells the peer |
//! | the response is [detached](Response::detach) | nobody waits, but C still has the request; its end wakes a waker |
//! | C answers late, twice, or with a number that is no handle | refused, counted, the value given back |
//! | C answers with another type | likewise, and the response goes on waiting |
//! | the future moves to another task | the waker of its last poll is woken |
//!
//! # What it costs
//!
//! A request takes a slot from a pool and allocates nothing, if the value has at most 4,096 bytes
//! and an alignment of at most 64; larger ones take one allocation, on the requester's side. When
//! the pool has no free slot it grows by 64, in one allocation, and stays so. Answering never waits
//! and never allocates.

mod answering;
#[cfg(not(loom))]
mod cache;
mod completion;
mod error;
mod fault;
mod lay;
mod park;
mod pool;
mod response;
mod slot;
mod waiting;

#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, not(loom)))]
mod tests;

pub use completion::{Completion, Handle, abandon_raw, complete_raw, is_wanted_raw};
pub use error::{Abandoned, Exhausted, NotYet, Reason, Refused, Stats};
pub use response::Response;

/// The two ends of a new request: who answers, and who waits.
///
/// # Panics
///
/// If as many requests are in flight as there can be: see [`Exhausted`], and [`try_completion`].
///
/// What can't cross threads can't be an answer:
///
/// ```compile_fail,E0277
/// let (completion, response) = callback_bridge::request::completion::<std::rc::Rc<u8>>();
/// ```
///
/// nor can what is only borrowed, as C may keep the handle for as long as it likes:
///
/// ```compile_fail,E0597
/// let text = String::from("short-lived");
/// let (completion, response) = callback_bridge::request::completion::<&str>();
/// completion.complete(&text);
/// ```
#[inline]
pub fn completion<T: Send + 'static>() -> (Completion<T>, Response<T>) {
    match try_completion() {
        Ok(ends) => ends,
        Err(exhausted) => panic!("{exhausted}"),
    }
}

/// As [`completion`], for whoever would rather not panic.
///
/// # Errors
///
/// [`Exhausted`], if as many requests are in flight as there can be.
///
/// ```
/// use callback_bridge::request;
///
/// let (completion, response) = request::try_completion::<u32>()?;
/// completion.complete(7).expect("it is wanted");
/// assert_eq!(response.wait(), Ok(7));
/// # Ok::<(), request::Exhausted>(())
/// ```
#[inline]
pub fn try_completion<T: Send + 'static>() -> Result<(Completion<T>, Response<T>), Exhausted> {
    let slot = pool::pools().take(lay::Lay::<T>::CLASS)?;
    let handle = slot.open::<T>();
    Ok((Completion::new(slot, handle), Response::new(slot)))
}

/// What happened to the requests of this process so far: refused answers, and how many slots there
/// are.
///
/// ```
/// let before = callback_bridge::request::stats();
/// let (completion, response) = callback_bridge::request::completion::<u8>();
/// let handle = completion.into_raw();
/// drop(response);
/// callback_bridge::request::complete_raw(handle, 1_u8).unwrap_err();
/// assert_eq!(callback_bridge::request::stats().late, before.late + 1);
/// ```
pub fn stats() -> Stats {
    pool::pools().stats()
}
