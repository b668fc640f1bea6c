//! What the macros say, as rustc shows it.

use std::io::Write;
use std::process::Command;

/// Whose words stand in `tests/ui_rustc`.
const WRITTEN_WITH: &str = "rustc 1.95.";

#[test]
fn every_message_stands_at_its_place() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // Worded by rustc, each version in its own way; and it says more where unstable features are
    // allowed, as sanitizers need.
    let version = Command::new("rustc").arg("-V").output().expect("rustc says its version");
    let version = String::from_utf8_lossy(&version.stdout);
    if version.starts_with(WRITTEN_WITH) && std::env::var_os("RUSTC_BOOTSTRAP").is_none() {
        cases.compile_fail("tests/ui_rustc/*.rs");
    } else {
        let compared = format!("tests/ui_rustc is compared with {WRITTEN_WITH}x only");
        let _ = writeln!(std::io::stderr(), "{compared}; this is {version}");
    }
}
