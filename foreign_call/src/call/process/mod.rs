//! `#[r2g(process)]`: a trait whose functions run in another process (Linux).
//!
//! Calls and answers are messages of a [connection](crate::ring::Connection) that the two share. No
//! address is in them: a message is one block of bytes, with everything that a value leads to. All
//! numbers are in the order of the machine's bytes.
//!
//! | to the other process | |
//! |---|---|
//! | word 0 | which function: its place in the trait |
//! | word 1 | the call's ticket; 0 if nothing comes back |
//! | from byte 16 on | the arguments, one after the other |
//!
//! | to Rust | |
//! |---|---|
//! | word 0 | the ticket |
//! | word 1 | the status ([`call`](super) has the table) |
//! | from byte 16 on | the answer, or the failure; else nothing |
//!
//! **A value** is its view ([`convert`](crate::convert)), in which a pointer is the place of what it
//! points to, counted from the message's first byte. All that its lists lead to follows: for each list,
//! in the order of the fields, first its views side by side, and then what each of these leads to. Each
//! view and each list begins at a multiple of 8. An empty list is two zeros. Padding is zero, and so is
//! what a tag says is not there.
//!
//! So there is one way to write a value, and who reads knows each place before it is told: anything else
//! is refused. No two lists share a byte, and a message takes as long to read as it has bytes, whatever
//! is in it.
//!
//! **Who trusts whom.** Nobody. Each side copies a message out of the ring, checks it in its copy, and
//! writes the addresses there. Rust checks values as always ([`FromRef`](crate::FromRef)). The ticket is
//! good for one answer to one call, of this connection: the other process can't answer what it was not
//! asked.
//!
//! **Before the first message** the socket over which the ring was offered carries the number of the
//! interface, from each side to the other: 8 bytes.
//!
//! **Which thread.** Rust receives on a thread of each connection, which reads the answers and wakes who
//! waits for them. So no waker may make a one-way call over the same ring: where that is full, the
//! thread would wait for itself.
//!
//! **The end.** The other process gets to know that nobody calls it any more when the sender is closed:
//! once it was replaced or disconnected, and the last of its calls has ended. A process that dies ends
//! all its calls.

mod calls;
mod open;
mod pack;
mod receive;
mod session;
#[cfg(test)]
mod tests;
mod unpack;

#[doc(hidden)]
pub use calls::{Outgoing, ask_process, prepare, tell_process};
#[doc(hidden)]
pub use pack::Packer;
#[doc(hidden)]
pub use session::Process;
