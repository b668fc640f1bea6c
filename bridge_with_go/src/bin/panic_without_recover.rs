//! WRONG: calls a Go function without `recover`, with something that makes it panic.

use std::process::ExitCode;

#[cfg(go)]
fn main() -> ExitCode {
    use bridge_with_go::ffi;
    use bridge_with_go::views::BytesRef;

    // Rust's catch_unwind knows nothing of Go's panics.
    let lowest = std::panic::catch_unwind(|| {
        // WRONG: Go looks at the first of no limits.
        ffi::bridge_with_go_lowest_age(BytesRef::new(&[]))
    });
    if lowest.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(go))]
fn main() -> ExitCode {
    eprintln!("{}", bridge_with_go::NO_GO);
    ExitCode::from(bridge_with_go::NO_GO_STATUS)
}
