//! Rust, Go, and Rust again: what comes back is what went.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::CallError,
    foreign_call_conformance_go::faults::{Faults, FaultsImpl},
    foreign_call_conformance_go::interface::*,
    proptest::prelude::*,
    proptest::test_runner::{TestCaseResult, TestRunner},
    std::collections::HashMap,
};

#[cfg(go)]
#[path = "../../conformance/tests/values/mod.rs"]
mod values;

/// Tries many values; shows the simplest that fails.
#[cfg(go)]
fn each_of_many<S: Strategy>(values: S, try_one: impl Fn(S::Value) -> TestCaseResult) {
    let mut runner = TestRunner::new(ProptestConfig::with_cases(300));
    runner.run(&values, try_one).unwrap_or_else(|error| panic!("{error}"));
}

with_go! {
    fn every_value_comes_back_as_it_went() {
        each_of_many(values::all(), |value| {
            prop_assert_eq!(EchoImpl::all(&value), Ok(value));
            Ok(())
        });
    }

    fn and_so_does_a_value_that_is_given_away() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        each_of_many(values::all(), |value| {
            let (answer, back) = runtime.block_on(EchoImpl::all_later(value.clone()));
            prop_assert_eq!((answer, &back), (Ok(value.clone()), &value));
            Ok(())
        });
    }

    fn lists_of_any_length_come_back() {
        each_of_many((values::bytes(), values::points()), |(bytes, points)| {
            prop_assert!(EchoImpl::bytes(&bytes).as_ref() == Ok(&bytes), "{} bytes", bytes.len());
            let back = EchoImpl::points(&points);
            prop_assert!(back.as_ref() == Ok(&points), "{} points", points.len());
            Ok(())
        });
    }

    fn numbers_go_by_value() {
        let numbers = (any::<u8>(), any::<i64>(), -1e30_f32..1e30, -1e300..1e300, any::<bool>(),
            any::<char>());
        each_of_many(numbers, |(a, b, c, d, e, f)| {
            prop_assert_eq!(EchoImpl::scalars(a, b, c, d, e, f), Ok((a, b, c, d, e, f)));
            Ok(())
        });
    }

    fn a_hundred_megabytes_come_back() {
        let bytes: Vec<u8> = (0..100_000_000_u32).map(|at| at.to_le_bytes()[1]).collect();
        assert!(EchoImpl::bytes(&bytes) == Ok(bytes), "the same bytes");
    }

    fn a_million_structs_come_back() {
        let point = |at| Point { x: f64::from(at), name: 'p', visible: at % 2 == 0 };
        let points: Vec<_> = (0..1_000_000).map(point).collect();
        assert!(EchoImpl::points(&points) == Ok(points), "the same points");
    }

    fn what_is_empty_comes_back_empty() {
        assert_eq!(EchoImpl::bytes(&[]), Ok(vec![]));
        assert_eq!(EchoImpl::points(&[]), Ok(vec![]));
        assert_eq!(FaultsImpl::all(&[]), HashMap::new());
    }

    fn unusual_text_is_the_same_text() {
        let words = ["", "a\0b", "\u{1f600}\u{10ffff}", "\u{feff}e\u{301}"].map(String::from);
        let lengths = words.iter().map(|word| (word.clone(), u32::try_from(word.len()).unwrap()));
        assert_eq!(FaultsImpl::all(&words), lengths.collect());
    }

    fn go_can_make_an_enum_with_data_and_answer_nothing() {
        assert_eq!(EchoImpl::circle(2.5), Ok(Figure::Circle(2.5)));
        assert_eq!(EchoImpl::nothing(), Ok(()));
    }

    fn a_trait_that_nobody_implements_says_so() {
        let message = "nobody implements Hostile: set HostileImpl in an init function".to_owned();
        let nobody = CallError::Failed { code: -2, message };
        assert_eq!(HostileImpl::row(0), Err(nobody.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        assert_eq!(runtime.block_on(HostileImpl::gives_up()), Err(nobody));
    }
}
