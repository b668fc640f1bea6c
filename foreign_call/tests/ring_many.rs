//! Many messages at once: what is accepted, when slots are free again, who is woken how often.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use foreign_call::ring::{
    Disconnected, Options, Receiver, SendError, TryRecvError, TrySendError, channel,
};

const CLOSED: Disconnected = Disconnected::Closed;

fn numbers(numbers: std::ops::Range<u64>) -> Vec<[u8; 8]> {
    numbers.map(u64::to_ne_bytes).collect()
}

fn number(message: &[u8]) -> u64 {
    u64::from_ne_bytes(message.try_into().expect("8 bytes"))
}

/// All that is there, at most so many.
fn take(receiver: &mut Receiver, most: usize) -> Result<Vec<u64>, TryRecvError> {
    let mut taken = Vec::new();
    let count = receiver.try_recv_many(most, |message| taken.push(number(message)))?;
    assert_eq!(count, taken.len());
    Ok(taken)
}

#[test]
fn as_many_are_accepted_as_there_is_room_for() {
    let (mut sender, mut receiver) = channel(&Options::new(4, 8).spill(1));
    assert_eq!(sender.try_send_many(&numbers(0..0)), Ok(0));
    assert_eq!(sender.try_send_many(&numbers(0..3)), Ok(3));
    assert_eq!(sender.try_send_many(&numbers(3..9)), Ok(2), "one into the ring, one is spilled");
    assert_eq!(sender.try_send_many(&numbers(5..9)), Ok(0));
    assert_eq!((take(&mut receiver, 1), sender.spilled()), (Ok(vec![0]), 1));
    assert_eq!(sender.try_send_many(&numbers(5..9)), Ok(1), "what was spilled comes first");
    assert_eq!(take(&mut receiver, 9), Ok(vec![1, 2]), "at most half of the ring");
    assert_eq!(take(&mut receiver, 9), Ok(vec![3]), "what the last look found");
    assert_eq!(take(&mut receiver, 9), Ok(vec![4]));
    assert_eq!(take(&mut receiver, 9), Err(TryRecvError::Empty));
    assert_eq!(sender.try_flush(), Ok(true));
    assert_eq!(take(&mut receiver, 9), Ok(vec![5]));
}

#[test]
fn none_is_accepted_if_one_is_too_long() {
    let (mut sender, mut receiver) = channel(&Options::new(4, 8));
    let messages: [&[u8]; 3] = [b"1", b"nine bytes", b"3"];
    let too_long = SendError::TooLong { longest: 8 };
    assert_eq!(sender.try_send_many(&messages), Err(too_long));
    assert_eq!(sender.send_many(&messages), Err(too_long));
    assert_eq!(take(&mut receiver, 9), Err(TryRecvError::Empty));
}

#[test]
fn the_slots_are_free_when_all_were_shown() {
    let (mut sender, mut receiver) = channel(&Options::new(4, 8));
    assert_eq!(sender.try_send_many(&numbers(0..4)), Ok(4));
    let mut seen = Vec::new();
    receiver
        .try_recv_many(9, |message| {
            assert_eq!(sender.try_send(message), Err(TrySendError::Full));
            seen.push(number(message));
        })
        .expect("messages");
    assert_eq!(seen, [0, 1]);
    assert_eq!(sender.try_send_many(&numbers(4..9)), Ok(2));
}

#[test]
fn what_was_shown_is_taken_also_if_that_panics() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8));
    assert_eq!(sender.try_send_many(&numbers(0..8)), Ok(8));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        receiver.try_recv_many(9, |message| assert!(number(message) < 2, "number 2"))
    }));
    assert_eq!(panic.expect_err("it panics").downcast_ref(), Some(&"number 2"));
    assert_eq!(sender.try_send_many(&numbers(8..16)), Ok(3), "three were taken");
    assert_eq!(take(&mut receiver, 2), Ok(vec![3, 4]));
}

#[test]
fn a_sleeping_receiver_is_woken_once_for_all_and_a_sleeping_sender_too() {
    let (mut sender, mut receiver) = channel(&Options::new(4, 8));
    let mut context = Context::from_waker(Waker::noop());
    let mut taken = Vec::new();
    {
        let mut future = pin!(receiver.recv_many_async(9, |message| taken.push(number(message))));
        // It looks for a while, in a few polls.
        for _ in 0..20 {
            assert!(future.as_mut().poll(&mut context).is_pending());
        }
        assert_eq!((sender.try_send_many(&numbers(0..4)), sender.wake_ups()), (Ok(4), 1));
        assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(2)));
    }
    assert_eq!(taken, [0, 1]);
    assert_eq!(sender.try_send_many(&numbers(4..6)), Ok(2));
    let more = numbers(6..9);
    let mut future = pin!(sender.send_many_async(&more));
    assert!(future.as_mut().poll(&mut context).is_pending());
    assert_eq!((take(&mut receiver, 9), receiver.wake_ups()), (Ok(vec![2, 3]), 1));
    assert!(future.as_mut().poll(&mut context).is_pending(), "there is room for two of three");
    assert_eq!((take(&mut receiver, 9), receiver.wake_ups()), (Ok(vec![4, 5]), 2));
    assert_eq!(future.as_mut().poll(&mut context), Poll::Ready(Ok(())));
    assert_eq!(take(&mut receiver, 9), Ok(vec![6, 7]));
    assert_eq!(take(&mut receiver, 9), Ok(vec![8]));
}

#[test]
fn every_number_arrives_once_and_in_order_between_threads() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8).spill(2));
    let sending = thread::spawn(move || {
        let mut next = 0;
        for count in (0..20).cycle().take(4_000) {
            sender.send_many(&numbers(next..next + count)).expect("the receiver is there");
            next += count;
        }
        sender.flush().expect("the receiver is there");
        next
    });
    let mut next = 0;
    let end = loop {
        let taken = receiver.recv_many(3, |message| {
            assert_eq!(number(message), next);
            next += 1;
        });
        if let Err(end) = taken {
            break end;
        }
    };
    assert_eq!((end, receiver.lost()), (CLOSED, 0));
    assert_eq!(sending.join().expect("no panic"), next);
}

#[test]
fn every_number_arrives_once_and_in_order_between_tasks() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(async {
        let (mut sender, mut receiver) = channel(&Options::new(8, 8));
        let sending = tokio::spawn(async move {
            for start in (0..20_000).step_by(20) {
                let messages = numbers(start..start + 20);
                sender.send_many_async(&messages).await.expect("the receiver is there");
            }
        });
        let mut next = 0;
        while receiver
            .recv_many_async(usize::MAX, |message| {
                assert_eq!(number(message), next);
                next += 1;
            })
            .await
            .is_ok()
        {}
        assert_eq!(next, 20_000);
        sending.await.expect("no panic");
    });
}

#[test]
fn who_sends_many_learns_that_the_receiver_is_gone() {
    let (mut sender, receiver) = channel(&Options::new(2, 8).spill(9));
    drop(receiver);
    let gone = SendError::Disconnected(CLOSED);
    assert_eq!(sender.try_send_many(&numbers(0..1)), Err(gone));
    assert_eq!(sender.send_many(&numbers(0..3)), Err(gone));
    assert_eq!(sender.spilled(), 0, "nothing is spilled for nobody");
}
