//! What the macros say, as rustc shows it.

#[test]
fn every_message_stands_at_its_place() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
    // Worded by rustc, which says more where unstable features are allowed, as sanitizers need.
    if std::env::var_os("RUSTC_BOOTSTRAP").is_none() {
        cases.compile_fail("tests/ui_rustc/*.rs");
    }
}
