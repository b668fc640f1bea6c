//! Streams, with a peer that is written here and does everything at a chosen moment.

#[path = "peer/call.rs"]
mod call;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use call::{Call, FULL, NEVER, REFUSED, ROOM, Status, TAKEN, TIME_IS_UP, Text};
use foreign_call::call::Interface;
use foreign_call::convert::Problem;
use foreign_call::{
    CallError, ConvertError, FromRef, MemType, R2G, ToRef, Writer, r2g, refused_answers,
};
use futures_core::Stream;

/// A value that can't be dropped, and from any view but 0 not be made.
#[derive(Debug, PartialEq)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("boom");
    }
}

// SAFETY: `AS_IS` is false.
unsafe impl ToRef for Bomb {
    const MEM_TYPE: MemType = MemType::Primitive;
    const AS_IS: bool = false;
    const SHAPE: u64 = 0;
    type Ref<'a> = u8;

    fn to_size(&self, _: &mut usize) {}

    fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> u8 {
        0
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl FromRef for Bomb {
    const PLAIN: bool = false;

    fn from_ref(view: &u8) -> Result<Bomb, ConvertError> {
        match view {
            0 => Ok(Bomb),
            view => panic!("boom {view}"),
        }
    }
}

#[derive(R2G, Debug, PartialEq)]
struct OwnError {
    why: String,
}

impl From<CallError> for OwnError {
    fn from(error: CallError) -> OwnError {
        OwnError { why: error.to_string() }
    }
}

#[r2g]
trait Watch {
    #[buffer(4)]
    fn numbers(from: &str) -> impl Stream<Item = Result<u64, CallError>>;
    fn plain() -> impl Stream<Item = u64>;
    fn texts() -> impl Stream<Item = Result<String, CallError>>;
    fn bombs() -> impl Stream<Item = Result<Bomb, CallError>>;
    fn own() -> impl Stream<Item = Result<bool, OwnError>>;
    fn now() -> Result<u64, CallError>;
}

thread_local! {
    /// What this thread has called last.
    static CALL: Cell<Option<Call>> = const { Cell::new(None) };
}

fn called() -> Call {
    CALL.take().expect("it was called")
}

macro_rules! keep {
    ($($name:ident)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $name(call: Call) {
            CALL.set(Some(call));
        }
    )* };
}

keep!(Watch_plain Watch_texts Watch_bombs Watch_own);

#[unsafe(no_mangle)]
extern "C" fn Watch_numbers(from: &Text, call: Call) {
    assert_eq!(from.get(), b"zero");
    CALL.set(Some(call));
}

/// No stream: an item is no answer of it.
#[unsafe(no_mangle)]
extern "C" fn Watch_now(call: Call) {
    assert_eq!(call.wait_for_room(0), None);
    assert_eq!(call.send(&1_u64), TAKEN);
}

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
const HAS_ROOM: u32 = 2;

#[unsafe(no_mangle)]
static Watch_interface: Interface =
    Interface { number: 0x4d79_c8f5_0cac_9c8d, notify: Some(notify) };

fn next<S: Stream + Unpin>(stream: &mut S) -> Poll<Option<S::Item>> {
    Pin::new(stream).poll_next(&mut Context::from_waker(Waker::noop()))
}

/// It borrows nothing, not even where it was made with a borrowed argument.
fn numbers() -> (impl Stream<Item = Result<u64, CallError>> + Send + Unpin + 'static, Call) {
    let from = String::from("zero");
    let stream = WatchImpl::numbers(&from);
    (stream, called())
}

#[test]
fn items_wait_in_a_bounded_buffer_and_the_peer_is_told_when_half_of_it_is_free() {
    let (mut stream, call) = numbers();
    assert!(next(&mut stream).is_pending());
    for number in 0..4_u64 {
        assert_eq!(call.wait_for_room(0), Some(ROOM));
        assert_eq!(call.send(&number), TAKEN);
    }
    assert_eq!(call.send(&4_u64), FULL);
    assert_eq!(call.wait_for_room(1), Some(TIME_IS_UP));
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(0))));
    assert_eq!(events(call), [], "one place is not worth a wake-up");
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(1))));
    assert_eq!(events(call), [HAS_ROOM]);
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(2))));
    assert_eq!(events(call), [HAS_ROOM], "told once");
    assert_eq!(call.send(&4_u64), TAKEN);
    assert!(call.is_wanted());
    assert_eq!(call.end(), TAKEN);
    assert!(!call.is_wanted());
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(3))), "what was sent before the end");
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(4))));
    assert_eq!(next(&mut stream), Poll::Ready(None));
    assert_eq!(next(&mut stream), Poll::Ready(None), "and so it stays");
    assert_eq!((call.send(&5_u64), call.end()), (REFUSED, REFUSED));
    drop(stream);
    assert_eq!(events(call), [HAS_ROOM], "the peer knows that it has ended");
}

#[test]
fn after_the_receiver_every_send_is_refused_and_counted_and_nobody_waits_for_room() {
    let (stream, call) = numbers();
    while call.send(&1_u64) == TAKEN {}
    let (waiting, waits) = mpsc::channel();
    let sender = thread::spawn(move || {
        waiting.send(()).expect("the test waits");
        call.wait_for_room(u32::MAX)
    });
    waits.recv().expect("it begins to wait");
    drop(stream);
    assert_eq!(sender.join().expect("no panic"), Some(NEVER), "it is woken at once");
    let before = refused_answers();
    assert_eq!((call.send(&1_u64), call.end()), (REFUSED, REFUSED));
    assert_eq!(call.wait_for_room(u32::MAX), Some(NEVER));
    assert!(refused_answers() >= before + 2);
    assert!(!call.is_wanted());
    assert_eq!(events(call), [DROPPED]);
}

#[test]
fn a_receiver_that_comes_back_wakes_the_sender_that_waits_for_room() {
    let (mut stream, call) = numbers();
    let sender = thread::spawn(move || {
        for number in 0..10_000_u64 {
            while call.send(&number) == FULL {
                assert_eq!(call.wait_for_room(60_000), Some(ROOM));
            }
        }
        call.end()
    });
    let mut expected = 0;
    loop {
        match next(&mut stream) {
            Poll::Ready(Some(number)) => assert_eq!(number, Ok(expected)),
            Poll::Ready(None) => break,
            Poll::Pending => {
                thread::yield_now();
                continue;
            }
        }
        expected += 1;
    }
    assert_eq!((expected, sender.join().expect("no panic")), (10_000, TAKEN));
}

#[test]
fn a_failure_is_the_last_item() {
    let (mut stream, call) = numbers();
    while call.send(&1_u64) == TAKEN {}
    assert_eq!(call.fail(7, b"no more"), TAKEN, "it needs no room");
    assert_eq!(call.fail(8, b"again"), REFUSED);
    for _ in 0..4 {
        assert_eq!(next(&mut stream), Poll::Ready(Some(Ok(1))));
    }
    let failed = CallError::Failed { code: 7, message: "no more".into() };
    assert_eq!(next(&mut stream), Poll::Ready(Some(Err(failed))));
    assert_eq!(next(&mut stream), Poll::Ready(None));

    let (mut stream, call) = numbers();
    assert_eq!(call.give_up(), TAKEN);
    assert_eq!(next(&mut stream), Poll::Ready(Some(Err(CallError::Unanswered))));
    assert_eq!(next(&mut stream), Poll::Ready(None));
    drop(stream);
    assert_eq!(events(call), [], "it knows");
}

#[test]
fn what_is_no_item_is_an_error_and_the_last_item() {
    let mut stream = WatchImpl::texts();
    let call = called();
    assert_eq!(call.send(&Text::new(b"good")), TAKEN);
    assert_eq!(call.send(&Text::new(b"b\xffd")), TAKEN);
    assert_eq!(call.send(&Text::new(b"late")), REFUSED);
    assert_eq!(next(&mut stream), Poll::Ready(Some(Ok("good".into()))));
    let Poll::Ready(Some(Err(CallError::Invalid(error)))) = next(&mut stream) else { panic!() };
    assert_eq!(error.problem(), &Problem::Utf8 { valid_up_to: 1 });
    assert_eq!(next(&mut stream), Poll::Ready(None));
    assert_eq!(events(call), []);
    drop(stream);
    assert_eq!(events(call), [DROPPED], "the peer has not ended it");

    for (status, tag) in [(Status::Answered, 0), (Status::Unknown, 77)] {
        let mut stream = WatchImpl::texts();
        assert_eq!(called().answer_at(status, std::ptr::null()), TAKEN);
        let Poll::Ready(Some(Err(CallError::Invalid(error)))) = next(&mut stream) else { panic!() };
        assert_eq!(error.problem(), &Problem::Tag { tag, of: "status" });
    }
    let error = WatchImpl::now().expect_err("an item is no answer");
    assert_eq!(error.to_string(), "the peer's answer is not valid: `status` has no variant 3");
}

#[test]
fn a_panic_below_the_peer_is_an_item() {
    let mut stream = WatchImpl::bombs();
    assert_eq!(called().send(&7_u8), TAKEN);
    let panicked = CallError::Panicked("boom 7".into());
    assert_eq!(next(&mut stream), Poll::Ready(Some(Err(panicked))));
    assert_eq!(next(&mut stream), Poll::Ready(None));
}

#[test]
fn the_peer_is_told_of_the_drop_although_the_items_that_are_left_panic() {
    let stream = WatchImpl::bombs();
    let call = called();
    assert_eq!(call.send(&0_u8), TAKEN);
    let dropped = catch_unwind(AssertUnwindSafe(|| drop(stream)));
    let panic = dropped.expect_err("the item's own drop panics");
    assert_eq!(panic.downcast_ref(), Some(&"boom"));
    assert_eq!(events(call), [DROPPED]);
}

#[test]
#[should_panic(expected = "`Watch::plain`: full (code 3)")]
fn a_failure_that_has_no_room_is_a_panic_at_the_poll() {
    let mut stream = WatchImpl::plain();
    let call = called();
    assert_eq!(call.send(&1_u64), TAKEN);
    assert_eq!(call.fail(3, b"full"), TAKEN);
    assert_eq!(next(&mut stream), Poll::Ready(Some(1)));
    let _ = next(&mut stream);
}

#[test]
fn errors_of_its_own_are_items_and_a_failure_is_the_last_of_them() {
    #[repr(C)]
    struct View {
        is_ok: bool,
        why: Text,
    }
    let mut stream = WatchImpl::own();
    let call = called();
    assert_eq!(call.send(&View { is_ok: false, why: Text::new(b"not now") }), TAKEN);
    assert_eq!(call.fail(1, b"never"), TAKEN);
    let own = |why: &str| Poll::Ready(Some(Err(OwnError { why: why.into() })));
    assert_eq!(next(&mut stream), own("not now"));
    assert_eq!(next(&mut stream), own("never (code 1)"));
    assert_eq!(next(&mut stream), Poll::Ready(None));
}

#[test]
fn a_forged_handle_or_one_of_another_kind_is_refused() {
    let (mut stream, call) = numbers();
    let _texts = WatchImpl::texts();
    let texts = called();
    for forged in [call.forged(), call.with_handle_of(texts)] {
        assert_eq!((forged.send(&1_u64), forged.end()), (REFUSED, REFUSED));
        assert_eq!(forged.wait_for_room(u32::MAX), Some(NEVER));
        assert!(!forged.is_wanted());
    }
    assert!(texts.is_wanted() && call.is_wanted());
    assert!(next(&mut stream).is_pending());
}

struct CountWakes(AtomicUsize);

impl Wake for CountWakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
        panic!("a waker may panic, but not through the peer");
    }
}

#[test]
fn the_waker_of_the_last_poll_is_woken_once() {
    let (stream, call) = numbers();
    let mut stream = pin!(stream);
    let wakers: Vec<_> = (0..2).map(|_| Arc::new(CountWakes(AtomicUsize::new(0)))).collect();
    for waker in [&wakers[0], &wakers[1], &wakers[1]] {
        let waker = Waker::from(Arc::clone(waker));
        let polled = stream.as_mut().poll_next(&mut Context::from_waker(&waker));
        assert!(polled.is_pending());
    }
    assert_eq!((call.send(&1_u64), call.send(&2_u64)), (TAKEN, TAKEN));
    let woken = |index: usize| wakers[index].0.load(Ordering::Relaxed);
    assert_eq!((woken(0), woken(1)), (0, 1));
    assert!(wakers.iter().all(|waker| Arc::strong_count(waker) == 1), "none is kept");
}
