//! What Rust offers, called as C does it: who drops what, and when.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use foreign_call::{
    CallError, ConvertError, FromRef, ListRef, MemType, R2G, StringRef, Task, ToRef, Writer, g2r,
    panicked_calls,
};

/// Counts its ends, and panics at one that it is told of.
#[derive(R2G, Debug)]
struct Counted {
    text: String,
}

static ENDS: AtomicU64 = AtomicU64::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        ENDS.fetch_add(1, Ordering::Relaxed);
        assert_ne!(self.text, "drop", "a drop");
    }
}

/// A value without a view.
struct Bomb;

// SAFETY: `AS_IS` is false.
unsafe impl ToRef for Bomb {
    const MEM_TYPE: MemType = MemType::Primitive;
    const AS_IS: bool = false;
    const SHAPE: u64 = u8::SHAPE;
    type Ref<'a> = u8;

    fn to_size(&self, _: &mut usize) {}

    fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> u8 {
        panic!("boom out")
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl FromRef for Bomb {
    const PLAIN: bool = false;

    fn from_ref(_: &u8) -> Result<Bomb, ConvertError> {
        panic!("boom in")
    }
}

#[g2r]
trait Probe {
    fn make(&self, text: &str) -> Counted;
    fn take(&self, counted: Counted);
    /// Where its arguments lie.
    fn at(&self, text: &str, numbers: &[u64]) -> (usize, usize);
    async fn later(&self, counted: Counted) -> Result<Counted, CallError>;
    async fn never(&self, counted: Counted) -> u8;
    fn bomb(&self) -> Bomb;
    fn defuse(&self, bomb: Bomb) -> u8;
}

struct Instance;

impl Probe for Instance {
    fn make(&self, text: &str) -> Counted {
        Counted { text: text.into() }
    }

    fn take(&self, _: Counted) {}

    fn at(&self, text: &str, numbers: &[u64]) -> (usize, usize) {
        (text.as_ptr().addr(), numbers.as_ptr().addr())
    }

    async fn later(&self, counted: Counted) -> Result<Counted, CallError> {
        Ok(Counted { text: format!("{} again", counted.text) })
    }

    async fn never(&self, _counted: Counted) -> u8 {
        std::future::pending().await
    }

    fn bomb(&self) -> Bomb {
        Bomb
    }

    fn defuse(&self, _: Bomb) -> u8 {
        0
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        ENDS.fetch_add(100, Ordering::Relaxed);
    }
}

type Answer = unsafe extern "C" fn(*mut c_void, u32, *const c_void, *const c_void);
type Call = unsafe extern "C" fn(u64, Option<Answer>, *mut c_void, *const c_void) -> u32;

// As C has them: views are pointers.
unsafe extern "C" {
    fn Probe_make_rust(_: u64, _: Option<Answer>, _: *mut c_void, text: *const c_void) -> u32;
    fn Probe_take_rust(_: u64, _: Option<Answer>, _: *mut c_void, counted: *const c_void) -> u32;
    fn Probe_at_rust(
        _: u64,
        _: Option<Answer>,
        _: *mut c_void,
        text: *const c_void,
        numbers: *const c_void,
    ) -> u32;
    fn Probe_later_rust(_: u64, _: Option<Answer>, _: *mut c_void, counted: *const c_void) -> u32;
    fn Probe_never_rust(_: u64, _: Option<Answer>, _: *mut c_void, counted: *const c_void) -> u32;
    fn Probe_bomb_rust(_: u64, _: Option<Answer>, _: *mut c_void) -> u32;
    fn Probe_defuse_rust(_: u64, _: Option<Answer>, _: *mut c_void, bomb: *const c_void) -> u32;
}

/// The interface's number, as the generator computes it. It knows no `Bomb`, whose view is a `u8`.
fn interface() -> u64 {
    let source = include_str!("offers.rs").replace(": Bomb", ": u8").replace("-> Bomb", "-> u8");
    let interface = foreign_call_model::Interface::parse(&source).expect("it can cross");
    interface.offer_shape(&interface.offers[0])
}

/// What a call was told: each answer, with how many had ended by then.
#[derive(Default)]
struct Told(Vec<(u32, String, u64)>);

impl Told {
    /// Calls with this as the user data. What came back at once, and what was told.
    fn of(call: Call, argument: &impl ToRef) -> (u32, Told) {
        let mut buffer = foreign_call::convert::Buffer::for_value(argument);
        let view = argument.to_ref(&mut buffer.writer());
        Told::with(|answer, to| {
            // SAFETY: a view of the function's argument, which lives through the call.
            unsafe { call(interface(), answer, to, (&raw const view).cast()) }
        })
    }

    fn with(call: impl FnOnce(Option<Answer>, *mut c_void) -> u32) -> (u32, Told) {
        let mut told = Told::default();
        let returned = call(Some(Told::text), (&raw mut told).cast());
        (returned, told)
    }

    /// An answer that is a text, alone or in a struct.
    unsafe extern "C" fn text(
        to: *mut c_void,
        status: u32,
        answer: *const c_void,
        failure: *const c_void,
    ) {
        // SAFETY: what `with` passed.
        let to = unsafe { &mut *to.cast::<Told>() };
        let view = match status {
            0 => answer,
            1 => failure.wrapping_byte_add(8), // after the code
            _ => ptr::null(),
        };
        // SAFETY: null, or the view of a text, or of a struct that begins with one.
        let text = unsafe { view.cast::<StringRef<'_>>().as_ref() };
        let text = text.map_or("", |text| text.get().expect("Rust's is a text"));
        to.0.push((status, text.to_owned(), ends()));
    }
}

fn ends() -> u64 {
    ENDS.load(Ordering::Relaxed)
}

/// One test at a time: what is offered, and what is counted, is so for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    ENDS.store(0, Ordering::Relaxed);
    alone
}

fn offer() -> ProbeOffer {
    ProbeOffer::new(Instance, at_once).expect("nobody else offers")
}

fn at_once(mut task: Task) {
    assert!(task.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

#[test]
fn an_answer_is_dropped_once_and_after_it_was_told() {
    let _alone = alone();
    let _offer = offer();
    let (returned, told) = Told::of(Probe_make_rust, &"text".to_owned());
    assert_eq!((returned, told.0), (0, vec![(0, "text".into(), 0)]));
    assert_eq!(ends(), 1);
}

#[test]
fn an_async_call_drops_its_arguments_before_the_answer_is_told_and_the_answer_after() {
    let _alone = alone();
    let _offer = offer();
    let counted = Counted { text: "text".into() };
    let (returned, told) = Told::of(Probe_later_rust, &counted);
    assert_eq!((returned, told.0), (0, vec![(0, "text again".into(), 1)]));
    assert_eq!(ends(), 2);
}

#[test]
fn a_panic_in_the_drop_of_an_answer_comes_too_late_to_be_told_and_is_counted() {
    let _alone = alone();
    let _offer = offer();
    let before = panicked_calls();
    let (returned, told) = Told::of(Probe_make_rust, &"drop".to_owned());
    assert_eq!((returned, told.0), (0, vec![(0, "drop".into(), 0)]));
    assert_eq!((ends(), panicked_calls() - before), (1, 1));
}

#[test]
fn a_panic_in_the_drop_of_an_argument_is_told_if_it_comes_in_time() {
    let _alone = alone();
    let _offer = offer();
    let before = panicked_calls();
    let counted = ("drop".to_owned(),); // lies as a `Counted` does, and may be dropped
    let (returned, told) = Told::of(Probe_take_rust, &counted);
    let (status, message, _) = &told.0[0];
    assert_eq!((returned, *status, told.0.len()), (1, 1, 1), "{message}");
    assert!(message.contains("a drop"), "{message}");
    assert_eq!((ends(), panicked_calls() - before), (1, 1));
}

#[test]
fn a_task_whose_future_panics_when_it_is_dropped_is_dropped_quietly_and_tells_the_peer() {
    let _alone = alone();
    let tasks = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&tasks);
    let offer = ProbeOffer::new(Instance, move |task| kept.lock().expect("here").push(task));
    let _offer = offer.expect("nobody else offers");
    let before = panicked_calls();
    let counted = ("drop".to_owned(),); // lies as a `Counted` does, and may be dropped
    for polls in 0..2 {
        ENDS.store(0, Ordering::Relaxed);
        let mut buffer = foreign_call::convert::Buffer::for_value(&counted);
        let view = counted.to_ref(&mut buffer.writer());
        let mut told = Told::default();
        let (answer, to) = (Some(Told::text as Answer), (&raw mut told).cast());
        // SAFETY: a view of the argument, which lives through the call; `told` until the answer.
        let returned =
            unsafe { Probe_never_rust(interface(), answer, to, (&raw const view).cast()) };
        let mut task: Task = tasks.lock().expect("here").pop().expect("it was spawned");
        for _ in 0..polls {
            let polled = task.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending());
        }
        drop(task);
        assert_eq!((returned, told.0), (0, vec![(2, String::new(), 1)]), "{polls} polls");
        assert_eq!((ends(), panicked_calls() - before), (1, polls + 1));
    }
}

#[test]
fn a_value_that_panics_on_its_way_is_a_failure() {
    let _alone = alone();
    let _offer = offer();
    let (returned, told) = Told::with(|answer, to| {
        // SAFETY: no argument.
        unsafe { Probe_bomb_rust(interface(), answer, to) }
    });
    let expected = "the implementation panicked: boom out";
    assert_eq!((returned, told.0), (1, vec![(1, expected.into(), 0)]));
    let (returned, told) = Told::of(Probe_defuse_rust, &0_u8);
    let expected = "the implementation panicked: boom in";
    assert_eq!((returned, told.0), (1, vec![(1, expected.into(), 0)]));
}

#[test]
fn a_text_and_plain_numbers_are_borrowed_from_the_caller() {
    unsafe extern "C" fn addresses(
        to: *mut c_void,
        status: u32,
        answer: *const c_void,
        _: *const c_void,
    ) {
        assert_eq!(status, 0);
        // SAFETY: the view of two addresses.
        let answer = unsafe { answer.cast::<[usize; 2]>().read() };
        // SAFETY: room for them.
        unsafe { to.cast::<[usize; 2]>().write(answer) };
    }
    let _alone = alone();
    let _offer = offer();
    let (text, numbers) = (String::from("text"), vec![1_u64, 2]);
    let mut seen = [0_usize; 2];
    let (text_view, numbers_view) = (StringRef::new(&text), ListRef::from_slice(&numbers));
    // SAFETY: views of the arguments, and somewhere to write to.
    let returned = unsafe {
        Probe_at_rust(
            interface(),
            Some(addresses),
            (&raw mut seen).cast(),
            (&raw const text_view).cast(),
            (&raw const numbers_view).cast(),
        )
    };
    assert_eq!(returned, 0);
    assert_eq!(seen, [text.as_ptr().addr(), numbers.as_ptr().addr()]);
}

#[test]
fn an_instance_ends_with_its_offer_and_later_calls_find_nobody() {
    let _alone = alone();
    drop(offer());
    assert_eq!(ends(), 100, "once");
    let (returned, told) = Told::of(Probe_make_rust, &"text".to_owned());
    assert_eq!((returned, told.0), (1, vec![(1, "nobody offers `Probe`".into(), 100)]));
}
