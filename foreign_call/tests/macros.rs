//! What the macros say, as rustc shows it.

#[test]
fn every_message_stands_at_its_place() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
