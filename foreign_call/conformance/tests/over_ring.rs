//! Calls over a ring: as calls are, but for what one test or another says.
#![cfg(unix)]

use std::time::{Duration, Instant};

use foreign_call::CallError;
use foreign_call_conformance::over_ring::{Note, OverRing, OverRingImpl as Impl};

/// Until this holds, which it must soon.
fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

#[tokio::test]
async fn numbers_and_what_is_lent_get_there_and_answers_come_back() {
    let there = (7, -8, 1.5, f64::MIN, true, '\u{10ffff}');
    assert_eq!(Impl::scalars(7, -8, 1.5, f64::MIN, true, '\u{10ffff}').await, Ok(there));
    let text = "é".repeat(1 << 20);
    // SAFETY: it is polled until it is ready.
    let length = unsafe { Impl::length(&text, 3) };
    assert_eq!(length.await, Ok((2 << 20) + 3));
    assert_eq!(Impl::half(8).await, 4);
}

#[tokio::test]
async fn an_answer_that_is_c_s_own_memory_is_read_before_it_is_given_back() {
    for times in [0, 1, 2, 1000] {
        let note = Note { text: "again".into(), times: 0 };
        let (copies, back) = Impl::copies(note.clone(), times).await;
        let expected: Vec<_> = (0..times).map(|times| Note { times, ..note.clone() }).collect();
        assert_eq!((copies, back), (Ok(expected), (note, times)));
    }
    // Each answer gives back those before it.
    assert_eq!(Impl::half(2).await, 1);
    until("all but the last were given back", || Impl::counts().1 == 0);
}

#[tokio::test]
async fn what_goes_wrong_is_an_error() {
    let failed = CallError::Failed { code: -5, message: "no énergy".into() };
    assert_eq!(Impl::fails(-5).await, Err(failed));
    assert_eq!(Impl::gives_up().await, Err(CallError::Unanswered));
    match Impl::invalid().await {
        Err(CallError::Invalid(error)) => {
            assert_eq!(error.to_string(), "at `text`: not UTF-8 after 2 bytes");
        }
        other => panic!("{other:?} was taken"),
    }
}

#[tokio::test]
#[should_panic = "`OverRing::half`: odd (code 3)"]
async fn without_a_result_it_is_the_caller_s_panic() {
    Impl::half(3).await;
}
