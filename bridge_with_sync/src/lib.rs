//! Experiment 9: the same callback feeds plain threads.
//!
//! | idea | file |
//! |---|---|
//! | where a plain function finds the sender | `csrc/state.c`, `callback.rs` |
//! | four ways to hand a block over | `strategy.rs` |
//! | who waits for whom, and in which order it ends | this file |
//!
//! The chapter is this crate's `README.md`.

mod callback;
pub mod ffi;
mod strategy;

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::Context;
use console::{Counters, Options, Report, Session, Tally};

use callback::Acquisition;
use strategy::Inbox;

pub use strategy::Strategy;

/// Two seconds of the built-in signal, in real time, through `send`.
///
/// ```
/// let report = bridge_with_sync::run()?;
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

/// Opens the device, hands its blocks to threads, and waits for the end of both. There is one place
/// for a sender, so where another thread is in here the device starts when that one is through.
///
/// # Errors
///
/// A [`device::Error`] where the input or the configuration is at fault; where the system gives no
/// threads.
///
/// # Panics
///
/// With the panic of a consumer or of the callback, once the device has ended.
pub fn bridge(options: &Options<Strategy>, session: &Session) -> anyhow::Result<Report> {
    let device = options.open_device()?;
    session.catch_ctrl_c()?;

    let counters = Arc::new(Counters::default());
    let (sender, inboxes) =
        strategy::channel(options.strategy, options.capacity, options.workers, &counters);
    let consumers: Vec<_> = (0..options.workers)
        .map(|number| {
            // One inbox for all, or with a fan-out one for each.
            let inbox = Arc::clone(&inboxes[number % inboxes.len()]);
            let (counters, work) = (Arc::clone(&counters), options.work);
            thread::Builder::new().spawn(move || consume(&inbox, &counters, work))
        })
        .collect::<Result<_, _>>()
        .context("the system gives no threads")?;

    // The device's thread calls back from here on, and no more once `finish` has returned.
    let ending = Acquisition::start(&device, sender)?.finish(session, &counters)?;

    // The sender is gone, so each consumer works on what is left and ends.
    session.drain(&counters, || consumers.iter().all(JoinHandle::is_finished));
    let tally = join(consumers);
    let orders: Vec<_> = inboxes.iter().map(|inbox| lock(inbox).order.clone()).collect();
    Ok(Report::new(options, &device, ending, &counters, &tally, &orders))
}

/// What all consumers counted together. A panic of one goes on here.
fn join(consumers: Vec<JoinHandle<Tally>>) -> Tally {
    let joined = consumers.into_iter().map(JoinHandle::join);
    let tallies = joined.map(|tally| tally.unwrap_or_else(|panic| resume_unwind(panic)));
    tallies.fold(Tally::default(), Tally::merge)
}

/// One of several threads, which share a channel's receiver or have one each.
fn consume(inbox: &Mutex<Inbox>, counters: &Counters, work: Duration) -> Tally {
    let mut tally = Tally::default();
    loop {
        // Locked while it waits for a block, free while it works on one.
        let Some(block) = lock(inbox).next() else { return tally };
        counters.begin_work(&block);
        tally.add(&block);
        if !work.is_zero() {
            thread::sleep(work);
        }
        counters.end_work();
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().expect("nothing panics while it waits for a block")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "a consumer's own words")]
    fn a_consumer_that_panics_is_heard() {
        let good = thread::spawn(Tally::default);
        let bad = thread::spawn(|| panic!("a consumer's own words"));
        join(vec![good, bad]);
    }
}
