//! Experiment 8: a callback without user data feeds tokio tasks.
//!
//! | idea | file |
//! |---|---|
//! | where a plain function finds the sender | `csrc/state.c`, `callback.rs` |
//! | four ways to hand a block over | `strategy.rs` |
//! | who waits for whom, and in which order it ends | this file |
//!
//! The chapter is this crate's `README.md`. `send_without_await`, `runtime_in_runtime` and
//! `blocking_send_in_runtime` in `src/bin/` are the dead ends.

mod callback;
pub mod ffi;
mod strategy;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use console::{Counters, Options, Report, Session, Tally};
use tokio::runtime::{Builder, Handle};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use callback::Acquisition;
use strategy::Inbox;

pub use strategy::Strategy;

/// Two seconds of the built-in signal, in real time, through `blocking_send`.
///
/// ```
/// let report = bridge_with_tokio::run()?;
/// assert_eq!(report.samples + report.lost.device, 96_000);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the system gives no threads.
pub fn run() -> anyhow::Result<Report> {
    bridge(&Options::default(), &Session::quiet())
}

/// Opens the device, hands its blocks to tokio tasks, and waits for the end of both.
///
/// The calling thread waits and must not be one of a runtime. There is one place for a sender, so
/// where another thread is in here the device starts when that one is through.
///
/// # Errors
///
/// A [`device::Error`] where the input or the configuration is at fault; where the system gives no
/// threads; on a thread of a runtime; where a consumer panicked.
///
/// # Panics
///
/// With the panic of the callback, once the device has ended.
pub fn bridge(options: &Options<Strategy>, session: &Session) -> anyhow::Result<Report> {
    // Inside a runtime this would wait for the device first and panic then.
    ensure!(Handle::try_current().is_err(), "a thread of a tokio runtime must not wait here");
    let device = options.open_device()?;
    // The runtime belongs to a plain thread, this one. Inside another runtime it could not wait.
    let runtime = Builder::new_multi_thread()
        .worker_threads(options.workers)
        .enable_time()
        .build()
        .context("tokio's runtime can't be built")?;
    session.catch_ctrl_c()?;

    let counters = Arc::new(Counters::default());
    let (sender, inbox) =
        strategy::channel(options.strategy, options.capacity, runtime.handle(), &counters);
    let inbox = Arc::new(Mutex::new(inbox));
    let consumers: Vec<_> = (0..options.workers)
        .map(|_| runtime.spawn(consume(Arc::clone(&inbox), Arc::clone(&counters), options.work)))
        .collect();

    // The device's thread calls back from here on, and no more once `finish` has returned.
    let ending = Acquisition::start(&device, sender)?.finish(session, &counters)?;

    // The sender is gone, so each consumer works on what is left and ends.
    session.drain(&counters, || consumers.iter().all(JoinHandle::is_finished));
    let tally = runtime.block_on(join(consumers))?;
    let order = inbox.blocking_lock().order.clone();
    Ok(Report::new(options, &device, ending, &counters, &tally, &[order]))
}

/// What all consumers counted together. A panic of one is an error, not a smaller sum.
async fn join(consumers: Vec<JoinHandle<Tally>>) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    for consumer in consumers {
        tally = tally.merge(consumer.await.context("a consumer panicked")?);
    }
    Ok(tally)
}

/// One of several tasks that share the channel's receiver.
async fn consume(inbox: Arc<Mutex<Inbox>>, counters: Arc<Counters>, work: Duration) -> Tally {
    let mut tally = Tally::default();
    loop {
        // Locked while it waits for a block, free while it works on one.
        let Some(block) = inbox.lock().await.next().await else { return tally };
        counters.begin_work(&block);
        tally.add(&block);
        if !work.is_zero() {
            tokio::time::sleep(work).await;
        }
        counters.end_work();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn on_a_thread_of_a_runtime_it_refuses_at_once() {
        let error = run().expect_err("it would have to wait");
        assert_eq!(error.to_string(), "a thread of a tokio runtime must not wait here");
    }

    #[tokio::test]
    async fn a_consumer_that_panics_is_an_error() {
        let good = tokio::spawn(async { Tally::default() });
        let bad = tokio::spawn(async { panic!("a consumer's own words") });
        let error = join(vec![good, bad]).await.expect_err("it panicked");
        assert_eq!(error.to_string(), "a consumer panicked");
    }
}
