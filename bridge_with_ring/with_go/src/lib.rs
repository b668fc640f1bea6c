//! Experiment 12 with Go at the other ends of the two rings, instead of C.
//!
//! The ring is the experiment's own, and `go/ring.go` describes it a third time. Where there is no Go
//! when this is built, all that needs it is left out: `cfg(go)`.
#![cfg(go)]

pub mod ffi;

use anyhow::anyhow;
use bridge_with_ring::ffi::{bridge_with_ring_bell_ring, bridge_with_ring_bell_wait};
use bridge_with_ring::ring::{Receiver, Sender, ring};
use bridge_with_ring::{Report, ask};

/// Leaves these ends to Go, on this thread, until it has closed them: it receives numbers and sends
/// their squares. How often the two sides of each ring rang for each other.
pub fn serve(numbers: Receiver, squares: Sender) -> u64 {
    // SAFETY: both rings live until Go returns, these two ends are Go's meanwhile, and the functions
    // are a bell's.
    unsafe {
        ffi::bridge_with_ring_and_go_serve(
            numbers.as_ptr(),
            squares.as_ptr(),
            bridge_with_ring_bell_ring,
            bridge_with_ring_bell_wait,
        );
    }
    numbers.rung()
}

/// Has Go square the numbers up to 100,000.
///
/// # Errors
///
/// Where the system gives no threads.
pub fn run() -> anyhow::Result<Report> {
    let (numbers, numbers_in_go) = ring();
    let (squares_in_go, mut squares) = ring();
    let serving = std::thread::spawn(|| serve(numbers_in_go, squares_in_go));
    let report = ask(numbers, &mut squares)?;
    let rung = serving.join().map_err(|_| anyhow!("the thread of Go panicked"))?;
    Ok(Report { rung: report.rung + rung, ..report })
}
