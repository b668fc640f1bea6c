//! Rust, C, and Rust again: what comes back is what went.

use foreign_call_conformance::*;
use proptest::prelude::*;

mod values;
use values::{all, bytes, points};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_value_comes_back_as_it_went(value in all()) {
        prop_assert_eq!(EchoImpl::all(&value), Ok(value));
    }

    #[test]
    fn and_so_does_a_value_that_is_given_away(value in all()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let (answer, back) = runtime.block_on(EchoImpl::all_later(value.clone()));
        prop_assert_eq!(answer, Ok(value.clone()));
        prop_assert_eq!(back, value);
    }

    #[test]
    fn lists_of_any_length_come_back(bytes in bytes(), points in points()) {
        prop_assert!(EchoImpl::bytes(&bytes).as_ref() == Ok(&bytes), "{} bytes", bytes.len());
        prop_assert!(EchoImpl::points(&points).as_ref() == Ok(&points), "{} points", points.len());
    }

    #[test]
    fn numbers_go_by_value(a: u8, b: i64, c in -1e30_f32..1e30, d in -1e300..1e300, e: bool, f: char) {
        prop_assert_eq!(EchoImpl::scalars(a, b, c, d, e, f), Ok((a, b, c, d, e, f)));
    }
}

#[test]
fn a_hundred_megabytes_come_back() {
    let bytes: Vec<u8> = (0..100_000_000_u32).map(|at| at.to_le_bytes()[1]).collect();
    assert!(EchoImpl::bytes(&bytes) == Ok(bytes), "the same bytes");
}

#[test]
fn what_is_empty_comes_back_empty() {
    assert_eq!(EchoImpl::bytes(&[]), Ok(vec![]));
    assert_eq!(EchoImpl::points(&[]), Ok(vec![]));
}

#[test]
fn c_can_make_an_enum_with_data_and_answer_nothing() {
    assert_eq!(EchoImpl::circle(2.5), Ok(Figure::Circle(2.5)));
    assert_eq!(EchoImpl::nothing(), Ok(()));
}
