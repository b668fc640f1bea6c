//! Runs the experiment and prints its report.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

fn main() -> anyhow::Result<()> {
    println!("{}", bridge_with_ring::run()?);
    Ok(())
}
