//! Calls: how they are made, and how they are answered.
//!
//! # The ABI
//!
//! For a trait `Demo` the peer has one C function for each of its functions, `Demo_name`, and one
//! constant, `Demo_interface`, an [`Interface`]. The generated header declares them.
//!
//! | | |
//! |---|---|
//! | numbers, `bool`, `char` (as `uint32_t`) | by value |
//! | any other argument | a pointer to its view, `const XRef *` |
//! | at the end, if there is an answer | a [`RawCall`], by value: two words |
//! | what the peer's function returns | nothing: answers go through the call |
//!
//! The call has a handle, a number, and a pointer to a constant table of Rust's functions:
//!
//! | | takes | returns |
//! |---|---|---|
//! | `answer` | the handle, a status, a view | 0: taken. 1: refused. 2: full (streams) |
//! | `state` | the handle | 0: somebody waits. 1: nobody does |
//! | `wait_for_room` | the handle, milliseconds | 0: there is room. 1: it has ended. 2: time is up. Null where it is no stream |
//!
//! | status | view |
//! |---|---|
//! | 0, answered | the answer's view, `const TRef *` |
//! | 1, failed | `{ int32_t code; StringRef message; }` |
//! | 2, given up | ignored, may be null |
//! | 3, item | of a stream, in the place of 0: the item's view |
//! | 4, end | of a stream: ignored, may be null |
//!
//! `state` is for a peer that can stop early: `foreign_call_wanted` in C. It takes any handle, on any
//! thread, at any time, and counts nothing.
//!
//! **Streams.** Items may be sent by any number of threads at once, from within the peer's function on.
//! Those of one thread keep their order. An item that found no room may be sent again as it is. A
//! stream ends with status 1, 2 or 4, with an item that is not valid, which is an error, or when its receiver is dropped;
//! what was sent before the peer's end still arrives. `wait_for_room` blocks its thread, so not on the
//! one that receives.
//!
//! **Who owns which bytes.** Rust owns arguments and their views; the peer only reads them. It may
//! do so until it has answered an async call, and until its function returns from any other. The
//! peer owns the answer and its view; Rust has copied what it wants by the time `answer` returns, and
//! keeps no pointer. So an answer may point into the peer's garbage-collected memory, into its stack,
//! or back into the arguments.
//!
//! **Which thread.** The peer's function runs on the caller's thread, and an async one should return
//! soon. A sync call is answered on that same thread, before the function returns. An async call is
//! answered on any thread: at once, inside the function, or later. `answer` never blocks on the
//! caller, and no panic leaves it.
//!
//! **What is refused.** An answer to a call that has been answered, given up, or dropped, or that
//! never was; a sync one on another thread or after its end. The view is not looked at then, the peer
//! is told (status 1 comes back), and it is counted: [`refused_answers`].
//!
//! **The interface.** `Demo_interface` has a number, computed from all names, their order, and the
//! layout of all views; Rust compares it with its own before each call. And it has `notify`, which
//! Rust calls with a handle and an event, on any thread, also for a handle that the peer has
//! forgotten, or will know only later; null means that the peer asks instead. No two calls that it
//! tells about have the same handle.
//!
//! | event | for | meaning |
//! |---|---|---|
//! | 1, dropped | `#[cancel]`, streams | nobody waits any more; the call must still end, a stream need not |
//! | 2, room | streams | an item was not taken, and now half of the buffer is free |
//!
//! **A future that is dropped.** From then on `state` says so. An answer is refused; but that of a
//! drop-safe call is taken, and dropped: it ends what was lent, on the thread that answers. As long as
//! it does not come, the arguments are kept, and counted: [`kept_calls`]. A deadline drops the future
//! as well. "Taken" means that the answer came in time to be seen, not that somebody looked.

mod error;
mod interface;
mod later;
mod loan;
#[cfg(all(unix, not(loom)))]
pub mod mem;
mod now;
#[cfg(all(target_os = "linux", not(loom)))]
pub mod process;
mod raw;
mod stream;
mod within;

pub use error::CallError;
pub use interface::{Interface, Notify};
pub use loan::kept_calls;
pub(crate) use raw::{ANSWERED, FAILED, FailureRef, GIVEN_UP};
pub use raw::{RawCall, refused_answers};
pub use within::within;

#[doc(hidden)]
pub use later::{Called, answered, call_later};
#[doc(hidden)]
pub use loan::lend;
#[doc(hidden)]
pub use now::call_now;
#[doc(hidden)]
pub use raw::{Answer, Scalar};
#[doc(hidden)]
pub use stream::{Items, call_stream};
