//! `callback_bridge` and its peers in one run, and how many instructions they take.
//!
//! ```text
//! cargo run --release --manifest-path benchmarks/Cargo.toml -- request --svg charts
//! cargo run --release --manifest-path benchmarks/Cargo.toml -- instructions
//! ```
//!
//! Each group runs its subjects in rotating order, checks what they delivered in every run, and
//! prints medians and their ratios.

use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::harness::{Effort, Figure};

mod chart;
mod closure;
mod ffi;
mod handoff;
mod harness;
mod instructions;
mod request;

/// callback_bridge and its peers, side by side.
#[derive(Debug, Parser)]
struct Arguments {
    #[command(subcommand)]
    group: Group,
}

#[derive(Debug, Subcommand)]
enum Group {
    /// A Rust closure, called by C.
    Closure(Options),
    /// Blocks of samples, from a callback to a consumer on another core.
    Handoff(Options),
    /// Answers that C gives at once, or later from its own threads.
    Request(Options),
    /// Instructions of one step, counted by callgrind; fails where one is over its limit.
    Instructions(Options),
    /// One step of `instructions`, a number of times.
    #[command(hide = true)]
    Step { name: String, count: usize },
}

#[derive(Debug, Args)]
struct Options {
    /// One short round: it checks the content, and its times say nothing.
    #[arg(long)]
    quick: bool,
    /// Write the figures as a JSON list.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw a chart for each case.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
}

impl Options {
    fn effort(&self) -> Effort {
        Effort { quick: self.quick }
    }

    fn keep(&self, figures: &[Figure]) -> Result<(), Box<dyn Error>> {
        if let Some(path) = &self.json {
            serde_json::to_writer_pretty(File::create(path)?, figures)?;
        }
        if let Some(directory) = &self.svg {
            chart::draw(figures, directory)?;
        }
        Ok(())
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (options, figures) = match Arguments::parse().group {
        Group::Closure(options) => {
            let figures = closure::run(options.effort());
            harness::print(&figures, "by hand");
            (options, figures)
        }
        Group::Handoff(options) => {
            let figures = handoff::run(options.effort());
            harness::print(&figures, handoff::LIMIT);
            (options, figures)
        }
        Group::Request(options) => {
            let figures = request::run(options.effort());
            harness::print(&figures, "callback_bridge");
            (options, figures)
        }
        Group::Instructions(options) => {
            let (figures, all_within) = instructions::run()?;
            options.keep(&figures)?;
            return Ok(if all_within { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Group::Step { name, count } => {
            instructions::step(&name, count)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    options.keep(&figures)?;
    Ok(ExitCode::SUCCESS)
}
