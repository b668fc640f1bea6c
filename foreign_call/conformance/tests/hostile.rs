//! A C peer that breaks the rules: an error that says where, never undefined behaviour.

use foreign_call::{CallError, refused_answers};
use foreign_call_conformance::*;

fn said(fault: u32) -> String {
    match HostileImpl::row(fault) {
        Err(CallError::Invalid(error)) => error.to_string(),
        other => panic!("fault {fault} was taken: {other:?}"),
    }
}

#[test]
fn a_good_row_is_taken() {
    let point = Point { x: 1.0, name: 'p', visible: true };
    let row = Row {
        flag: true,
        letter: 'x',
        colour: Colour::Blue,
        figure: Figure::Polygon { points: vec![point], label: Some("label".into()) },
        text: "text".into(),
        numbers: vec![1, 2, 3],
    };
    assert_eq!(HostileImpl::row(0), Ok(row));
}

#[test]
fn every_fault_is_named_with_its_field() {
    let expected = [
        "at `flag`: 2 is no bool",
        "at `letter`: 0xd800 is no character",
        "at `colour`: `Colour` has no variant 3",
        "at `figure`: `Figure` has no variant 4",
        "at `text`: not UTF-8 after 2 bytes",
        "at `numbers`: the pointer is null",
        "at `numbers`: the pointer is not aligned",
        "at `numbers`: 18446744073709551615 elements are more than memory has",
        "at `figure.Polygon.points[0].visible`: 255 is no bool",
        "at `figure.Polygon.label.some`: not UTF-8 after 0 bytes",
        "the pointer is null",
    ];
    for (fault, expected) in (1..).zip(expected) {
        assert_eq!(said(fault), expected);
    }
}

#[test]
fn a_status_from_c_is_an_error_with_its_message() {
    let failed = CallError::Failed { code: -5, message: "no énergy".into() };
    assert_eq!(HostileImpl::fails(-5), Err(failed));
}

#[test]
fn silence_is_an_error() {
    assert_eq!(HostileImpl::silent(), Err(CallError::Unanswered));
}

#[test]
fn the_first_answer_counts_and_later_ones_are_refused() {
    let before = refused_answers();
    assert_eq!(HostileImpl::answers_twice(), Ok(0));
    assert_eq!(HostileImpl::answers_twice(), Ok(0), "the earlier call takes none");
    assert!(refused_answers() >= before + 3);
}

#[tokio::test]
async fn a_forged_handle_is_refused() {
    for _ in 0..100 {
        assert_eq!(HostileImpl::forges().await, Ok(0), "no forged answer was taken");
    }
}

#[tokio::test]
async fn a_call_that_c_gives_up_is_an_error() {
    assert_eq!(HostileImpl::gives_up().await, Err(CallError::Unanswered));
}
