//! Calls to another process: as calls are, but for what one test or another says.
#![cfg(target_os = "linux")]

use foreign_call::CallError;
use foreign_call::ring::Options;
use foreign_call_conformance::process::{Far as _, FarImpl as Impl};
use foreign_call_conformance::*;
use proptest::prelude::*;

#[allow(dead_code, reason = "not every test needs all of it")]
mod far;
#[allow(dead_code, reason = "not every test needs all of them")]
mod values;
use far::{Far, run};
use values::all;

fn points() -> impl Strategy<Value = Vec<Point>> {
    let any = (-1e300..1e300, any::<char>(), any::<bool>());
    let point = any.prop_map(|(x, name, visible)| Point { x, name, visible });
    proptest::collection::vec(point, 0..500)
}

#[test]
fn every_value_comes_back_as_it_went() {
    let far = Far::new();
    proptest!(ProptestConfig::with_cases(200), |(value in all())| {
        prop_assert_eq!(run(Impl::all(&value)), Ok(value));
    });
    far.end();
}

#[test]
fn what_is_given_away_comes_back_beside_the_answer() {
    let far = Far::new();
    proptest!(ProptestConfig::with_cases(50), |(points in points())| {
        let levels = vec![Level::Low, Level::High];
        let (answer, back) = run(Impl::points(points.clone(), levels.clone()));
        prop_assert_eq!(answer.as_ref(), Ok(&points));
        prop_assert_eq!(back, (points, levels));
    });
    far.end();
}

#[test]
fn numbers_get_there_and_answers_come_back() {
    let far = Far::new();
    run(async {
        let there = (7, -8, 1.5, f64::MIN, true, '\u{10ffff}');
        assert_eq!(Impl::scalars(7, -8, 1.5, f64::MIN, true, '\u{10ffff}').await, Ok(there));
        assert_eq!(Impl::circle(2.5).await, Ok(Figure::Circle(2.5)));
        assert_eq!(Impl::half(8).await, 4);
        assert_eq!(Impl::sum(vec![1, 2, 3]).await, Ok(6));
        assert_eq!(Impl::sum(vec![]).await, Ok(0));
    });
    far.end();
}

#[test]
fn one_way_calls_arrive_in_order() {
    const NOTES: u64 = 5_000; // many times the ring's size: this thread waits now and then
    let far = Far::new();
    for number in 0..NOTES {
        Impl::note(&"x".repeat((number % 7) as usize), number);
    }
    let bytes = (0..NOTES).map(|number| number % 7).sum();
    assert_eq!(run(Impl::noted()), Ok((NOTES, bytes)));
    far.end();
}

#[test]
fn what_goes_wrong_is_an_error() {
    let far = Far::new();
    run(async {
        let failed = CallError::Failed { code: -5, message: "éé".into() };
        assert_eq!(Impl::fails(-5, 2).await, Err(failed));
        assert_eq!(Impl::gives_up().await, Err(CallError::Unanswered));
        assert_eq!(Impl::answers_twice().await, Ok(1));
        assert_eq!(Impl::never_in_time().await, Err(CallError::Deadline));
        assert_eq!(Impl::refused().await, Ok(0));
    });
    far.end();
}

#[tokio::test]
#[should_panic = "`Far::half`: odd (code 3)"]
async fn without_a_result_it_is_the_caller_s_panic() {
    let _far = Far::new();
    Impl::half(3).await;
}

#[test]
fn what_is_too_long_is_an_error_with_both_sizes() {
    let far = Far::new();
    let longest = far::options().longest();
    run(async {
        // Head, list, numbers.
        let most = (longest - 32) / 8;
        assert_eq!(Impl::sum(vec![1; most]).await, Ok(most as u64));
        let bytes = longest + 8;
        assert_eq!(Impl::sum(vec![1; most + 1]).await, Err(CallError::TooLong { bytes, longest }));
        let most = longest as u64 - 32;
        assert_eq!(Impl::bytes(most).await, Ok(vec![0; longest - 32]));
        let message = format!(
            "the answer is a message of {bytes} bytes, where the ring has room for {longest}"
        );
        let failed = CallError::Failed { code: i32::MIN + 4, message };
        assert_eq!(Impl::bytes(most + 1).await, Err(failed));
        // The words of a failure become fewer, and stay words.
        match Impl::fails(1, longest as u32).await {
            Err(CallError::Failed { code: 1, message }) => {
                assert_eq!(message, "é".repeat((longest - 40) / 2));
            }
            other => panic!("{other:?}"),
        }
    });
    far.end();
}

/// Room for small calls in each slot, and behind them for 3 MB.
fn with_arena() -> Options {
    Options::new(64, 128).arena(3 << 20)
}

#[test]
fn values_of_a_megabyte_go_through_the_arena_and_come_back() {
    let far = Far::with(&with_arena());
    run(async {
        let point = |x: i32| Point { x: f64::from(x), name: 'x', visible: x % 2 == 0 };
        let points: Vec<Point> = (0..1 << 16).map(point).collect();
        for _ in 0..3 {
            let (answer, back) = Impl::points(points.clone(), vec![Level::High]).await;
            assert_eq!((answer.as_ref(), &back.0), (Ok(&points), &points));
        }
        assert_eq!(Impl::bytes(1 << 20).await, Ok(vec![0; 1 << 20]));
        assert_eq!(Impl::half(8).await, 4, "short ones go between them");
    });
    far.end();
}

#[test]
fn long_calls_that_find_no_room_in_the_arena_wait_for_it() {
    let far = Far::with(&with_arena());
    // 800 KB each: three have room at once.
    let sum = |number: u64| async move {
        let numbers: Vec<u64> = (0..100_000).map(|at| at + number).collect();
        assert_eq!(Impl::sum(numbers).await, Ok(4_999_950_000 + 100_000 * number));
        assert_eq!(Impl::sum(vec![number]).await, Ok(number));
    };
    run(async {
        let mut calls = futures_util::future::join_all((0..20).map(sum));
        far.stop();
        assert!(futures_util::poll!(&mut calls).is_pending(), "C reads nothing");
        far.go_on();
        calls.await;
    });
    far.end();
}

#[test]
fn what_is_longer_than_the_arena_is_an_error_with_both_sizes() {
    let far = Far::with(&with_arena());
    run(async {
        let longest = 3 << 20;
        let most = longest as u64 - 32;
        assert_eq!(Impl::bytes(most).await, Ok(vec![0; longest - 32]));
        assert!(matches!(
            Impl::bytes(most + 1).await,
            Err(CallError::Failed { code, .. }) if code == i32::MIN + 4
        ));
        let numbers = vec![1; (longest - 24) / 8];
        let bytes = longest + 8;
        assert_eq!(Impl::sum(numbers).await, Err(CallError::TooLong { bytes, longest }));
    });
    far.end();
}
