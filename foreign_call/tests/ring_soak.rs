//! A short run of the soak; the long one is
//! `cargo run --release -p foreign_call --example ring_soak -- 1000000000`.

#[path = "../examples/ring_soak.rs"]
mod soak;

/// `RING_SOAK_MESSAGES` makes it longer.
#[test]
fn every_message_arrives_once_in_order_and_whole() {
    let messages = std::env::var("RING_SOAK_MESSAGES");
    let messages = messages.map_or(200_000, |number| number.parse().expect("a number"));
    let report = soak::soak(messages, 7, |_| true);
    assert!(report.messages >= messages, "{report}");
    assert!(report.in_arena > 0, "{report}");
    assert!(report.spilled > 0 && report.wake_ups > 0 && report.room_wake_ups > 0, "{report}");
}
