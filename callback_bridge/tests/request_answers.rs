//! Answers: in time, early, late, twice, forged, of another type, and those that never come.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use callback_bridge::request::{
    self, Abandoned, Completion, Handle, NotYet, Reason, Response, Stats, abandon_raw,
    complete_raw, completion,
};

/// The counters are the process's; a test that looks at them, or has answers refused, waits for its turn.
fn turn() -> (MutexGuard<'static, ()>, Stats) {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    (turn, request::stats())
}

/// Counts how many of it were dropped.
#[derive(Debug, Clone, Default)]
struct Drops(Arc<AtomicUsize>);

#[derive(Debug)]
struct Token(Drops);

impl Drops {
    fn token(&self) -> Token {
        Token(self.clone())
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn an_answer_from_another_thread_ends_the_wait() {
    let (completion, response) = completion();
    let completer = thread::spawn(move || completion.complete(String::from("done")));
    assert_eq!(response.wait(), Ok(String::from("done")));
    assert!(completer.join().is_ok_and(|answered| answered.is_ok()));
}

/// Waits when its thread ends, after all that was made later is gone.
struct WaitsInItsDrop(Cell<Option<(Response<u8>, Answers)>>);

type Answers = mpsc::Sender<Result<u8, Abandoned>>;

impl Drop for WaitsInItsDrop {
    fn drop(&mut self) {
        let (response, answers) = self.0.take().expect("it was set");
        answers.send(response.wait()).expect("the test waits");
    }
}

#[test]
fn a_thread_can_still_wait_while_it_ends() {
    thread_local!(static LAST: WaitsInItsDrop = const { WaitsInItsDrop(Cell::new(None)) });
    let (last, response) = completion();
    let (answers, answered) = mpsc::channel();
    let ending = thread::spawn(move || {
        LAST.with(|last| last.0.set(Some((response, answers))));
        // Makes this thread's waker, which is gone before `LAST` is.
        let (first, response) = completion();
        first.complete(1_u8).expect("it is wanted");
        assert_eq!(response.wait(), Ok(1));
    });
    last.complete(2).expect("it is wanted");
    assert_eq!(answered.recv(), Ok(Ok(2)));
    ending.join().expect("no panic");
}

#[test]
fn an_answer_waits_for_whoever_comes_later() {
    let (completion, response) = completion();
    assert!(!response.is_ready());
    completion.complete(5_u64).expect("it is wanted");
    assert!(response.is_ready());
    assert_eq!(response.try_take().ok(), Some(5));
}

#[test]
fn a_dropped_completion_is_an_error_and_not_a_hang() {
    let (completion, response) = completion::<u8>();
    let completer = thread::spawn(move || drop(completion));
    assert_eq!(response.wait(), Err(Abandoned));
    completer.join().expect("it only drops");
}

#[test]
fn a_panic_before_the_answer_is_an_error_and_not_a_hang() {
    let (completion, response) = completion::<u8>();
    let completer = thread::spawn(move || {
        let _unanswered = completion;
        panic!("the callback fails");
    });
    assert_eq!(response.wait(), Err(Abandoned));
    assert!(completer.join().is_err());
}

#[test]
fn an_abandoned_handle_is_an_error_and_its_answer_is_refused() {
    let (_turn, before) = turn();
    let (completion, response) = completion::<u8>();
    let handle = completion.into_raw();
    assert_eq!(abandon_raw(handle), Ok(()));
    assert_eq!(complete_raw(handle, 1_u8).map_err(|refused| refused.reason), Err(Reason::Late));
    assert_eq!(abandon_raw(handle), Err(Reason::Late));
    assert!(matches!(response.try_take(), Err(NotYet::Abandoned)));
    assert_eq!(request::stats().late, before.late + 2);
}

#[test]
fn a_second_answer_is_refused_counted_and_given_back() {
    let (_turn, before) = turn();
    let drops = Drops::default();
    let (completion, response) = completion::<Token>();
    let handle = completion.into_raw();
    assert!(complete_raw(handle, drops.token()).is_ok());
    let refused = complete_raw(handle, drops.token()).expect_err("it is answered");
    assert_eq!(refused.reason, Reason::Late);
    drop(refused.value);
    assert_eq!(drops.count(), 1);
    drop(response.try_take().expect("the first answer"));
    assert_eq!(drops.count(), 2);
    assert!(complete_raw(handle, drops.token()).is_err(), "the slot is free now");
    assert_eq!(drops.count(), 3);
    assert_eq!(request::stats().late, before.late + 2);
}

#[test]
fn a_late_answer_never_reaches_the_next_request_of_its_slot() {
    let (_turn, before) = turn();
    let mut old = Vec::new();
    for number in 0..1000_u32 {
        let (completion, response) = completion();
        for &handle in &old {
            let refused = complete_raw(handle, u32::MAX).expect_err("it was taken long ago");
            assert_eq!(refused.reason, Reason::Late);
        }
        completion.complete(number).expect("it is wanted");
        assert_eq!(response.wait(), Ok(number));
        let (completion, response) = request::completion::<u32>();
        old.push(completion.into_raw());
        drop(response);
    }
    assert_eq!(request::stats().late, before.late + 999 * 1000 / 2);
}

#[test]
fn any_number_is_a_handle_that_is_refused() {
    let (_turn, before) = turn();
    let (completion, response) = completion::<u8>();
    let given = completion.into_raw().as_usize();
    let stack = (&raw const given).addr();
    let numbers = [0, 1, 2, 63, 64, 4096, usize::MAX, usize::MAX / 2, stack, !given];
    for forged in numbers.into_iter().chain((0..usize::BITS).map(|bit| given ^ (1 << bit))) {
        let refused = complete_raw(Handle::from_usize(forged), 1_u8).expect_err("it is invented");
        assert!(matches!(refused.reason, Reason::Forged | Reason::Late), "{forged:#x}");
        assert!(Completion::<u8>::from_raw(Handle::from_usize(forged)).is_none());
        assert!(abandon_raw(Handle::from_usize(forged)).is_err());
    }
    assert!(matches!(complete_raw(Handle::from_ptr(std::ptr::null_mut()), 1_u8),
        Err(refused) if refused.reason == Reason::Forged));
    let after = request::stats();
    let counted = after.late + after.forged - before.late - before.forged;
    assert_eq!(counted, 3 * (numbers.len() as u64 + u64::from(usize::BITS)) + 1);
    complete_raw(Handle::from_usize(given), 9_u8).expect("this one is real");
    assert_eq!(response.wait(), Ok(9));
}

#[test]
fn an_answer_of_another_type_is_refused_and_the_right_one_still_counts() {
    let (_turn, before) = turn();
    let (completion, response) = completion::<u32>();
    let handle = completion.into_raw();
    let refused = complete_raw(handle, 1_i32).expect_err("the request wants a u32");
    assert_eq!((refused.value, refused.reason), (1, Reason::OtherType));
    assert!(complete_raw(handle, String::from("1")).is_err());
    assert!(Completion::<i32>::from_raw(handle).is_none());
    assert_eq!(request::stats().other_type, before.other_type + 3);
    complete_raw(handle, 1_u32).expect("the right type");
    assert_eq!(response.wait(), Ok(1));
}

#[test]
fn a_handle_goes_through_c_as_its_user_data() {
    let (completion, response) = completion::<(u64, u64)>();
    assert_eq!(completion.handle(), Handle::from_ptr(completion.handle().as_ptr()));
    let user_data = completion.into_raw().as_ptr();
    assert!(!user_data.is_null());
    assert_eq!(size_of::<Handle>(), size_of_val(&user_data));
    let completion = Completion::<(u64, u64)>::from_raw(Handle::from_ptr(user_data));
    completion.expect("still open").complete((1, 2)).expect("it is wanted");
    assert_eq!(response.wait(), Ok((1, 2)));
}

#[test]
fn a_response_that_is_dropped_frees_its_slot_though_c_never_answers() {
    let (_turn, _) = turn();
    drop(completion::<[u64; 100]>());
    let before = request::stats();
    for _ in 0..100_000 {
        let (completion, response) = completion::<[u64; 100]>();
        let _lost_in_c = completion.into_raw();
        drop(response);
    }
    assert!(request::stats().slots <= before.slots + 64, "they were used again and again");
}

#[test]
fn a_dropped_response_tells_the_peer_once_and_only_if_nobody_answered() {
    let _turn = turn();
    let told = AtomicUsize::new(0);
    let tell = || {
        told.fetch_add(1, Ordering::Relaxed);
    };
    let (first, response) = completion::<u8>();
    assert!(first.is_wanted());
    drop(response.on_cancel(tell));
    assert!(!first.is_wanted());
    assert_eq!(told.load(Ordering::Relaxed), 1, "cancelled");
    assert_eq!(first.complete(1).map_err(|refused| refused.value), Err(1));

    let (answered, response) = completion::<u8>();
    let response = response.on_cancel(tell);
    answered.complete(1).expect("it is wanted");
    drop(response);
    let (abandoned, response) = completion::<u8>();
    let response = response.on_cancel(tell);
    drop(abandoned);
    drop(response);
    let (awaited, response) = completion::<u8>();
    let response = response.on_cancel(tell);
    awaited.complete(1).expect("it is wanted");
    assert_eq!(response.wait(), Ok(1));
    assert_eq!(told.load(Ordering::Relaxed), 1, "none of these was cancelled");
}

#[test]
fn an_answer_that_nobody_takes_is_dropped_with_the_response() {
    let drops = Drops::default();
    let (completion, response) = completion();
    completion.complete(drops.token()).expect("it is wanted");
    assert_eq!(drops.count(), 0);
    drop(response);
    assert_eq!(drops.count(), 1);
}

#[test]
fn waiting_for_a_while_gives_the_response_back() {
    let (completion, response) = completion();
    let Err(NotYet::Pending(response)) = response.wait_timeout(Duration::from_millis(5)) else {
        panic!("nobody has answered");
    };
    let Err(NotYet::Pending(response)) = response.wait_timeout(Duration::ZERO) else {
        panic!("nobody has answered");
    };
    let completer = thread::spawn(move || completion.complete(3));
    assert_eq!(response.wait_timeout(Duration::MAX).ok(), Some(3));
    assert!(completer.join().is_ok_and(|answered| answered.is_ok()));
}

#[test]
fn a_value_of_any_size_and_alignment_arrives() {
    let _turn = turn();
    #[derive(Debug, PartialEq, Clone, Copy)]
    #[repr(align(256))]
    struct Aligned(u8);

    fn there_and_back<T: Send + Clone + PartialEq + std::fmt::Debug + 'static>(value: T) {
        let (completion, response) = completion();
        let (copy, (sender, receiver)) = (value.clone(), mpsc::channel());
        thread::spawn(move || sender.send(completion.complete(copy).is_ok()));
        assert_eq!(response.wait(), Ok(value.clone()));
        assert_eq!(receiver.recv(), Ok(true));

        let (unanswered, response) = request::completion::<T>();
        drop(unanswered);
        assert_eq!(response.wait(), Err(Abandoned));
        let (unwanted, response) = request::completion::<T>();
        drop(response);
        assert_eq!(unwanted.complete(value.clone()).map_err(|refused| refused.value), Err(value));
    }

    there_and_back(());
    there_and_back(7_u8);
    there_and_back([1_u64; 8]);
    there_and_back([2_u8; 65]);
    there_and_back([3_u64; 64]);
    there_and_back([4_u8; 4096]);
    there_and_back([5_u8; 4097]);
    there_and_back(vec![6_u64; 10_000]);
    there_and_back([7_u32; 5_000]);
    there_and_back(Aligned(8));
}

#[test]
fn sixteen_threads_answer_and_cancel_and_every_value_is_dropped_once() {
    let _turn = turn();
    const REQUESTS: usize = 2_000;
    let drops = Drops::default();
    let (sender, receiver) = mpsc::channel::<Handle>();
    let receiver = Arc::new(Mutex::new(receiver));
    let made = Arc::new(AtomicUsize::new(0));
    let completers: Vec<_> = (0..8)
        .map(|_| {
            let (receiver, drops, made) = (receiver.clone(), drops.clone(), made.clone());
            thread::spawn(move || {
                let next = || receiver.lock().expect("nobody panics").recv();
                while let Ok(handle) = next() {
                    for _ in 0..2 {
                        made.fetch_add(1, Ordering::Relaxed);
                        drop(complete_raw(handle, drops.token()));
                    }
                }
            })
        })
        .collect();
    let requesters: Vec<_> = (0..8)
        .map(|number| {
            let sender = sender.clone();
            thread::spawn(move || {
                for request in 0..REQUESTS {
                    let (completion, response) = completion::<Token>();
                    sender.send(completion.into_raw()).expect("the completers live");
                    match (request + number) % 3 {
                        0 => drop(response),
                        1 => drop(response.wait().expect("it is answered")),
                        _ => drop(response.wait_timeout(Duration::from_micros(20))),
                    }
                }
            })
        })
        .collect();
    drop(sender);
    for thread in requesters.into_iter().chain(completers) {
        thread.join().expect("nobody panics");
    }
    assert_eq!(made.load(Ordering::Relaxed), 8 * REQUESTS * 2);
    assert_eq!(drops.count(), 8 * REQUESTS * 2);
}
