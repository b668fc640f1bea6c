//! Waiting for the end: the device's own, or Ctrl-C. Meanwhile, in a terminal, a level meter.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Context;
use device::Device;

use crate::Counters;

/// How often the meter is drawn and Ctrl-C looked for.
const TICK: Duration = Duration::from_millis(50);
/// What the drawn line may need of the terminal's width; what is drawn over must go away.
const WIDTH: usize = 64;
/// The meter's width, in characters, and what its left end stands for.
const METER: usize = 15;
const FLOOR_DB: f64 = -60.0;
/// What shells report for a process that Ctrl-C ended.
const ENDED_BY_CTRL_C: i32 = 130;

/// How the device came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The source was exhausted.
    Finished,
    /// Ctrl-C; the device was stopped.
    Interrupted,
    /// Reading the recording failed in the middle. What came before counts.
    Failed,
}

/// Where a run takes place: in a terminal, or quietly inside another program.
#[derive(Debug)]
pub struct Session {
    interrupted: Arc<AtomicBool>,
    handles_ctrl_c: bool,
    draws: bool,
}

impl Session {
    /// No meter, and Ctrl-C is not ours to handle.
    pub fn quiet() -> Session {
        Session { interrupted: Arc::default(), handles_ctrl_c: false, draws: false }
    }

    /// With the level meter where standard error is a terminal.
    pub(crate) fn in_terminal() -> Session {
        let draws = stderr().is_terminal();
        Session { interrupted: Arc::default(), handles_ctrl_c: true, draws }
    }

    /// From now on the first Ctrl-C asks [`Session::watch`] to stop the device, and the second ends
    /// the process. Before this call the first one does: a device that is being opened may wait for
    /// its input for ever.
    ///
    /// # Errors
    ///
    /// Where the system refuses the handler.
    pub fn catch_ctrl_c(&self) -> anyhow::Result<()> {
        if !self.handles_ctrl_c {
            return Ok(());
        }
        let interrupted = Arc::clone(&self.interrupted);
        let handler = move || {
            if interrupted.swap(true, Ordering::Relaxed) {
                std::process::exit(ENDED_BY_CTRL_C);
            }
        };
        ctrlc::set_handler(handler).context("Ctrl-C can't be caught")
    }

    /// Blocks until the started device has ended, stops it on Ctrl-C, and draws the meter. When it
    /// returns, the device's callback won't be called again.
    ///
    /// # Errors
    ///
    /// A recording that turns out to hold no samples, which a pipe can't tell earlier.
    pub fn watch(&self, device: &Device, counters: &Counters) -> Result<Ending, device::Error> {
        let ending = loop {
            match device.wait(TICK) {
                Ok(true) => break Ending::Finished,
                Ok(false) if self.interrupted.load(Ordering::Relaxed) => {
                    device.stop()?;
                    break Ending::Interrupted;
                }
                Ok(false) => self.draw(device, counters),
                Err(error) if error.status() == device::Status::ReadFailed => break Ending::Failed,
                Err(error) => {
                    self.show("");
                    return Err(error);
                }
            }
        };
        self.show("");
        if ending == Ending::Interrupted && self.draws {
            eprintln!(); // the terminal has written ^C into the line
        }
        Ok(ending)
    }

    /// Says how much there is left to do, until `finished` does: the device has ended, and the
    /// consumers work on what it delivered.
    pub fn drain(&self, counters: &Counters, mut finished: impl FnMut() -> bool) {
        // The device needs no stopping any more: from now on one Ctrl-C is enough.
        self.interrupted.store(true, Ordering::Relaxed);
        while self.draws && !finished() {
            let left = counters.waiting();
            self.show(&format!("the device has ended; {left} blocks left (Ctrl-C drops them)"));
            thread::sleep(TICK);
        }
        self.show("");
    }

    fn draw(&self, device: &Device, counters: &Counters) {
        let (blocks, samples) = counters.progress();
        let (_, dropped) = counters.losses();
        let lost = device.statistics().overruns + dropped;
        let meter = level(counters.take_peak());
        self.show(&format!("{meter}  {blocks} blocks  {samples} samples  {lost} lost"));
    }

    /// Puts a line where the one before stood.
    fn show(&self, line: &str) {
        if self.draws {
            let end = if line.is_empty() { "\r" } else { "" };
            // A terminal that went away is no reason to stop measuring.
            let _ = write!(stderr(), "\r{line:<WIDTH$}{end}");
        }
    }
}

/// A bar for a peak of 0 to 32768, and its level in decibels below the loudest sample.
fn level(peak: u32) -> String {
    let decibels = 20.0 * (f64::from(peak) / 32_768.0).log10(); // of silence: -infinity
    let share = (1.0 - decibels / FLOOR_DB).clamp(0.0, 1.0);
    let filled = (share * METER as f64).round() as usize;
    let bar = format!("{}{}", "█".repeat(filled), "·".repeat(METER - filled));
    if peak == 0 { format!("{bar}  silence  ") } else { format!("{bar} {decibels:6.1} dBFS") }
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn the_meter_is_full_at_the_loudest_sample_and_empty_at_the_softest() {
        assert!(level(32_768).starts_with(&"█".repeat(15)) && level(32_768).contains("  0.0 dBFS"));
        assert!(level(1).starts_with('·') && level(0).contains("silence"));
        assert!(
            level(3_277).starts_with(&"█".repeat(10)),
            "-20 dB is two thirds: {}",
            level(3_277)
        );
    }
}
