//! Calls to Go over a ring: as calls are. What is counted is the process's, so one test runs after the
//! other.
#![cfg(unix)]

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::{CallError, kept_calls, refused_answers, within},
    foreign_call_conformance_go::over_ring::{Note, OverRing, OverRingImpl as Impl},
    std::pin::{Pin, pin},
    std::sync::{Mutex, MutexGuard, PoisonError},
    std::task::{Context, Poll, Waker},
    std::time::{Duration, Instant},
};

#[cfg(go)]
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The time only guards against a hang.
#[cfg(go)]
fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let guard = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < guard, "{what}");
        std::thread::yield_now();
    }
}

#[cfg(go)]
fn run<T>(test: impl Future<Output = T>) -> T {
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_time().build();
    runtime.expect("a runtime").block_on(test)
}

#[cfg(go)]
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future so many times, and drops it if that was not enough.
#[cfg(go)]
struct Impatient<F>(Pin<Box<F>>, u32);

#[cfg(go)]
impl<F: Future> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        self.1 -= 1;
        if let Poll::Ready(output) = self.0.as_mut().poll(context) {
            return Poll::Ready(Some(output));
        }
        if self.1 == 0 {
            return Poll::Ready(None);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[cfg(go)]
async fn drop_at_random() {
    const CALLS: u64 = 10_000;
    let refused = refused_answers();
    let calls: Vec<_> = (0..CALLS)
        .map(|call| {
            let mut future = Box::pin(Impl::sum(vec![call, 1, 2]));
            assert!(poll_once(future.as_mut()).is_pending(), "every sum waits for the start");
            (call, future)
        })
        .collect();
    // Many are in Go, each in a goroutine that is blocked. Another call is answered.
    assert_eq!(Impl::half(8).await, 4);
    let mut random = 1_u32;
    let mut tasks = Vec::new();
    for (call, future) in calls {
        if call == CALLS / 4 {
            Impl::start(); // a quarter may be dropped before, the rest meanwhile
        }
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let patience = if random >> 31 == 0 { (random >> 20) % 64 } else { u32::MAX };
        tasks.push(tokio::spawn(async move { (call, Impatient(future, patience).await) }));
    }
    let (mut answered, mut dropped) = (0, 0);
    for task in tasks {
        match task.await.expect("no panic") {
            (call, Some(sum)) => {
                assert_eq!(sum, Ok(call + 3));
                answered += 1;
            }
            (_, None) => dropped += 1,
        }
    }
    assert_eq!(answered + dropped, CALLS);
    assert!(answered > CALLS / 4 && dropped > 0, "{answered} answered, {dropped} dropped");
    wait_until("what was lent is freed", || kept_calls() == 0);
    assert_eq!(refused_answers(), refused, "a drop-safe call takes its answer");
    wait_until("goroutines end", || Impl::under_way().0 < 100);
}

with_go! {
    fn numbers_and_what_is_lent_get_there_and_answers_come_back() {
        run(async {
            let there = (7, -8, 1.5, f64::MIN, true, '\u{10ffff}');
            assert_eq!(Impl::scalars(7, -8, 1.5, f64::MIN, true, '\u{10ffff}').await, Ok(there));
            let text = "é".repeat(1 << 20);
            // SAFETY: it is polled until it is ready.
            let length = unsafe { Impl::length(&text, 3) };
            assert_eq!(length.await, Ok((2 << 20) + 3));
            assert_eq!(Impl::half(8).await, 4);
        });
    }

    fn an_answer_of_any_size_is_read_before_its_memory_is_used_again() {
        run(async {
            // Many at once, so that arenas are given back and taken while Rust reads.
            let calls: Vec<_> = (0..300)
                .map(|call| {
                    let note = Note { text: format!("note {call}"), times: 0 };
                    tokio::spawn(async move {
                        for times in [0, 1, 2, 100] {
                            let (copies, back) = Impl::copies(note.clone(), times).await;
                            let one = |times| Note { times, ..note.clone() };
                            let expected: Vec<_> = (0..times).map(one).collect();
                            assert_eq!((copies, back), (Ok(expected), (note.clone(), times)));
                        }
                    })
                })
                .collect();
            for call in calls {
                call.await.expect("no panic");
            }
        });
        assert!(Impl::under_way().2 > 0, "arenas were given back");
    }

    fn what_goes_wrong_is_an_error() {
        run(async {
            let failed = CallError::Failed { code: -5, message: "no énergy".repeat(100) };
            assert_eq!(Impl::fails(-5).await, Err(failed));
            let panicked = CallError::Failed { code: -1, message: "panic: itself".into() };
            assert_eq!(Impl::panics_itself().await, Err(panicked));
            assert_eq!(Impl::exits().await, Err(CallError::Unanswered));
            match Impl::invalid().await {
                Err(CallError::Invalid(error)) => {
                    assert_eq!(error.to_string(), "not UTF-8 after 2 bytes");
                }
                other => panic!("{other:?} was taken"),
            }
        });
    }

    fn one_way_calls_run_in_order_whatever_becomes_of_one_and_free_what_they_were_given() {
        const NOTES: u64 = 20_000; // many times the ring's size: this thread waits now and then
        let _alone = alone();
        let panics = Impl::panics();
        for number in 0..NOTES {
            match number % 1000 {
                7 => Impl::note_wrongly("on purpose".into(), true),
                9 => Impl::note_wrongly("on purpose".into(), false),
                _ => {}
            }
            Impl::note("x".repeat((number % 7) as usize), number);
        }
        let bytes = (0..NOTES).map(|number| number % 7).sum();
        wait_until("all were noted, in order", || Impl::noted() == (NOTES, bytes));
        wait_until("all is freed", || kept_calls() == 0);
        assert_eq!(Impl::panics(), panics + NOTES / 1000);
    }

    fn calls_are_answered_or_dropped_and_nothing_stays_under_way() {
        run(drop_at_random());
    }

    fn a_context_ends_when_nobody_waits_any_more() {
        run(async {
            assert_eq!(Impl::search(vec![3, 4, 5], 5).await, Ok(2));
            // Dropped at once, perhaps before a goroutine has taken it.
            for _ in 0..1_000 {
                assert!(poll_once(pin!(Impl::search(vec![3, 4, 5], 6))).is_pending());
            }
            let late = Impl::search_in_time(vec![3, 4, 5], 6).await;
            assert_eq!(late, Err(CallError::Deadline));
            let search = Impl::search(vec![3, 4, 5], 6);
            assert_eq!(within(Duration::from_millis(5), search).await, Err(CallError::Deadline));
        });
        wait_until("every context is cancelled", || kept_calls() == 0);
        wait_until("and forgotten", || Impl::under_way().1 == 0);
    }

    fn answers_that_nobody_asked_for_are_refused_and_counted() {
        let _alone = alone();
        let refused = refused_answers();
        let forged = Impl::forges();
        assert_eq!(forged, 64);
        wait_until("all of them", || refused_answers() == refused + forged);
    }
}
