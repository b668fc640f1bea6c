//! The response as a future: on tokio, in `select!`, polled by hand with wakers that change.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::Duration;

use callback_bridge::request::{self, Abandoned, Handle, complete_raw, completion};
use futures_util::future::FusedFuture;
use futures_util::stream::{FuturesUnordered, StreamExt};

/// Panics of wakers are counted for the whole process; a test in which one panics waits for its turn.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct CountWakes(AtomicUsize);

impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counting_waker() -> (Arc<CountWakes>, Waker) {
    let count = Arc::<CountWakes>::default();
    (Arc::clone(&count), Waker::from(count))
}

#[test]
fn only_the_waker_of_the_last_poll_is_woken_and_none_is_leaked() {
    let (completion, response) = completion::<u8>();
    let mut response = pin!(response);
    let wakers: Vec<_> = (0..3).map(|_| counting_waker()).collect();
    for (_, waker) in [&wakers[0], &wakers[0], &wakers[1], &wakers[2], &wakers[2]] {
        assert!(response.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
    }
    completion.complete(1).expect("it is wanted");
    let woken: Vec<_> = wakers.iter().map(|(count, _)| count.0.load(Ordering::Relaxed)).collect();
    assert_eq!(woken, [0, 0, 1]);
    for (count, _) in &wakers {
        assert_eq!(Arc::strong_count(count), 2, "the test's own two, and no more");
    }
    let answer = response.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(answer, Poll::Ready(Ok(1)));
    assert!(response.is_terminated());
}

#[test]
fn the_waker_of_a_dropped_response_is_let_go_of_though_c_never_answers() {
    let (count, waker) = counting_waker();
    let (completion, mut response) = completion::<u8>();
    let _lost_in_c = completion.into_raw();
    let mut context = Context::from_waker(&waker);
    assert!(pin!(&mut response).poll(&mut context).is_pending());
    assert_eq!(Arc::strong_count(&count), 3);
    drop(response);
    assert_eq!(Arc::strong_count(&count), 2);
    assert_eq!(count.0.load(Ordering::Relaxed), 0, "nobody was woken");
}

/// Larger than any slot's place: it lies in memory of its own, which somebody has to free.
type Large = [u8; 5_000];

#[test]
fn a_detached_request_wakes_once_however_it_ends() {
    let ends: [fn(request::Completion<Large>); 3] = [
        |completion| completion.complete([1; 5_000]).expect("it is taken"),
        drop,
        |completion| request::abandon_raw(completion.into_raw()).expect("it is open"),
    ];
    for end in ends {
        let (wakes, waker) = counting_waker();
        let (completion, mut response) = completion::<Large>();
        let handle = completion.handle();
        let polled = std::pin::Pin::new(&mut response).poll(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
        assert!(response.detach(waker));
        assert!(!completion.is_wanted());
        assert_eq!(wakes.0.load(Ordering::Relaxed), 0, "the peer still has it");
        end(completion);
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert_eq!(Arc::strong_count(&wakes), 1, "no waker is left");
        assert!(complete_raw(handle, [2; 5_000]).is_err(), "it has ended");
    }
}

#[test]
fn a_request_that_has_ended_wakes_whoever_detaches_it() {
    let (wakes, waker) = counting_waker();
    let (completion, response) = completion::<Large>();
    completion.complete([1; 5_000]).expect("it is taken");
    assert!(!response.detach(waker));
    assert_eq!((wakes.0.load(Ordering::Relaxed), Arc::strong_count(&wakes)), (1, 1));
}

#[test]
fn a_waker_that_panics_does_not_unwind_into_c() {
    let _turn = turn();
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            panic!("a waker fails");
        }
    }
    let before = request::stats().panicked_wakers;
    let (completion, mut response) = completion::<u8>();
    let waker = Waker::from(Arc::new(Panics));
    assert!(pin!(&mut response).poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(complete_raw(completion.into_raw(), 1_u8).is_ok());
    assert_eq!(request::stats().panicked_wakers, before + 1);
    assert_eq!(response.wait(), Ok(1));
}

#[test]
fn a_waker_may_drop_the_response_that_it_wakes_for() {
    struct DropsIt(Mutex<Option<request::Response<u8>>>);
    impl Wake for DropsIt {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().expect("nobody panics").take());
        }
    }
    let (completion, mut response) = completion::<u8>();
    let owner = Arc::new(DropsIt(Mutex::new(None)));
    let waker = Waker::from(Arc::clone(&owner));
    assert!(pin!(&mut response).poll(&mut Context::from_waker(&waker)).is_pending());
    *owner.0.lock().expect("nobody panics") = Some(response);
    completion.complete(1).expect("it was wanted");
    assert!(owner.0.lock().expect("nobody panics").is_none(), "no lock of ours was in the way");
}

#[test]
fn a_response_moves_to_another_task_and_is_woken_there() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(async {
        for number in 0..1000_u32 {
            let (completion, mut response) = completion::<u32>();
            tokio::select! {
                biased;
                _ = &mut response => panic!("nobody has answered"),
                () = std::future::ready(()) => {}
            }
            let task = tokio::spawn(response);
            let handle = completion.into_raw();
            tokio::task::spawn_blocking(move || complete_raw(handle, number).is_ok());
            assert_eq!(task.await.expect("no panic"), Ok(number));
        }
    });
}

#[tokio::test]
async fn many_in_flight_come_in_any_order() {
    let (mut completions, mut responses) = (Vec::new(), FuturesUnordered::new());
    for number in 0..500_usize {
        let (completion, response) = completion::<usize>();
        completions.push((number, completion));
        responses.push(response);
    }
    let completer = thread::spawn(move || {
        for (number, completion) in completions.into_iter().rev() {
            if number % 10 != 0 {
                completion.complete(number).expect("it is wanted");
            }
        }
    });
    let (mut sum, mut abandoned) = (0, 0);
    while let Some(answer) = responses.next().await {
        match answer {
            Ok(number) => sum += number,
            Err(Abandoned) => abandoned += 1,
        }
    }
    assert_eq!((sum, abandoned), ((0..500).filter(|n| n % 10 != 0).sum(), 50));
    completer.join().expect("no panic");
}

#[tokio::test]
async fn a_timeout_cancels_and_the_late_answer_is_refused() {
    let (completion, response) = completion::<u8>();
    let handle: Handle = completion.into_raw();
    assert!(tokio::time::timeout(Duration::from_millis(1), response).await.is_err());
    assert!(complete_raw(handle, 1_u8).is_err());
}

#[test]
#[should_panic(expected = "taken before")]
fn a_response_that_is_polled_after_its_end_panics() {
    let (completion, mut response) = completion::<u8>();
    completion.complete(1).expect("it is wanted");
    let mut context = Context::from_waker(Waker::noop());
    assert!(pin!(&mut response).poll(&mut context).is_ready());
    let _ = pin!(&mut response).poll(&mut context);
}

/// Panics when it is dropped, so also as what somebody panics with.
struct PanicsOnDrop;

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("a drop fails");
    }
}

#[test]
fn a_waker_that_panics_with_what_panics_does_not_unwind_into_c() {
    let _turn = turn();
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Self>) {
            std::panic::panic_any(PanicsOnDrop);
        }
    }
    let (completion, mut response) = completion::<u8>();
    let waker = Waker::from(Arc::new(Panics));
    assert!(pin!(&mut response).poll(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    assert!(complete_raw(completion.into_raw(), 1_u8).is_ok());
    assert_eq!(response.wait(), Ok(1));
}

/// A waker whose clone answers the request, and panics when it is dropped.
mod answering {
    use std::task::{RawWaker, RawWakerVTable, Waker};

    use super::{Handle, complete_raw};

    static ORIGINAL: RawWakerVTable =
        RawWakerVTable::new(clone, |_| panic!("moved"), |_| (), |_| ());
    static CLONED: RawWakerVTable =
        RawWakerVTable::new(|_| panic!("cloned"), |_| (), |_| (), |_| panic!("a drop fails"));

    fn clone(handle: *const ()) -> RawWaker {
        complete_raw(Handle::from_usize(handle.addr()), 1_u64).expect("it is wanted");
        RawWaker::new(handle, &CLONED)
    }

    pub(super) fn waker(handle: Handle) -> Waker {
        let handle = std::ptr::without_provenance(handle.as_usize());
        // SAFETY: the functions may be called on any thread; the data is a number, nobody's memory.
        unsafe { Waker::new(handle, &ORIGINAL) }
    }
}

#[test]
fn a_waker_whose_drop_panics_leaves_the_next_request_of_the_slot_alone() {
    let _turn = turn();
    let (completion, mut response) = completion::<u64>();
    let waker = answering::waker(completion.into_raw());
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        pin!(&mut response).poll(&mut Context::from_waker(&waker))
    }));
    assert!(polled.is_err());
    // The answer is still there, and no other request has its slot.
    let others: Vec<_> = (0..3).map(|_| request::completion::<u64>()).collect();
    assert_eq!(response.wait(), Ok(1));
    for (number, (completion, _)) in others.iter().enumerate() {
        assert!(completion.is_wanted(), "{number}");
    }
}
