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
//! | words 2, 3 | only for a stream: the handle of what is lent, or 0; the address of its room |
//! | one word each | the arguments: a number in the first bytes, all else by the address of its view |
//!
//! | to Rust | |
//! |---|---|
//! | word 0 | the handle |
//! | word 1 | which function, in the low 32 bits; the status above ([`call`](super) has the table) |
//! | word 2 | the view itself if it is an answer's or an item's and has at most 8 bytes; else its address |
//!
//! **Streams.** An item, an end and a failure have the stream's handle. Items are in the peer's order, and
//! Rust moves each of them to its stream's buffer at once, so who does not poll a stream holds no other
//! call up. That there is room in the buffer, is the peer's to know before it sends: a word that both
//! sides change says how many places are free (`call/stream/room.rs`), and an item that comes
//! without a place is refused. Where there was none, a peer with a `notify` gets a message of two words once
//! half of the places are free: all ones, and the stream's handle; another one waits in
//! `wait_for_room`, which is a call. What a stream's call has lent is kept by a handle of its own, which
//! is answered with `()`, by status 0, which no item has.
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
//! is some, and so is a stream; a one-way call blocks its thread. The peer waits as well: Rust always goes on reading.
//!
//! **By a call, as without the mark:** what happens seldom. That nobody waits any more, or that a stream has
//! room while the ring has none (`notify`), and the peer's question whether anybody does (`state`).

mod calls;
mod link;
mod receive;
pub(in crate::call) mod send;
mod streams;

pub use link::{End, Link, Serve};

#[doc(hidden)]
pub use calls::{call_over, lend_over, tell_over};
#[doc(hidden)]
pub use receive::{Answering, answering, answering_items};
#[doc(hidden)]
pub use streams::{ItemsOver, stream_over};
