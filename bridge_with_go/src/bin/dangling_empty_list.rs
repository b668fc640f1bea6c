//! WRONG: hands Go the pointer of an empty `Vec`, which is no address.

use std::process::ExitCode;

#[cfg(go)]
fn main() -> ExitCode {
    use bridge_with_go::ffi;
    use bridge_with_go::views::BytesRef;

    let text: Vec<u8> = Vec::new();
    // SAFETY: WRONG. There is nothing to read, but the pointer is 1 and not null.
    let view = unsafe { BytesRef::from_raw_parts(text.as_ptr(), text.len()) };
    // Go reads nothing there. But its stack grows meanwhile, and moves, with all pointers on it.
    let letters = ffi::bridge_with_go_letters_on_a_grown_stack(view);
    if letters == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(not(go))]
fn main() -> ExitCode {
    eprintln!("{}", bridge_with_go::NO_GO);
    ExitCode::from(bridge_with_go::NO_GO_STATUS)
}
