//! Rust, C, and Rust again, with types that nobody thought of.

mod values;

#[allow(
    clippy::all,
    clippy::undocumented_unsafe_blocks,
    missing_debug_implementations,
    non_camel_case_types,
    non_snake_case,
    unreachable_patterns,
    unreachable_pub,
    unused_qualifications,
    reason = "nobody wrote it"
)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/to_c.rs"));
}

#[test]
fn values_of_every_type_come_back_from_c() {
    let trips = values::Trips::new();
    let offer = generated::FromCOffer::new(generated::Mirror, trips.spawner());
    let _offer = offer.expect("nobody else offers");
    generated::every_type(&trips);
}
