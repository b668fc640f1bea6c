//! Rust, Go, and Rust again, with types that nobody thought of.

#[cfg(go)]
mod values;

#[cfg(go)]
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
    include!(concat!(env!("OUT_DIR"), "/to_go.rs"));
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn values_of_every_type_come_back_from_go() {
    #[cfg(go)]
    {
        let trips = values::Trips::new();
        let offer = generated::FromGoOffer::new(generated::Mirror, trips.spawner());
        let _offer = offer.expect("nobody else offers");
        generated::every_type(&trips);
    }
}
