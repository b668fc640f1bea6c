//! Every kind of call, with a peer that is written here, in Rust, but speaks the C ABI. So it can
//! also break every rule of it, at a chosen moment.

mod peer;

use std::cell::Cell;
use std::future::Future;
use std::panic::{Location, catch_unwind, set_hook, take_hook};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use foreign_call::convert::Problem;
use foreign_call::{CallError, R2G, Stream, r2g, refused_answers};
use peer::Status;

#[derive(R2G, Debug, Clone, PartialEq)]
struct User {
    name: String,
    age: u8,
}

#[derive(R2G, Debug, PartialEq)]
enum Refusal {
    TooYoung(u8),
    Broken { why: String },
}

impl From<CallError> for Refusal {
    fn from(error: CallError) -> Refusal {
        Refusal::Broken { why: error.to_string() }
    }
}

#[r2g]
trait Fault {
    /// What the peer does is told by `peer::next`.
    fn tell(user: &User, letter: char);
    fn check(user: &User) -> bool;
    fn try_check(user: &User) -> Result<bool, CallError>;
    fn own_error(user: &User, limit: u8) -> Result<String, Refusal>;
    fn text(name: &str, bytes: &[u8]) -> Result<String, CallError>;
    async fn number(number: u64) -> Result<u64, CallError>;
    #[send]
    async fn length(user: &User) -> Result<u64, CallError>;
    #[drop_safe]
    fn length_safe(user: User, factor: u64) -> impl Future<Output = Result<u64, CallError>>;
    #[drop_safe_ret]
    async fn length_back(user: User) -> Result<u64, CallError>;
    #[drop_safe_ret]
    #[send]
    async fn both_back(users: Vec<User>, number: i32) -> ();
}

/// The same names once more: each trait's symbols are its own.
#[r2g]
trait Other {
    fn check(number: u32) -> u32;
}

/// The peer was made for an older version of it.
#[r2g]
trait Stale {
    fn tell();
    fn check() -> String;
    async fn later() -> u8;
    #[drop_safe]
    async fn lent(text: String) -> u8;
    fn watch() -> impl Stream<Item = u8>;
}

fn user(name: &str) -> User {
    User { name: name.into(), age: 28 }
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

#[test]
fn a_one_way_call_arrives() {
    FaultImpl::tell(&user("one"), 'ß');
    assert_eq!(peer::told(), ("one".to_owned(), 28, u32::from('ß')));
}

#[test]
fn a_sync_call_is_answered() {
    peer::answer_with(|call| call.answer(&1_u8));
    assert!(FaultImpl::check(&user("two")));
    assert_eq!(OtherImpl::check(20), 21);
}

#[test]
fn a_slice_and_a_text_can_be_lent() {
    assert_eq!(FaultImpl::text("né", &[1, 2, 250]), Ok("né 253".into()));
    assert_eq!(FaultImpl::text("", &[]), Ok(" 0".into()));
}

#[test]
fn an_error_of_its_own_crosses_and_so_does_a_failure() {
    assert_eq!(FaultImpl::own_error(&user("x"), 18), Ok("welcome, x".into()));
    assert_eq!(FaultImpl::own_error(&user("x"), 30), Err(Refusal::TooYoung(28)));
    let error = FaultImpl::own_error(&user(""), 0).unwrap_err();
    assert_eq!(error, Refusal::Broken { why: "no name (code -7)".into() });
}

#[test]
fn what_is_not_valid_is_an_error_value() {
    peer::answer_with(|call| call.answer(&2_u8));
    let error = FaultImpl::try_check(&user("x")).unwrap_err();
    let CallError::Invalid(error) = error else { panic!("{error}") };
    assert_eq!(error.problem(), &Problem::Bool(2));

    peer::answer_with(|call| call.answer_at(Status::Answered, std::ptr::null()));
    let error = FaultImpl::try_check(&user("x")).unwrap_err();
    assert_eq!(error.to_string(), "the peer's answer is not valid: the pointer is null");

    peer::answer_with(|call| call.fail(5, b"\xff"));
    let error = FaultImpl::try_check(&user("x")).unwrap_err();
    assert!(matches!(error, CallError::Invalid(_)), "{error}");

    peer::answer_with(|call| call.answer_at(Status::Unknown, std::ptr::null()));
    let error = FaultImpl::try_check(&user("x")).unwrap_err();
    assert_eq!(error.to_string(), "the peer's answer is not valid: `status` has no variant 77");
}

#[test]
fn a_failure_is_an_error_value_with_its_message() {
    peer::answer_with(|call| call.fail(-3, "the disk is full".as_bytes()));
    let failed = CallError::Failed { code: -3, message: "the disk is full".into() };
    assert_eq!(FaultImpl::try_check(&user("x")), Err(failed));
}

#[test]
#[should_panic(expected = "`Fault::check`: the disk is full (code 4)")]
fn a_failure_that_has_no_room_is_a_panic_in_the_caller() {
    peer::answer_with(|call| call.fail(4, b"the disk is full"));
    FaultImpl::check(&user("x"));
}

thread_local! {
    /// The line of this thread's last panic.
    static LINE: Cell<u32> = const { Cell::new(0) };
}

/// From now on, in [`LINE`].
fn note_lines() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        LINE.set(panic.location().map_or(0, Location::line));
        before(panic);
    }));
}

#[test]
fn that_panic_stands_at_the_line_of_the_call() {
    note_lines();
    peer::answer_with(|call| call.fail(4, b"the disk is full"));
    let line = line!() + 1;
    catch_unwind(|| FaultImpl::check(&user("x"))).expect_err("there is no room for an error");
    assert_eq!(LINE.get(), line);
}

#[test]
fn a_sync_call_without_an_answer_is_an_error() {
    peer::answer_with(|_| peer::TAKEN);
    assert_eq!(FaultImpl::try_check(&user("x")), Err(CallError::Unanswered));
    peer::answer_with(|call| call.give_up());
    assert_eq!(FaultImpl::try_check(&user("x")), Err(CallError::Unanswered));
}

#[test]
fn a_sync_answer_twice_late_or_on_another_thread_is_refused() {
    let before = refused_answers();
    peer::answer_with(|call| {
        let elsewhere = call;
        let refused = thread::spawn(move || elsewhere.answer(&0_u8)).join();
        assert_eq!(refused.expect("no panic"), peer::REFUSED);
        assert_eq!(call.answer(&1_u8), peer::TAKEN);
        assert_eq!(call.answer(&0_u8), peer::REFUSED);
        peer::keep(call);
        peer::TAKEN
    });
    assert_eq!(FaultImpl::try_check(&user("x")), Ok(true));
    let late = peer::kept();
    assert_eq!(late.answer(&0_u8), peer::REFUSED);
    // Inside of another call it is still late.
    peer::answer_with(move |call| {
        assert_eq!(late.answer(&0_u8), peer::REFUSED);
        call.answer(&1_u8)
    });
    assert_eq!(FaultImpl::try_check(&user("x")), Ok(true));
    assert!(refused_answers() >= before + 4);
}

#[test]
fn the_peer_can_ask_whether_anybody_waits() {
    peer::answer_with(|call| {
        assert!(call.is_wanted());
        assert!(!call.forged().is_wanted());
        assert!(!thread::spawn(move || call.is_wanted()).join().expect("no panic"), "elsewhere");
        call.answer(&1_u8);
        assert!(!call.is_wanted(), "answered");
        peer::TAKEN
    });
    assert_eq!(FaultImpl::try_check(&user("x")), Ok(true));

    peer::misbehave(|call, _| peer::keep(call));
    let mut future = Box::pin(FaultImpl::number(1));
    assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let call = peer::kept();
    assert!(thread::spawn(move || call.is_wanted()).join().expect("no panic"), "anywhere");
    assert!(!call.forged().is_wanted());
    drop(future);
    assert!(!call.is_wanted(), "dropped");
}

#[test]
fn sync_calls_nest_and_the_outer_one_may_be_answered_from_the_inner_one() {
    peer::answer_with(|outer| {
        peer::answer_with(move |inner| {
            assert_eq!(outer.answer(&1_u8), peer::TAKEN);
            inner.answer(&0_u8)
        });
        assert_eq!(FaultImpl::try_check(&user("inner")), Ok(false));
        peer::TAKEN
    });
    assert_eq!(FaultImpl::try_check(&user("outer")), Ok(true));
}

#[test]
fn async_calls_are_answered_at_once_or_later() {
    peer::answer_with(|call| call.answer(&7_u64));
    assert_eq!(block_on(FaultImpl::number(1)), Ok(7), "inside of the call");

    peer::answer_later(|call| {
        call.answer(&8_u64);
    });
    assert_eq!(block_on(FaultImpl::number(1)), Ok(8), "on another thread");

    let user = user("chihai");
    // SAFETY: it is polled to its end, and the user lives longer.
    let length = unsafe { FaultImpl::length(&user) };
    assert_send(&length);
    assert_eq!(block_on(length), Ok(6));
}

fn assert_send<T: Send>(_: &T) {}

#[test]
fn a_future_that_is_not_polled_calls_nothing() {
    let calls = peer::calls();
    drop(FaultImpl::length_safe(user("x"), 1));
    assert_eq!(peer::calls(), calls);
}

#[test]
fn drop_safe_calls_answer_and_give_back() {
    assert_eq!(block_on(FaultImpl::length_safe(user("chihai"), 2)), Ok(12));
    assert_eq!(block_on(FaultImpl::length_back(user("chihai"))), (Ok(6), user("chihai")));
    let both = FaultImpl::both_back(vec![user("a"), user("b")], -1);
    assert_send(&both);
    assert_eq!(block_on(both), ((), (vec![user("a"), user("b")], -1)));
}

#[test]
fn a_given_up_call_is_an_error_and_gives_the_arguments_back() {
    peer::answer_later(|call| {
        call.give_up();
    });
    assert_eq!(block_on(FaultImpl::number(1)), Err(CallError::Unanswered));
    peer::misbehave(|call, _| {
        call.give_up();
    });
    let given_up = (Err(CallError::Unanswered), user("x"));
    assert_eq!(block_on(FaultImpl::length_back(user("x"))), given_up);
}

#[test]
fn an_async_answer_twice_or_forged_is_refused() {
    peer::answer_with(|call| {
        assert_eq!(call.forged().answer(&666_u64), peer::REFUSED);
        assert_eq!(call.answer(&1_u64), peer::TAKEN);
        call.answer(&2_u64)
    });
    assert_eq!(block_on(FaultImpl::number(1)), Ok(1));
}

#[test]
fn what_a_dropped_call_was_lent_lives_until_the_answer() {
    for answered_first in [true, false] {
        peer::misbehave(|call, user| {
            peer::keep(call);
            peer::keep_view(user);
        });
        let mut future = Box::pin(FaultImpl::length_safe(user("still here"), 1));
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let call = peer::kept();
        if answered_first {
            assert_eq!(call.answer(&1_u64), peer::TAKEN);
            drop(future);
        } else {
            drop(future);
            // Under ASan or valgrind this would be a use after free.
            assert_eq!(peer::kept_name(), "still here");
            assert_eq!(call.answer(&1_u64), peer::TAKEN, "the loan ends here");
        }
        assert_eq!(call.answer(&1_u64), peer::REFUSED);
    }
}

#[test]
fn the_generator_computes_the_number_that_the_compiler_does() {
    let interface = foreign_call_model::Interface::parse(include_str!("calls.rs"));
    let interface = interface.expect("this file");
    let numbers: Vec<_> = interface.traits.iter().map(|it| interface.trait_shape(it)).collect();
    // That the compiler's are these, each call checks.
    assert_eq!(numbers[..2], [peer::Fault_interface.number, peer::Other_interface.number]);
}

#[test]
fn a_peer_for_another_interface_is_not_called_and_the_panic_stands_at_the_line_of_the_call() {
    let calls: [(fn(), u32); 5] = [
        (|| StaleImpl::tell(), line!()), // no pointer to it: that would know no line
        (|| drop(StaleImpl::check()), line!()),
        (|| drop(StaleImpl::later()), line!()),
        (|| drop(StaleImpl::lent("x".into())), line!()),
        (|| drop(StaleImpl::watch()), line!()),
    ];
    note_lines();
    for (call, line) in calls {
        let panic = catch_unwind(call).expect_err("it is not called");
        let message = panic.downcast_ref::<String>().expect("a text");
        let expected = "the peer's side of `Stale` was generated from another version";
        assert!(message.starts_with(expected), "{message}");
        assert_eq!(LINE.get(), line);
    }
}
