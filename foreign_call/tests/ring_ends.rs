//! Both ends in one process: waiting, waking, and the end.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use foreign_call::ring::{Disconnected, Options, SendError, TryRecvError, TrySendError, channel};

const CLOSED: Disconnected = Disconnected::Closed;

/// Counts how often it was called.
#[derive(Default)]
struct Calls(AtomicU32);

impl Calls {
    fn count(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Wake for Calls {
    fn wake(self: Arc<Calls>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn waker() -> (Arc<Calls>, Waker) {
    let calls = Arc::new(Calls::default());
    (Arc::clone(&calls), Waker::from(calls))
}

/// Polls until the task sleeps: before that, it wakes itself. Returns how often it did.
fn fall_asleep(future: Pin<&mut impl Future>, calls: &Calls, waker: &Waker) -> u32 {
    let mut future = future;
    loop {
        let before = calls.count();
        assert!(future.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        if calls.count() == before {
            return before;
        }
    }
}

#[test]
fn every_number_arrives_once_and_in_order_between_threads() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8));
    let sending = thread::spawn(move || {
        for number in 0..200_000_u64 {
            sender.send(&number.to_ne_bytes()).expect("the receiver is there");
        }
    });
    for number in 0..200_000_u64 {
        assert_eq!(receiver.recv(), Ok(&number.to_ne_bytes()[..]));
    }
    assert_eq!(receiver.recv(), Err(CLOSED));
    sending.join().expect("no panic");
}

#[test]
fn every_number_arrives_once_and_in_order_between_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(async {
        let (mut sender, mut receiver) = channel(&Options::new(8, 8).spill(4));
        let sending = tokio::spawn(async move {
            for number in 0..100_000_u64 {
                sender.send_async(&number.to_ne_bytes()).await.expect("the receiver is there");
            }
            sender.flush_async().await
        });
        for number in 0..100_000_u64 {
            assert_eq!(receiver.recv_async().await, Ok(&number.to_ne_bytes()[..]));
        }
        assert_eq!(receiver.recv_async().await, Err(CLOSED));
        assert_eq!(receiver.lost(), 0);
        assert_eq!(sending.await.expect("no panic"), Ok(()));
    });
}

#[test]
fn a_sleeping_receiver_is_woken_once_for_many_messages() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8));
    let (calls, waker) = waker();
    let mut context = Context::from_waker(&waker);
    {
        let mut future = pin!(receiver.recv_async());
        let looks = fall_asleep(future.as_mut(), &calls, &waker);
        for message in [b"1", b"2", b"3"] {
            sender.try_send(message).expect("room");
        }
        assert_eq!((calls.count() - looks, sender.wake_ups()), (1, 1));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(&b"1"[..])));
    }
    assert_eq!(receiver.try_recv(), Ok(&b"2"[..]));
    assert_eq!(receiver.try_recv(), Ok(&b"3"[..]));
}

#[test]
fn a_task_looks_again_before_it_sleeps_and_is_not_woken_for_what_it_finds() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8));
    let (calls, waker) = waker();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(receiver.recv_async());
    assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(calls.count(), 1, "it has itself polled");
    sender.try_send(b"1").expect("room");
    assert_eq!((calls.count(), sender.wake_ups()), (1, 0));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(&b"1"[..])));
}

#[test]
fn a_sender_that_waits_for_room_is_woken_once() {
    let (mut sender, mut receiver) = channel(&Options::new(2, 8));
    let (calls, waker) = waker();
    let mut context = Context::from_waker(&waker);
    sender.try_send(b"1").expect("room");
    sender.try_send(b"2").expect("room");
    let mut future = pin!(sender.send_async(b"3"));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Pending);
    assert_eq!(receiver.try_recv(), Ok(&b"1"[..]));
    assert_eq!(receiver.try_recv(), Ok(&b"2"[..]));
    assert_eq!((calls.count(), receiver.wake_ups()), (1, 1));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    assert_eq!(receiver.try_recv(), Ok(&b"3"[..]));
}

#[test]
fn a_future_that_is_dropped_is_not_woken() {
    let (mut sender, mut receiver) = channel(&Options::new(2, 8));
    let (calls, waker) = waker();
    let mut future = Box::pin(receiver.recv_async());
    let looks = fall_asleep(future.as_mut(), &calls, &waker);
    drop(future);
    sender.try_send(b"1").expect("room");
    assert_eq!((calls.count() - looks, sender.wake_ups()), (0, 0));
    assert_eq!(receiver.try_recv(), Ok(&b"1"[..]));
}

#[test]
fn a_sender_learns_that_the_receiver_is_gone() {
    let (mut sender, receiver) = channel(&Options::new(2, 8).spill(9));
    drop(receiver);
    assert_eq!(sender.try_send(b"1"), Err(TrySendError::Disconnected(CLOSED)));
    assert_eq!(sender.send(b"2"), Err(SendError::Disconnected(CLOSED)));
    assert_eq!(sender.send(b"3"), Err(SendError::Disconnected(CLOSED)), "nothing is spilled");
    assert_eq!(sender.spilled(), 0);
}

#[test]
fn a_receiver_gets_what_was_sent_before_the_end() {
    let (mut sender, mut receiver) = channel(&Options::new(2, 8).spill(2));
    for message in [b"1", b"2", b"3", b"4"] {
        sender.try_send(message).expect("room");
    }
    assert_eq!(sender.try_send(b"5"), Err(TrySendError::Full));
    assert_eq!(receiver.lost(), 0);
    drop(sender);
    assert_eq!(receiver.recv(), Ok(&b"1"[..]));
    assert_eq!(receiver.recv(), Ok(&b"2"[..]));
    assert_eq!(receiver.recv(), Err(CLOSED));
    assert_eq!(receiver.lost(), 2);
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected(CLOSED)));
}

#[test]
fn a_message_may_be_empty_or_as_long_as_a_slot() {
    let (mut sender, mut receiver) = channel(&Options::new(2, 13));
    assert_eq!(sender.longest(), 16, "rounded up");
    let longest: Vec<u8> = (0..16).collect();
    sender.try_send(&longest).expect("room");
    sender.try_send(b"").expect("room");
    assert_eq!(receiver.recv(), Ok(&*longest));
    assert_eq!(receiver.recv(), Ok(&b""[..]));
}

#[test]
fn messages_of_one_length_arrive_whole_and_no_other_length_is_accepted() {
    for length in [1, 7, 8, 13, 24] {
        let (mut sender, mut receiver) = channel(&Options::fixed(2, length));
        assert_eq!((sender.longest(), receiver.longest()), (length, length));
        for round in 0..6 {
            let message: Vec<u8> = (0..length).map(|byte| (round + byte) as u8).collect();
            sender.try_send(&message).expect("room");
            assert_eq!(receiver.try_recv(), Ok(&*message));
        }
        let refused = SendError::WrongLength { length: length - 1, each: length };
        assert_eq!(sender.send(&vec![0; length - 1]), Err(refused));
        assert_eq!(sender.try_send_many(&[vec![0; length], vec![0; length - 1]]), Err(refused));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "none was accepted");
    }
    assert_eq!(
        SendError::WrongLength { length: 6, each: 8 }.to_string(),
        "the message has 6 bytes, and each of this ring has 8"
    );
}

#[test]
#[should_panic(expected = "there is no ring of 4 messages of 0 bytes each")]
fn messages_of_no_bytes_each_are_refused() {
    let _ = Options::fixed(4, 0);
}

#[test]
#[should_panic(expected = "a ring of 16 slots of 4294967296 bytes is too large")]
fn a_ring_that_can_not_be_is_refused() {
    let _ = Options::new(16, 1 << 32);
}
