//! Experiment 2: a callback written in C. Who runs it, and what does it block?
//!
//! The callbacks are C, so that nothing of Rust is involved yet: `csrc/` has them, [`ffi`] declares
//! them, and this file passes their addresses to the device and reads what they noted.
//! The chapter is this crate's `README.md`.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::ensure;
use device::{Config, Device, DeviceCallback, Stats};

pub mod ffi;

pub use ffi::Notes;

/// Guards against a device that never ends, and nothing else.
const PATIENCE: Duration = Duration::from_secs(60);

/// One of the two callbacks in `csrc/poc_callback.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callback {
    /// Notes what came and returns.
    Quick,
    /// The same, but the first time it stays for half a second.
    Slow,
}

impl Callback {
    /// The address of the C function.
    fn pointer(self) -> DeviceCallback {
        // New: a function without parentheses is not called. It is a value, and can be passed on.
        match self {
            Callback::Quick => ffi::poc_callback_quick,
            Callback::Slow => ffi::poc_callback_slow,
        }
    }
}

/// One run of the device, seen from both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// What the callback noted.
    pub notes: Notes,
    /// What the device counted.
    pub stats: Stats,
}

/// Runs a device with one of the callbacks until its signal ends. A second call, from another
/// thread, waits until the first one is through.
///
/// # Errors
///
/// Where the device can't be opened or started, or does not end.
pub fn watch(callback: Callback, config: &Config) -> anyhow::Result<Watched> {
    // There is one set of notes in C, so there may be one run at a time. The lock is taken before
    // the device is opened, and so it is given back after the device is closed, on errors too.
    static NOTES: Mutex<()> = Mutex::new(());
    let _only_run = NOTES.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: no device runs with one of the callbacks: whoever starts one holds the lock.
    unsafe { ffi::poc_callback_forget() };

    let device = Device::open(config)?;
    // SAFETY: a C function of the right type, which may run on any thread and can't unwind. What it
    // uses is static, so it lives long enough, and nobody else uses it while we hold the lock.
    unsafe { device.start(callback.pointer()) }?;
    ensure!(device.wait(PATIENCE)?, "the device is still running");
    device.stop()?;

    // SAFETY: `stop` has returned, and so has the last callback: nobody writes the notes now.
    let notes = unsafe { ffi::poc_callback_read() };
    Ok(Watched { notes, stats: device.statistics() })
}

/// 0.6 s of the signal in blocks of 10 ms, with a FIFO that bridges a pause of 0.4 s and no more.
pub fn configuration() -> Config {
    Config { block_length: 480, fifo_length: Some(19_200), ..Config::signal(28_800) }
}

/// What the experiment saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    /// The thread that called [`run`].
    pub our_thread: u64,
    /// With [`Callback::Quick`].
    pub quick: Watched,
    /// With [`Callback::Slow`].
    pub slow: Watched,
}

/// Watches both callbacks, one after the other.
///
/// ```
/// let report = poc_callback::run()?;
/// assert_ne!(report.quick.notes.thread_id, report.our_thread);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the device can't be opened or started, or does not end.
pub fn run() -> anyhow::Result<Report> {
    let config = configuration();
    Ok(Report {
        our_thread: device::thread_id(),
        quick: watch(Callback::Quick, &config)?,
        slow: watch(Callback::Slow, &config)?,
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |what: &str, value: fn(&Watched) -> u64| {
            format!("{what:16} {:>8} {:>8}", value(&self.quick), value(&self.slow))
        };
        let rows = [
            format!("we are on thread {}", self.our_thread),
            String::from("callback            quick     slow"),
            row("control thread", |run| run.stats.thread_id),
            row("ran on thread", |run| run.notes.thread_id),
            row("blocks", |run| run.notes.blocks),
            row("samples", |run| run.notes.samples),
            row("overruns", |run| run.stats.overruns),
            row("missed", |run| run.notes.missing),
            row("longest call, ms", |run| run.stats.longest_callback_ns / 1_000_000),
        ];
        f.write_str(&rows.join("\n"))
    }
}
