//! `bridge_with_sync [--strategy S] [--pace P] [--block N] [--seconds S] [INPUT]`

use std::process::ExitCode;

fn main() -> ExitCode {
    console::main(
        "bridge_with_sync",
        "Samples from a C library's callback, worked on in plain threads",
        bridge_with_sync::bridge,
    )
}
