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
//! | `answer` | the handle, a status, a view | 0: taken. 1: refused |
//! | `state` | the handle | 0: an answer would be taken. 1: nobody waits for one |
//! | `wait_for_room` | | null |
//!
//! | status | view |
//! |---|---|
//! | 0, answered | the answer's view, `const TRef *` |
//! | 1, failed | `{ int32_t code; StringRef message; }` |
//! | 2, given up | ignored, may be null |
//!
//! `state` is for a peer that can stop early: `foreign_call_wanted` in C. It takes any handle, on any
//! thread, at any time, and counts nothing.
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
//! Rust would call with a handle and an event; null means that the peer asks instead.

mod error;
mod later;
mod loan;
mod now;
mod raw;

pub use error::CallError;
pub use raw::{Interface, RawCall, refused_answers};

#[doc(hidden)]
pub use later::{answered, call_later};
#[doc(hidden)]
pub use loan::lend;
#[doc(hidden)]
pub use now::call_now;
#[doc(hidden)]
pub use raw::{Answer, Scalar};
