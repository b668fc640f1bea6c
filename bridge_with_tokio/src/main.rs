//! `bridge_with_tokio [--strategy S] [--pace P] [--block N] [--seconds S] [INPUT]`

use std::process::ExitCode;

fn main() -> ExitCode {
    console::main(
        "bridge_with_tokio",
        "Samples from a C library's callback, worked on in tokio tasks",
        bridge_with_tokio::bridge,
    )
}
