//! The page's tables, written between two marks that stand in it already.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;
use std::{env, fs, thread};

use crate::chart::{Chart, Panel, is_limit, is_ours, number};

/// A peer that is ahead by less is not said to be: that much two runs differ.
const NOISE: f64 = 0.02;

/// Replaces the part of the group of these charts. Ratios are to the first of `references` that took
/// part.
pub fn write(
    charts: &[Chart],
    references: &[&str],
    directory: &Path,
    page: &Path,
) -> Result<(), Box<dyn Error>> {
    let Some(group) = charts.first().map(|chart| chart.group) else { return Ok(()) };
    let text = fs::read_to_string(page)?;
    let (begin, end) = marks(group);
    let parts = text.split_once(&begin).and_then(|(before, rest)| {
        let (_old, after) = rest.split_once(&end)?;
        Some((before, after))
    });
    let Some((before, after)) = parts else {
        return Err(format!("{} has no line {begin}", page.display()).into());
    };
    // As seen from the page.
    let folder = page.parent().and_then(|folder| directory.strip_prefix(folder).ok());
    let part = part(charts, references, folder.unwrap_or(directory))?;
    fs::write(page, format!("{before}{begin}\n\n{part}\n{end}{after}"))?;
    println!("written: {group} in {}", page.display());
    Ok(())
}

/// Between these two, a command writes.
fn marks(group: &str) -> (String, String) {
    let begin = format!("<!-- {group}: made by the command below, not by hand -->");
    (begin, format!("<!-- end of {group} -->"))
}

fn part(charts: &[Chart], references: &[&str], folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut part = String::new();
    let quoted = |argument: String| {
        if argument.contains(' ') { format!("\"{argument}\"") } else { argument }
    };
    let arguments: Vec<_> = env::args().skip(1).map(quoted).collect();
    writeln!(part, "```sh")?;
    writeln!(
        part,
        "cargo run --release --manifest-path benchmarks/Cargo.toml -- {}",
        arguments.join(" ")
    )?;
    writeln!(part, "```\n\n{}.", machine())?;
    for chart in charts {
        let file = folder.join(chart.file_name());
        writeln!(part, "\n![{}]({})\n", chart.title, file.display())?;
        table(&mut part, chart, references)?;
    }
    let behind: Vec<_> = charts
        .iter()
        .flat_map(|chart| chart.panels.iter().filter_map(|p| behind(chart, p)))
        .collect();
    if behind.is_empty() {
        writeln!(part, "\nNo peer is ahead by more than {} %.", 100.0 * NOISE)?;
    } else {
        writeln!(part, "\nA peer is ahead by more than {} % here:\n", 100.0 * NOISE)?;
        behind.iter().try_for_each(|line| writeln!(part, "- {line}"))?;
    }
    Ok(part)
}

/// A column for each panel: the value, and its ratio to the reference or to the lowest.
fn table(part: &mut String, chart: &Chart, references: &[&str]) -> Result<(), Box<dyn Error>> {
    write!(part, "| {} |", chart.title)?;
    for panel in &chart.panels {
        let p99 = if panel.marks.is_empty() { "" } else { " (p99)" };
        write!(part, " {}{p99} |", panel.title())?;
    }
    writeln!(part, "\n|---|{}", "---:|".repeat(chart.panels.len()))?;
    let mut subjects = Vec::new();
    for bar in chart.panels.iter().flat_map(|panel| &panel.bars) {
        if !subjects.contains(&bar.subject) {
            subjects.push(bar.subject);
        }
    }
    for subject in subjects {
        let strong = if is_ours(subject) { "**" } else { "" };
        write!(part, "| {strong}{subject}{strong} |")?;
        for panel in &chart.panels {
            write!(part, " {} |", cell(panel, subject, references))?;
        }
        writeln!(part)?;
    }
    Ok(())
}

fn cell(panel: &Panel, subject: &str, references: &[&str]) -> String {
    let value_of =
        |name: &str| panel.bars.iter().find(|bar| bar.subject == name).map(|bar| bar.value);
    let lowest = || panel.bars.iter().map(|bar| bar.value).fold(f64::INFINITY, f64::min);
    let Some(value) = value_of(subject) else { return "-".to_owned() };
    let base = references.iter().find_map(|name| value_of(name)).unwrap_or_else(lowest);
    let p99 = panel.mark_of(subject).map_or(String::new(), |mark| format!(" ({})", number(mark)));
    // Where nothing was measured there is nothing to compare with.
    let ratio = if base > 0.0 { format!(", x {:.2}", value / base) } else { String::new() };
    format!("{}{p99}{ratio}", number(value))
}

/// Where a peer is ahead of the best of ours.
fn behind(chart: &Chart, panel: &Panel) -> Option<String> {
    let best = |ours: bool| {
        let bars = panel.bars.iter().filter(|bar| !is_limit(bar.subject));
        let bars = bars.filter(|bar| is_ours(bar.subject) == ours);
        bars.min_by(|one, other| one.value.total_cmp(&other.value))
    };
    let (ours, peer) = (best(true)?, best(false)?);
    (peer.value < ours.value * (1.0 - NOISE)).then(|| {
        let (title, ours, value) = (chart.title, number(ours.value), number(peer.value));
        format!("{title}, {}: {} {value}, ours {ours}", panel.title(), peer.subject)
    })
}

/// What it ran on.
fn machine() -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let information = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = information.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split_once(": ")).map_or(env::consts::ARCH, |it| it.1);
    format!("On {model}, {cores} cores, {}", env::consts::OS)
}
