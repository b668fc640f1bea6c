//! Blocks from a callback's thread to a consumer, through a bounded channel made for it.
//!
//! While a callback runs, acquisition stands still. So [`Producer::push`] copies the block once,
//! into a ring, and returns: it never allocates, never locks and makes no system call while the
//! consumer is awake. The [`Consumer`] borrows each [`Block`] where it lies, on a thread
//! ([`Consumer::recv`]) or in a task of any runtime ([`Consumer::recv_async`]).
//!
//! ```
//! use callback_bridge::handoff::{Builder, Overflow};
//!
//! // Room for 16 blocks of up to 1024 samples; a callback that finds none waits.
//! let (mut producer, mut consumer) = Builder::new(16, 1024).overflow(Overflow::Wait).build();
//! let callbacks = std::thread::spawn(move || {
//!     for first in (0..10_000).step_by(100) {
//!         let samples: Vec<i32> = (first..first + 100).collect();
//!         producer.push(&samples)?;
//!     }
//!     Ok::<(), callback_bridge::handoff::PushError>(())
//! });
//! let mut sum = 0;
//! while let Ok(block) = consumer.recv() {
//!     sum += block.iter().sum::<i32>();
//! }
//! assert_eq!(sum, (0..10_000).sum());
//! assert_eq!(callbacks.join().expect("no panic"), Ok(()));
//! ```
//!
//! Where the callback has the block in pieces, [`Producer::push_parts`] makes one of them; where it may
//! come again, [`Producer::try_push`] refuses without a loss. Many short blocks are taken fastest with
//! [`Consumer::drain`]. A [`Consumer`] is also a `Stream` of [`OwnedBlock`]s.
//!
//! What is chosen with a [`Builder`]:
//!
//! | | |
//! |---|---|
//! | [`Overflow`] | what a full ring does: wait, drop the newest, drop the oldest, spill |
//! | [`WakeUps`] | when a sleeping consumer is woken: at once, from a threshold on, by its own clock |
//! | [`Builder::times`] | whether each block knows when it was pushed |
//!
//! Nothing is lost without being counted: each block tells what was lost before it, and [`Stats`]
//! sums it up. Each item that was pushed is delivered, or dropped and counted, or still there.
//!
//! # How it works
//!
//! The ring holds records: a header word, then the items. The producer writes a record behind the
//! last one and publishes it with one store of `tail`; the consumer reads up to `tail` and gives
//! back with one store of `low`. Both remember what they last saw of the other's word, so they
//! meet only when the ring seems full or empty.
//!
//! Before it sleeps, the consumer says so, fences, and looks again; the producer publishes, fences,
//! and looks whether somebody sleeps. So at least one of them sees the other. On Linux the consumer
//! makes the fence for both (`membarrier`), and the callback has none.
//!
//! `push` may be called in a signal handler where it neither wakes, waits nor spills. After `fork`
//! neither side may be used in the child.

mod batch;
mod block;
mod careful;
mod clock;
mod consumer;
mod cursor;
mod error;
mod fault;
mod future;
mod lane;
mod memory;
#[cfg(all(test, loom))]
mod model;
mod options;
mod overflow;
mod parker;
mod producer;
mod side;
mod signal;
mod spill;
mod stats;
#[cfg(not(loom))]
mod subscription;
mod time;
mod wait;

pub use batch::Batch;
pub use block::{Block, OwnedBlock, View};
pub use consumer::Consumer;
pub use error::{Ended, RecvTimeoutError, TryRecvError};
pub use future::RecvAsync;
pub use options::{Builder, Overflow, WakeUps, channel};
pub use producer::{Producer, PushError};
pub use stats::Stats;
#[cfg(not(loom))]
pub use subscription::{BoxedSubscription, Subscription};
