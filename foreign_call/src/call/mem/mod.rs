//! `#[mem]`: a function's calls and answers as messages of a ring, in place of calls.
//!
//! Each trait with such a function has one [connection](crate::ring::Connection) to its peer, made at
//! the first call and there for as long as the process. A message is small and has a fixed length;
//! what it is about goes by reference. All numbers are words of 64 bits, in the order of the machine's bytes.
//!
//! | to the peer | |
//! |---|---|
//! | word 0 | which function: its place among those of the trait that are marked |
//! | word 1 | the call's handle; 0 if nothing comes back |
//! | one word each | the arguments: a number in the first bytes, all else by the address of its view |
//!
//! | to Rust | |
//! |---|---|
//! | word 0 | the handle |
//! | word 1 | which function, in the low 32 bits; the status above ([`call`](super) has the table) |
//! | word 2 | the view itself if the call is answered and its view has at most 8 bytes; else its address |
//!
//! **Who owns which bytes.** As in a call, but that Rust can't copy an answer before the peer goes on.
//! So what an address in a message to Rust leads to stays where it is until Rust has dealt with that
//! message: it counts them, in a word that the peer reads ([`End`]). Nothing is freed across the border.
//! Arguments are the call's, as without the mark. Those of a one-way call with something to lend
//! are kept by a handle, which the peer answers with `()` once its function has returned.
//!
//! **Which thread.** The peer receives on a thread or goroutine of its own. Rust receives on one
//! thread of its own, which reads the answers, wakes who waits for them, and drops what was lent to who
//! does not. So neither a waker nor such a drop may make a one-way call over the same ring: where that
//! is full, the thread would wait for itself.
//!
//! **Full.** A ring has room for 256 messages. A future whose message has no room is pending until there
//! is some; a one-way call blocks its thread. The peer waits as well: Rust always goes on reading.
//!
//! **By a call, as without the mark:** what happens seldom. That nobody waits any more (`notify`), and the
//! peer's question whether anybody does (`state`).

mod calls;
mod link;
mod receive;
pub(in crate::call) mod send;

pub use link::{End, Link, Serve};

#[doc(hidden)]
pub use calls::{call_over, lend_over, tell_over};
#[doc(hidden)]
pub use receive::{Answering, answering};
