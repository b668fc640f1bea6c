//! What experiments 8 and 9 need around the hand-off, so that their own files show the hand-off
//! alone: arguments, level meter, Ctrl-C, the report as a table and as JSON.
//!
//! | idea | file |
//! |---|---|
//! | what the user asked for | `options.rs` |
//! | a block, and what a consumer keeps of it | `block.rs` |
//! | waiting for the end: level meter, Ctrl-C | `session.rs` |
//! | what happened, for people and for programs | `report.rs` |
//!
//! An experiment calls [`main`] with a function that makes a [`Report`] from [`Options`].

mod block;
mod options;
mod report;
mod session;

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

pub use block::{Block, Counters, Order, Tally};
pub use options::{Options, Promise, Strategy};
pub use report::{Lost, Report};
pub use session::{Ending, Session};

/// Parses the arguments, runs the experiment, prints its report, and chooses the exit status:
///
/// - 0: it did what was asked. A drained Ctrl-C and counted losses under a strategy that may lose
///   are part of that.
/// - 1: something was lost, altered or out of order that the strategy promised to keep, or
///   something failed.
/// - 2: the arguments or the recording are at fault. One line on standard error says how.
pub fn main<S: Strategy>(
    experiment: &'static str,
    about: &'static str,
    bridge: impl FnOnce(&Options<S>, &Session) -> anyhow::Result<Report>,
) -> ExitCode {
    let options = Options::parse(experiment, about);
    if options.reads_standard_input() && io::stdin().is_terminal() {
        complain_as("note", "reading a recording from standard input, which is a terminal");
    }
    match bridge(&options, &Session::in_terminal()) {
        Ok(report) => finish(&report, options.json),
        Err(error) => {
            let input = error.downcast_ref::<device::Error>();
            let is_no_wav = input.is_some_and(|error| error.status() == device::Status::NotWav);
            let hint = if is_no_wav { " (bare samples? say --raw)" } else { "" };
            complain(&format!("{error:#}{hint}"));
            ExitCode::from(if input.is_some_and(device::Error::is_bad_input) { 2 } else { 1 })
        }
    }
}

fn finish(report: &Report, json: bool) -> ExitCode {
    let text = if json { report.to_json() } else { report.to_string() };
    // Not println!: a reader that has gone away (`| head`) is no reason to panic, nor to complain.
    if let Err(error) = writeln!(io::stdout(), "{text}") {
        if error.kind() != io::ErrorKind::BrokenPipe {
            complain(&format!("the report can't be written: {error}"));
        }
        return ExitCode::FAILURE;
    }
    if let Some(notice) = &report.notice {
        complain_as("note", notice);
    }
    match report.broken_promise() {
        None => ExitCode::SUCCESS,
        Some(words) => {
            complain(&words);
            ExitCode::FAILURE
        }
    }
}

fn complain(words: &str) {
    complain_as("error", words);
}

fn complain_as(kind: &str, words: &str) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(io::stderr(), "{kind}: {words}");
}
