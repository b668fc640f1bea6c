//! Streams of Go's over a ring: as called ones are. What is counted is the process's, so one test runs
//! after the other.
#![cfg(unix)]

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::{CallError, kept_calls, refused_answers},
    foreign_call_conformance_go::over_ring::{Note, OverRing, OverRingImpl as Impl, Sound},
    futures_util::StreamExt,
    std::collections::HashMap,
    std::sync::{Mutex, MutexGuard, PoisonError},
    std::time::{Duration, Instant},
};

#[cfg(go)]
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time only guards against a hang.
#[cfg(go)]
fn until(what: &str, holds: impl Fn() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

#[cfg(go)]
fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(test)
}

#[cfg(go)]
fn names(goroutines: usize) -> Vec<String> {
    (0..goroutines).map(|goroutine| format!("goroutine {goroutine}")).collect()
}

/// So many items were sent until now.
#[cfg(go)]
fn sent() -> u64 {
    Impl::senders().1
}

#[cfg(go)]
fn all_is_over() {
    until("each goroutine ends", || Impl::senders().0 == 0);
    until("each stream's context ends", || Impl::under_way().1 == 0);
    until("arguments are freed", || kept_calls() == 0);
    // What went into the ring before this answer is dealt with: late items are counted.
    assert_eq!(run(Impl::half(2)), 1);
}

#[cfg(go)]
async fn remarks_in_order(goroutines: usize, each: u32) {
    let mut next: HashMap<String, u32> = HashMap::new();
    let mut remarks = Impl::remarks(names(goroutines), each);
    while let Some(note) = remarks.next().await {
        let Note { text, times } = note.expect("it is valid");
        let expected = next.entry(text).or_default();
        assert_eq!(times, *expected, "none lost, none twice, none before another");
        *expected += 1;
    }
    assert_eq!(next.len(), goroutines);
    assert!(next.values().all(|count| *count == each), "{next:?}");
    assert_eq!(remarks.next().await, None, "it stays at its end");
}

with_go! {
    fn items_come_in_each_goroutine_s_order() {
        let _alone = alone();
        let refused = refused_answers();
        run(async {
            remarks_in_order(4, 3_000).await;
            assert_eq!(Impl::remarks(vec![], 1).collect::<Vec<_>>().await, []);
        });
        all_is_over();
        assert_eq!(refused_answers(), refused);
    }

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
                }
                // Go counts an item when it was sent, so here only whole rounds are compared.
                assert!(sent() - before <= taken + 1_000 + 16, "no more than it has room for");
            });
        }
        drop(numbers);
        all_is_over();
    }

    fn a_stream_that_nobody_polls_holds_nothing_else_up() {
        let _alone = alone();
        let mut slow: Vec<_> = (0..20).map(Impl::numbers).collect();
        run(async {
            for number in 0..2_000 {
                assert_eq!(Impl::half(2 * number).await, number);
            }
            remarks_in_order(2, 2_000).await;
            for (from, slow) in slow.iter_mut().enumerate() {
                let numbers: Vec<_> = slow.take(100).collect().await;
                assert_eq!(numbers, (from as u64..from as u64 + 100).collect::<Vec<_>>());
            }
        });
        drop(slow);
        all_is_over();
    }

    fn go_ends_a_stream_in_every_way() {
        let _alone = alone();
        let items = |how| run(Impl::ends(how).collect::<Vec<_>>());
        let one = || Ok("one".to_owned());
        let failed = |code, message: &str| Err(CallError::Failed { code, message: message.into() });
        assert_eq!(items(0), [one()]);
        assert_eq!(items(1), [one(), failed(-5, "that was all")]);
        assert_eq!(items(2), [one(), failed(-1, "panic: in between")]);
        assert_eq!(items(3), [one(), Err(CallError::Unanswered)]);
        all_is_over();
    }

    fn an_item_that_is_not_valid_is_the_last_and_what_comes_after_it_is_refused() {
        let _alone = alone();
        let refused = refused_answers();
        let items = run(Impl::ends(4).collect::<Vec<_>>());
        let [Ok(first), Err(CallError::Invalid(error))] = items.as_slice() else {
            panic!("{items:?}");
        };
        assert_eq!(first, "one");
        assert_eq!(error.to_string(), "not UTF-8 after 0 bytes");
        all_is_over();
        until("one more item, and the end", || refused_answers() == refused + 2);
    }

    fn what_is_sent_when_the_function_has_returned_goes_nowhere() {
        let _alone = alone();
        let before = (Impl::senders().2, refused_answers());
        assert_eq!(run(Impl::ends(5).collect::<Vec<_>>()), [Ok("one".to_owned())]);
        all_is_over();
        assert_eq!((Impl::senders().2, refused_answers()), (before.0 + 1, before.1));
    }

    fn an_item_that_panics_leaves_its_place_to_the_next() {
        let _alone = alone();
        let items = run(Impl::recovers().collect::<Vec<_>>());
        assert_eq!(items, [Ok(Sound::Silence), Ok(Sound::Word("after it".into()))]);
        all_is_over();
    }

    fn a_dropped_stream_ends_its_goroutines_asleep_for_room_or_not() {
        let _alone = alone();
        let before = Impl::senders().2;
        run(async {
            for taken in 0..100 {
                let remarks = Impl::remarks(names(3), u32::MAX);
                assert_eq!(remarks.take(taken).count().await, taken);
            }
        });
        // Those whose message was not read yet have no goroutines so far.
        until("each goroutine was refused once", || Impl::senders().2 == before + 300);
        all_is_over();
    }

    fn many_streams_are_dropped_at_random_beside_each_other() {
        const STREAMS: u64 = 1_000;
        let _alone = alone();
        let before = Impl::senders().2;
        run(async {
            let mut random = 1_u32;
            let mut tasks = Vec::new();
            for from in 0..STREAMS {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let items = 1 + u64::from(random >> 25); // so that it was called
                tasks.push(tokio::spawn(async move {
                    let taken: Vec<_> = Impl::numbers(from).take(items as usize).collect().await;
                    assert_eq!(taken, (from..from + items).collect::<Vec<_>>());
                }));
            }
            for task in tasks {
                task.await.expect("no panic");
            }
        });
        until("each sender was refused once", || Impl::senders().2 == before + STREAMS);
        all_is_over();
    }
}
