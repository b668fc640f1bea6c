//! Runs the experiment with Go and prints its report.

#[cfg(go)]
#[expect(clippy::print_stdout, reason = "printing is what a main is for")]
fn main() -> anyhow::Result<()> {
    println!("{}", bridge_with_ring_and_go::run()?);
    Ok(())
}

#[cfg(not(go))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "built without Go: install Go 1.19 or newer (golang-go in Debian), then \
         `cargo clean -p bridge_with_ring_and_go`, and run this again"
    );
    std::process::ExitCode::from(3)
}
