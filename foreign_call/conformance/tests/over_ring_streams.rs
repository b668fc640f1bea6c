//! Streams over a ring: as called ones are. What is counted is the process's, so one test runs after
//! the other.
#![cfg(unix)]

use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use foreign_call::{CallError, Stream, kept_calls, refused_answers};
use foreign_call_conformance::over_ring::{Ending, Note, OverRing, OverRingImpl as Impl};
use futures_util::StreamExt;

fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Until this holds, which it must soon.
fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build();
    runtime.expect("a runtime").block_on(test)
}

fn poll_once<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

fn names(threads: usize) -> Vec<String> {
    (0..threads).map(|thread| format!("thread {thread}")).collect()
}

/// So many items were sent until now.
fn sent() -> u64 {
    Impl::senders().1
}

/// Until all of C's threads have seen that nobody receives, and nothing is lent any more.
async fn all_is_over() {
    until("each thread ends", || Impl::senders().0 == 0);
    until("arguments are freed", || kept_calls() == 0);
    let guard = Instant::now() + Duration::from_secs(60);
    while Impl::senders().3 > 0 {
        assert!(Instant::now() < guard, "notes are given back");
        assert_eq!(Impl::half(2).await, 1); // with which the last ones are
    }
}

async fn notes_in_order(threads: usize, each: u32) {
    let mut next: HashMap<String, u32> = HashMap::new();
    let mut notes = Impl::notes(names(threads), each);
    while let Some(note) = notes.next().await {
        let Note { text, times } = note.expect("it is valid");
        let expected = next.entry(text).or_default();
        assert_eq!(times, *expected, "none lost, none twice, none before another");
        *expected += 1;
    }
    assert_eq!(next.len(), threads);
    assert!(next.values().all(|count| *count == each), "{next:?}");
    assert_eq!(notes.next().await, None, "it stays at its end");
}

#[test]
fn items_come_in_each_thread_s_order_and_are_c_s_own_memory_until_rust_has_read_them() {
    let _alone = alone();
    let refused = refused_answers();
    run(async {
        notes_in_order(4, 5_000).await;
        assert_eq!(Impl::notes(vec![], 1).collect::<Vec<_>>().await, []);
        all_is_over().await;
    });
    assert_eq!(refused_answers(), refused);
}

#[test]
fn a_receiver_that_comes_late_holds_the_sender_back_and_gets_every_item() {
    const ITEMS: u64 = 100_000;
    let _alone = alone();
    let before = sent();
    let mut numbers = Impl::numbers(7);
    for taken in (0..ITEMS).step_by(1_000) {
        // A sender that has waited goes on when half of the places are free, not before.
        until("more than half of the places are used", || sent() - before > taken + 8);
        run(async {
            for number in taken..taken + 1_000 {
                assert_eq!(numbers.next().await, Some(7 + number));
                assert!(sent() - before <= number + 1 + 16, "no more than it has room for");
            }
        });
    }
    drop(numbers);
    run(all_is_over());
}

#[test]
fn a_stream_that_nobody_polls_holds_nothing_else_up() {
    let _alone = alone();
    let mut slow: Vec<_> = (0..20).map(Impl::numbers).collect();
    run(async {
        for number in 0..2_000 {
            assert_eq!(Impl::half(2 * number).await, number);
        }
        notes_in_order(2, 2_000).await;
        for (from, slow) in slow.iter_mut().enumerate() {
            let numbers: Vec<_> = slow.take(100).collect().await;
            assert_eq!(numbers, (from as u64..from as u64 + 100).collect::<Vec<_>>());
        }
        drop(slow);
        all_is_over().await;
    });
}

#[test]
fn c_ends_a_stream_with_or_without_an_error() {
    let _alone = alone();
    run(async {
        let failed = CallError::Failed { code: -5, message: "that was all".into() };
        let items = async |how| Impl::ends(how).collect::<Vec<_>>().await;
        assert_eq!(items(Ending::End).await, [Ok(())]);
        assert_eq!(items(Ending::Fail).await, [Ok(()), Err(failed)]);
        assert_eq!(items(Ending::GiveUp).await, [Ok(()), Err(CallError::Unanswered)]);
    });
}

#[test]
#[should_panic = "`OverRing::ends_in_a_panic`: the peer did not answer, or gave the call up"]
fn without_a_result_a_failure_is_the_panic_of_who_polls() {
    let _alone = alone();
    run(async {
        let mut items = Impl::ends_in_a_panic();
        assert_eq!(items.next().await, Some(true));
        items.next().await;
    });
}

#[test]
fn an_item_that_is_not_valid_is_the_last_and_what_comes_after_it_is_refused() {
    let _alone = alone();
    let refused = refused_answers();
    let items: Vec<_> = run(Impl::invalid_items().collect());
    let [Ok(first), Err(CallError::Invalid(error))] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!(first, &Note { text: "good".into(), times: 1 });
    assert_eq!(error.to_string(), "at `text`: not UTF-8 after 2 bytes");
    until("the third is refused and counted", || refused_answers() == refused + 1);
}

#[test]
fn what_has_no_place_and_what_is_forged_or_late_is_refused_and_counted() {
    let _alone = alone();
    let refused = refused_answers();
    let items = Impl::forges_items();
    until("all of them", || refused_answers() == refused + 10 + 64 + 4 + 2);
    let items: Vec<_> = run(items.collect());
    assert_eq!(items, [Ok(0), Ok(1)], "none of them was taken");
    assert_eq!(refused_answers(), refused + 10 + 64 + 4 + 2);
}

#[test]
fn a_dropped_stream_ends_its_threads_asleep_for_room_or_not() {
    let _alone = alone();
    let before = Impl::senders().2;
    run(async {
        for taken in 0..100 {
            let notes = Impl::notes(names(3), u32::MAX);
            assert_eq!(notes.take(taken).count().await, taken);
        }
        all_is_over().await;
    });
    assert_eq!(Impl::senders().2, before + 300, "each thread was refused once");
}

#[test]
fn many_streams_are_dropped_at_random_beside_each_other() {
    const STREAMS: u64 = 1_000;
    let _alone = alone();
    run(async {
        let mut random = 1_u32;
        let mut tasks = Vec::new();
        for from in 0..STREAMS {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let items = u64::from(random >> 25);
            tasks.push(tokio::spawn(async move {
                let taken: Vec<_> = Impl::numbers(from).take(items as usize).collect().await;
                assert_eq!(taken, (from..from + items).collect::<Vec<_>>());
            }));
        }
        for task in tasks {
            task.await.expect("no panic");
        }
        all_is_over().await;
    });
}

#[test]
fn a_stream_waits_while_the_ring_is_full_and_if_it_is_dropped_before_nothing_was_called() {
    let _alone = alone();
    let before = sent();
    Impl::stall();
    let begin = || (0..600).map(|_| Impl::ends(Ending::End)).collect::<Vec<_>>();
    let mut streams = begin();
    assert!(streams.iter_mut().all(|stream| poll_once(stream).is_pending()));
    // A full ring at most, less what was there before.
    let called = kept_calls();
    assert!((250..=256).contains(&called), "{called} of 600 were called");
    drop(begin());
    assert_eq!(kept_calls(), called);
    Impl::go_on();
    run(async {
        for stream in streams {
            assert_eq!(stream.collect::<Vec<_>>().await, [Ok(())]);
        }
        all_is_over().await;
    });
    assert_eq!(sent() - before, 600);
}
