//! Experiment 12: Rust and C talk through shared memory, and call each other only to sleep.
//!
//! | idea | file |
//! |---|---|
//! | a ring: two counts, who writes which, who sleeps when | `ring.rs`, and once more in `csrc/ring.c` |
//! | what one sleeps on | `csrc/bell.c` |
//! | a thread in C at the other ends of two rings | `csrc/service.c`, this file |
//!
//! The chapter is this crate's `README.md`.

pub mod ffi;
pub mod ring;
mod sync;

#[cfg(test)]
mod model;

use std::fmt;
use std::ptr::NonNull;
use std::thread;

use anyhow::{Context, anyhow};

use ring::{Receiver, Sender};

/// A thread in C that receives numbers and sends their squares, in the same order. Dropping it waits
/// for that thread, so close one of the rings first.
#[derive(Debug)]
pub struct Service {
    handle: NonNull<ffi::RawService>,
    /// C's ends. Nobody uses them while C does.
    ends: (Receiver, Sender),
}

impl Service {
    /// Leaves these ends to C.
    ///
    /// # Errors
    ///
    /// Where C has no memory or no thread.
    pub fn start(numbers: Receiver, squares: Sender) -> anyhow::Result<Service> {
        // SAFETY: both rings live as long as `ends`, and these two ends are C's from here on.
        let handle =
            unsafe { ffi::bridge_with_ring_service_start(numbers.as_ptr(), squares.as_ptr()) };
        let handle = NonNull::new(handle).context("C has no memory or no thread")?;
        Ok(Service { handle, ends: (numbers, squares) })
    }

    /// How often C and we rang for each other, until now.
    pub fn rung(&self) -> u64 {
        self.ends.0.rung()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: the service is ours, and this is its end.
        unsafe { ffi::bridge_with_ring_service_join(self.handle.as_ptr()) };
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Numbers sent.
    pub sent: u32,
    /// Squares received.
    pub received: u32,
    /// Those that were not the square of the number whose turn it was.
    pub wrong: u32,
    /// The squares together.
    pub sum: i64,
    /// How often one side slept and the other one rang, on both rings.
    pub rung: u64,
}

/// Has C square the numbers up to 100,000.
///
/// ```
/// let report = bridge_with_ring::run()?;
/// assert_eq!((report.received, report.wrong), (100_000, 0));
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the system gives no threads.
pub fn run() -> anyhow::Result<Report> {
    let (numbers, numbers_in_c) = ring::ring();
    let (squares_in_c, mut squares) = ring::ring();
    let service = Service::start(numbers_in_c, squares_in_c)?;
    let report = ask(numbers, &mut squares)?;
    Ok(Report { rung: report.rung + service.rung(), ..report })
}

/// Sends the numbers up to 100,000 on one thread, and receives their squares on this one. It counts the
/// bells of `squares` only.
///
/// # Errors
///
/// Where the system gives no threads.
pub fn ask(mut numbers: Sender, squares: &mut Receiver) -> anyhow::Result<Report> {
    const NUMBERS: u32 = 100_000;
    // When it has sent all, it drops its end. The other side receives what is left, and closes both.
    let sending =
        thread::spawn(move || (1..=NUMBERS).take_while(|n| numbers.send(i64::from(*n))).count());
    let (mut received, mut wrong, mut sum) = (0, 0, 0);
    while let Some(square) = squares.receive() {
        received += 1;
        wrong += u32::from(square != i64::from(received).pow(2));
        sum += square;
    }
    let sent = sending.join().map_err(|_| anyhow!("the sender panicked"))? as u32;
    Ok(Report { sent, received, wrong, sum, rung: squares.rung() })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { sent, received, wrong, sum, rung } = self;
        writeln!(f, "sent      {sent} numbers")?;
        writeln!(f, "received  {received} squares")?;
        writeln!(f, "wrong     {wrong}")?;
        writeln!(f, "sum       {sum}")?;
        write!(f, "slept     {rung} times")
    }
}
