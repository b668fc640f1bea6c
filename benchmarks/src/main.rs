//! `callback_bridge` and its peers in one run, and how many instructions they take.
//!
//! ```text
//! cargo run --release --manifest-path benchmarks/Cargo.toml -- request --subject callback_bridge
//! cargo run --release --manifest-path benchmarks/Cargo.toml -- instructions
//! ```
//!
//! Each group runs its subjects in rotating order, checks what they delivered in every run, and
//! prints medians and their ratios. `README.md` says how, and has the charts.

use std::error::Error;
use std::fs::File;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::chart::Chart;
use crate::harness::{Effort, Figure};

mod allocations;
mod chart;
mod closure;
mod ffi;
mod foreign;
mod handoff;
mod harness;
mod instructions;
mod page;
mod request;
mod ring;

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
    /// Functions in C and Go, called from Rust.
    Foreign(Options),
    /// Answers that C gives at once, or later from its own threads.
    Request(Options),
    /// Numbers from one thread to another, through shared memory.
    Ring(Options),
    /// Instructions of one step, counted by callgrind; fails where one is over its limit.
    Instructions(Options),
    /// One step of `instructions`, a number of times.
    #[command(hide = true)]
    Step { name: String, count: usize },
    /// One run of mem-ring.
    #[command(hide = true)]
    MemRing { echo: ring::Echo, in_flight: usize, count: usize },
}

#[derive(Debug, Args)]
struct Options {
    /// One short round: it checks the content, and its times say nothing.
    #[arg(long)]
    quick: bool,
    /// Run only cases whose names contain the text; may be given several times.
    #[arg(long = "case", value_name = "TEXT")]
    cases: Vec<String>,
    /// Run only subjects whose names contain the text; may be given several times.
    #[arg(long = "subject", value_name = "TEXT")]
    subjects: Vec<String>,
    /// Write the figures as a JSON list.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Draw the charts.
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write tables, with links to the charts, into the group's part of this page.
    #[arg(long, value_name = "FILE", requires = "svg")]
    markdown: Option<PathBuf>,
}

impl Options {
    fn effort(&self) -> Effort<'_> {
        Effort { quick: self.quick, cases: &self.cases, subjects: &self.subjects }
    }

    /// Ratios are to the first of `references` that took part.
    fn keep(&self, figures: &[Figure], references: &[&str]) -> Result<(), Box<dyn Error>> {
        if figures.is_empty() {
            return Err("no case of this group, or no subject, has such a name".into());
        }
        if let Some(path) = &self.json {
            serde_json::to_writer_pretty(File::create(path)?, figures)?;
        }
        let charts = Chart::of(figures);
        if let Some(directory) = &self.svg {
            chart::draw(&charts, directory, self.quick)?;
            if let Some(page) = &self.markdown {
                page::write(&charts, references, directory, page)?;
            }
        }
        Ok(())
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let (options, figures, references) = match Arguments::parse().group {
        Group::Closure(options) => {
            let figures = closure::run(options.effort());
            (options, figures, &["by hand"][..])
        }
        Group::Foreign(options) => {
            let figures = foreign::run(options.effort());
            (options, figures, &foreign::REFERENCES[..])
        }
        Group::Handoff(options) => {
            let figures = handoff::run(options.effort());
            (options, figures, &[handoff::LIMIT][..])
        }
        Group::Request(options) => {
            let figures = request::run(options.effort());
            (options, figures, &["callback_bridge"][..])
        }
        Group::Ring(options) => {
            let figures = ring::run(options.effort());
            (options, figures, &[ring::REFERENCE][..])
        }
        Group::Instructions(options) => {
            let (figures, all_within) = instructions::run(options.effort())?;
            options.keep(&figures, &[handoff::LIMIT])?;
            return Ok(if all_within { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        Group::Step { name, count } => {
            instructions::step(&name, count)?;
            return Ok(ExitCode::SUCCESS);
        }
        Group::MemRing { echo, in_flight, count } => {
            ring::child(echo, in_flight, count);
        }
    };
    harness::print(&figures, references);
    options.keep(&figures, references)?;
    Ok(ExitCode::SUCCESS)
}
