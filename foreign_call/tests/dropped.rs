//! Futures that are dropped, by hand or by a deadline: what the peer is told, what is kept, what is
//! freed.

#[path = "peer/call.rs"]
mod call;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

use call::{Call, REFUSED, TAKEN, Text};
use foreign_call::call::Interface;
use foreign_call::{CallError, kept_calls, r2g, within};

#[r2g]
trait Dropped {
    #[cancel]
    async fn number() -> Result<u64, CallError>;
    async fn unmarked() -> Result<u64, CallError>;
    #[cancel]
    #[drop_safe]
    async fn text(text: String) -> Result<u64, CallError>;
    #[drop_safe_ret]
    async fn back(text: String) -> Result<u64, CallError>;
    #[cancel]
    #[deadline(10)]
    #[drop_safe]
    #[send]
    async fn in_time(text: String) -> Result<u64, CallError>;
    #[deadline(3_600_000)]
    async fn in_an_hour() -> Result<u64, CallError>;
}

thread_local! {
    /// What this thread has called last.
    static CALL: Cell<Option<Call>> = const { Cell::new(None) };
    static TEXT: Cell<*const Text> = const { Cell::new(std::ptr::null()) };
    /// Done with the next call, in the place of keeping it.
    static AT_ONCE: RefCell<Option<fn(Call)>> = const { RefCell::new(None) };
}

fn keep(text: *const Text, call: Call) {
    match AT_ONCE.take() {
        Some(plan) => plan(call),
        None => {
            CALL.set(Some(call));
            TEXT.set(text);
        }
    }
}

fn called() -> Call {
    CALL.take().expect("it was called")
}

macro_rules! peer {
    ($($with_text:ident)*; $($without:ident)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $with_text(text: *const Text, call: Call) {
            keep(text, call);
        }
    )* $(
        #[unsafe(no_mangle)]
        extern "C" fn $without(call: Call) {
            keep(std::ptr::null(), call);
        }
    )* };
}

peer!(Dropped_text Dropped_back Dropped_in_time; Dropped_number Dropped_unmarked Dropped_in_an_hour);

/// What the peer was told.
static EVENTS: Mutex<Vec<(usize, u32)>> = Mutex::new(Vec::new());

extern "C" fn notify(handle: usize, event: u32) {
    EVENTS.lock().unwrap_or_else(PoisonError::into_inner).push((handle, event));
}

fn events(call: Call) -> Vec<u32> {
    let events = EVENTS.lock().unwrap_or_else(PoisonError::into_inner);
    events.iter().filter(|(handle, _)| *handle == call.handle).map(|(_, event)| *event).collect()
}

const DROPPED: u32 = 1;

#[unsafe(no_mangle)]
static Dropped_interface: Interface =
    Interface { number: 0xb284_4eef_9225_5868, notify: Some(notify) };

/// One test at a time looks at what is kept.
static TURN: Mutex<()> = Mutex::new(());

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(thread::Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Counts how often it is woken.
struct Task(Arc<AtomicU32>);

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn text() -> String {
    "still here".to_owned()
}

fn lent() -> String {
    // SAFETY: lent until the call ends, which the test does after this.
    let text = unsafe { &*TEXT.get() };
    String::from_utf8_lossy(text.get()).into_owned()
}

#[test]
fn a_dropped_call_is_unwanted_and_its_answer_refused_and_the_peer_is_told() {
    let mut future = Box::pin(DroppedImpl::number());
    assert!(poll(future.as_mut()).is_pending());
    let call = called();
    assert!(call.is_wanted());
    assert_eq!(events(call), []);
    drop(future);
    assert!(!call.is_wanted());
    assert_eq!(events(call), [DROPPED]);
    assert_eq!(call.answer(&1_u64), REFUSED);
}

#[test]
fn an_unmarked_one_is_unwanted_but_the_peer_is_not_told() {
    let mut future = Box::pin(DroppedImpl::unmarked());
    assert!(poll(future.as_mut()).is_pending());
    let call = called();
    drop(future);
    assert!(!call.is_wanted());
    assert_eq!(events(call), []);
}

#[test]
fn what_was_answered_or_never_called_is_not_told() {
    AT_ONCE.set(Some(|call| {
        assert_eq!(call.answer(&7_u64), TAKEN);
        CALL.set(Some(call));
    }));
    assert_eq!(poll(pin!(DroppedImpl::number())), Poll::Ready(Ok(7)));
    assert_eq!(events(called()), []);

    let mut future = Box::pin(DroppedImpl::number());
    assert!(poll(future.as_mut()).is_pending());
    let call = called();
    assert_eq!(call.answer(&7_u64), TAKEN);
    drop(future); // nobody looks, but it was in time
    assert_eq!(events(call), []);

    drop(DroppedImpl::text(text()));
    assert!(CALL.take().is_none());
}

#[test]
fn a_dropped_drop_safe_call_is_unwanted_and_counted_and_its_end_is_taken() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let ends: [fn(Call) -> u32; 3] =
        [|call| call.answer(&1_u64), |call| call.fail(3, b"too late"), Call::give_up];
    for end in ends {
        let before = kept_calls();
        let mut future = Box::pin(DroppedImpl::text(text()));
        assert!(poll(future.as_mut()).is_pending());
        let call = called();
        assert_eq!(kept_calls(), before, "the future keeps it");
        drop(future);
        assert!(!call.is_wanted());
        assert_eq!(events(call), [DROPPED]);
        assert_eq!(kept_calls(), before + 1);
        assert_eq!(lent(), "still here");
        assert_eq!(end(call), TAKEN);
        assert_eq!(kept_calls(), before);
        assert_eq!(end(call), REFUSED);
    }
}

#[test]
fn after_whichever_poll_a_call_is_dropped_its_peer_is_told_once_and_it_is_freed_by_its_end() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    for polls in 1..=5 {
        let before = kept_calls();
        let mut future = Box::pin(DroppedImpl::text(text()));
        let woken = Arc::new(AtomicU32::new(0));
        for _ in 0..polls {
            // Another waker each time, as of a task that moves.
            let waker = Waker::from(Arc::new(Task(Arc::clone(&woken))));
            assert!(future.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        }
        let call = called();
        drop(future);
        assert_eq!((events(call), kept_calls()), (vec![DROPPED], before + 1), "{polls} polls");
        assert_eq!(lent(), "still here");
        assert_eq!(call.answer(&1_u64), TAKEN);
        assert_eq!(kept_calls(), before);
        assert_eq!(woken.load(Ordering::Relaxed), 0, "nobody waits");
        assert_eq!(Arc::strong_count(&woken), 1, "and no waker is kept");
    }
}

#[test]
fn an_answer_after_the_runtime_is_gone_ends_the_loan_or_is_refused() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = kept_calls();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (lent_to, borrowed) = runtime.block_on(async {
        tokio::spawn(DroppedImpl::text(text()));
        tokio::task::yield_now().await;
        let lent_to = called();
        tokio::spawn(DroppedImpl::number());
        tokio::task::yield_now().await;
        (lent_to, called())
    });
    drop(runtime);
    assert_eq!(kept_calls(), before + 1);
    let answers = thread::spawn(move || (lent_to.answer(&1_u64), borrowed.answer(&1_u64)));
    assert_eq!(answers.join().expect("it does not panic"), (TAKEN, REFUSED));
    assert_eq!(kept_calls(), before);
}

#[test]
fn a_drop_safe_call_that_was_answered_keeps_nothing() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = kept_calls();
    let mut future = Box::pin(DroppedImpl::back(text()));
    assert!(poll(future.as_mut()).is_pending());
    let call = called();
    assert_eq!(call.answer(&1_u64), TAKEN);
    drop(future);
    assert_eq!((kept_calls(), events(call)), (before, vec![]));
}

#[test]
fn after_its_deadline_a_call_is_an_error_and_its_arguments_are_still_lent() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = kept_calls();
    let start = Instant::now();
    assert_eq!(block_on(DroppedImpl::in_time(text())), Err(CallError::Deadline));
    assert!(start.elapsed() >= Duration::from_millis(10));
    let call = called();
    assert!(!call.is_wanted());
    assert_eq!(events(call), [DROPPED]);
    assert_eq!((kept_calls(), lent()), (before + 1, text()));
    assert_eq!(call.answer(&1_u64), TAKEN);
    assert_eq!(kept_calls(), before);
}

#[test]
fn an_answer_before_the_deadline_counts() {
    AT_ONCE.set(Some(|call| assert_eq!(call.answer(&7_u64), TAKEN)));
    assert_eq!(block_on(DroppedImpl::in_an_hour()), Ok(7));
    AT_ONCE.set(Some(|call| drop(thread::spawn(move || call.answer(&8_u64)))));
    assert_eq!(block_on(DroppedImpl::in_an_hour()), Ok(8));
    AT_ONCE.set(Some(|call| drop(thread::spawn(move || call.answer(&9_u64)))));
    assert_eq!(block_on(within(Duration::MAX, DroppedImpl::unmarked())), Ok(9));
}

#[test]
fn a_deadline_against_an_answer_has_one_winner_and_nothing_stays() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let before = kept_calls();
    let (mut answered, mut over) = (0, 0);
    for round in 0..400 {
        // The answer comes about when the time is over: sometimes before, sometimes after.
        AT_ONCE.set(Some(|call| {
            drop(thread::spawn(move || {
                assert_eq!(call.answer(&7_u64), TAKEN, "it ends the loan, whoever wins");
                assert_eq!(call.answer(&7_u64), REFUSED);
            }));
        }));
        let limit = Duration::from_micros(round % 100);
        match block_on(within(limit, DroppedImpl::text(text()))) {
            Ok(7) => answered += 1,
            Err(CallError::Deadline) => over += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(answered + over, 400);
    let guard = Instant::now() + Duration::from_secs(60);
    while kept_calls() > before {
        assert!(Instant::now() < guard, "each answer ends its loan");
        thread::yield_now();
    }
}
