//! Streams: a call that is answered again and again, by items that wait in a bounded buffer.
//!
//! The peer gets a number, as for every call; [`registry`] finds the stream's [`Channel`] by it, or
//! nothing. So a send that comes late, after either side has ended the stream, or with a number that
//! was made up, is refused. Before it sends, the peer takes a place in the stream's [`Room`](room::Room):
//! by its call, or over a ring by itself.
//!
//! Registry and channel are guarded by plain locks. An item is converted, and its strings and lists are copied, for
//! each send: beside that a lock that is held for a few instructions is little, and it makes any
//! number of senders, the end and the drop of the receiver one after the other. No foreign code (a
//! waker, a value's `drop`, a conversion) runs under one.

mod channel;
mod items;
mod registry;
mod room;
#[cfg(all(test, loom))]
mod room_model;

#[cfg(all(unix, not(loom)))]
pub(super) use items::{ITEM, answer_over, state_of_any, wait_for_room_of_any};
#[doc(hidden)]
pub use items::{Items, call_stream};
