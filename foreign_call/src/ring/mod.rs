//! Messages through shared memory: no calls at all, and system calls only to wake who sleeps.
//!
//! A ring has one [`Sender`] and one [`Receiver`]. Messages are bytes, each in a slot of its own.
//! They arrive once each, in order, or not at all and then both sides know. Each end waits on a
//! thread or in a task, and is woken only if it really sleeps: many messages to a wake-up.
//!
//! ```
//! use foreign_call::ring::{Disconnected, Options, channel};
//!
//! // Room for 256 messages of up to 8 bytes; a sender that finds none waits.
//! let (mut sender, mut receiver) = channel(&Options::new(256, 8));
//! let thread = std::thread::spawn(move || {
//!     for number in 0..10_000_u64 {
//!         sender.send(&number.to_ne_bytes())?;
//!     }
//!     Ok::<(), foreign_call::ring::SendError>(())
//! });
//! let mut sum = 0;
//! let end = loop {
//!     match receiver.recv() {
//!         Ok(message) => sum += u64::from_ne_bytes(message.try_into().expect("8 bytes")),
//!         Err(end) => break end,
//!     }
//! };
//! assert_eq!((sum, end), ((0..10_000).sum(), Disconnected::Closed));
//! assert_eq!(thread.join().expect("no panic"), Ok(()));
//! ```
//!
//! Two rings make a [`Connection`]. Who is at its other end decides how it is made:
//!
//! | | |
//! |---|---|
//! | Rust, in this process, on any runtime or none | [`channel`], [`Connection::pair`] |
//! | the same, for a reactor that waits for descriptors | `Connection::with_descriptors` |
//! | C or Go, in this process | the same, and a `Peer` lends one end; `include/foreign_call_ring.h` is C's |
//! | another process (Linux) | `Connection::offer`, and `Connection::accept` there |
//!
//! The first works everywhere, the next two on Unix. In tasks of tokio, ends with descriptors wait if
//! the feature `tokio` is on.
//!
//! A `repr(C)` value goes as its bytes (a crate such as `bytemuck` says which types may).
//!
//! # How it works
//!
//! The ring is an array of slots, a power of two of them, behind a header. Each slot begins with the
//! length of its message; where all have the same length ([`Options::fixed`]) a slot is its message and
//! no more. There are two indices, which only count up: `tail`, how many messages were
//! published, and `head`, how many were taken. The sender writes `tail` and the receiver `head`; each
//! keeps its own in private and remembers what it last saw of the other's, so the two meet only when
//! the ring seems full or empty.
//!
//! ```text
//!             head                tail
//!              | taken by receiver  | published by sender
//!    +----+----+----+----+----+----+----+----+
//!    |free|free| m  | m  | m  | m  |free|free|
//!    +----+----+----+----+----+----+----+----+
//! ```
//!
//! Before it sleeps, a side says so in its flags, fences, and looks again. The other one publishes,
//! fences, and looks at the flags. So at least one of them sees the other. Who takes the flag back
//! wakes, so each sleep is ended once. Where both ends are [`Local`], the one that sleeps
//! fences for both (`membarrier`, on Linux), and a message costs no fence at all. A process that takes
//! `membarrier` from itself (seccomp) does so before it makes its first ring: afterwards an end that
//! falls asleep panics.
//!
//! A receiver that waits lets messages gather for a moment, the longer the more there were the last
//! time: their lines then cross from core to core once for many of them, and the sender, whose index
//! is not looked at all the time, is not held up. With one message under way the moment is shorter
//! than the way.
//!
//! Many messages at once ([`Sender::send_many`], [`Receiver::recv_many`]) move each index once, and so
//! its line. How many is for the caller: some dozens are enough, and the other side has its own dozens
//! to do meanwhile. Who takes all that is under way leaves it none, and then the two work in turns, and
//! sleep in turns.
//!
//! A full ring makes the sender wait, or fill its spill ([`Options::spill`]), which is bounded too.
//!
//! A message that is longer than a slot lies in the arena ([`Options::arena`]), which follows the slots;
//! its slot says where. The arena is the sender's: it alone knows which bytes are free, and those of a
//! message are once its slot is. So there is no third index, and nothing more to fence. The receiver
//! believes no place that is not in the arena.
//!
//! # Memory
//!
//! A ring has 640 bytes of header, its slots, each 8 bytes longer than the longest message in one, or
//! as long as each message if all have one length, and its arena ([`Options::ring_bytes`]). Its
//! receiver has a buffer for the longest message that came so far, and for any in a slot. Its sender has
//! the messages in its spill, and 24 bytes for each that is in the arena. Nothing else, and nothing
//! grows beyond that.

mod arena;
mod connection;
mod consumer;
#[cfg(unix)]
mod descriptors;
mod error;
#[cfg(unix)]
mod events;
mod fault;
mod flags;
mod layout;
mod local;
mod many;
#[cfg(all(target_os = "linux", not(loom)))]
mod memory;
#[cfg(all(unix, not(loom)))]
mod meta;
#[cfg(all(test, loom))]
mod model;
#[cfg(all(test, loom))]
mod model_arena;
#[cfg(all(test, loom, unix))]
mod model_events;
#[cfg(all(test, loom))]
mod model_many;
mod notify;
mod options;
#[cfg(all(target_os = "linux", not(loom)))]
mod process;
mod producer;
mod receiver;
mod region;
mod sender;
mod spill;
mod sync;

use std::sync::Arc;

pub use connection::Connection;
pub use error::{Corrupt, Disconnected, SendError, TryRecvError, TrySendError};
#[cfg(unix)]
pub use events::Events;
pub use local::Local;
#[cfg(all(unix, not(loom)))]
pub use meta::{Meta, MetaEnd, Peer};
pub use notify::{Block, Notify, Poll};
pub use options::Options;
pub use receiver::Receiver;
pub use sender::Sender;

use region::{Region, Ring};

/// One ring, with both ends in this process.
///
/// # Panics
///
/// If there is no memory for it.
pub fn channel(options: &Options) -> (Sender, Receiver) {
    ends(options, Local::pair())
}

fn ends<N: Notify>(options: &Options, (sending, receiving): (N, N)) -> (Sender<N>, Receiver<N>) {
    let region = Arc::new(Region::heap(options.shape, 1));
    let ring = || Ring::new(&region, 0, N::fence());
    (Sender::new(ring(), options, sending), Receiver::new(ring(), receiving))
}
