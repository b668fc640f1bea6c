//! A short run of the soak; the long one is `cargo run --release --example soak -- 1000000000`.

#[path = "../examples/soak.rs"]
mod soak;

/// `HANDOFF_SOAK_SAMPLES` makes it longer.
#[test]
fn every_sample_is_received_or_counted_as_lost() {
    let samples = std::env::var("HANDOFF_SOAK_SAMPLES");
    let samples = samples.map_or(2_000_000, |number| number.parse().expect("a number"));
    let report = soak::soak(samples, 7);
    assert_eq!(report.received + report.lost, report.sent);
    assert!(report.sent >= samples - 1 && report.received > 0, "{report}");
}
