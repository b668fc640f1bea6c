//! The models of tasks: wakers that change, futures that are dropped.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use loom::thread;

use super::super::Overflow;
use super::super::fault::Fault;
use super::super::parker::Parker;
use super::{channel, check, keep, samples};

/// A task whose waker is another one at every poll, as if it had moved.
fn changed_waker() {
    let (mut producer, mut consumer) = channel(2, Overflow::DropNewest);
    let callback = thread::spawn(move || {
        producer.push(&samples(1)).expect("room");
        producer.push(&samples(2)).expect("room");
        producer
    });
    for expected in [1, 2] {
        let mut future = keep(consumer.recv_async());
        loop {
            // The one of before wakes nobody any more.
            let parker = Arc::new(Parker::new());
            let waker = Waker::from(Arc::clone(&parker));
            match Pin::new(&mut *future).poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(block) => {
                    assert_eq!(block.expect("no end").to_vec(), samples(expected));
                    break;
                }
                Poll::Pending => {
                    // Where a producer is calling a waker, it goes on first.
                    thread::yield_now();
                    parker.park(None);
                }
            }
        }
    }
    drop(callback.join());
}

#[test]
fn a_waker_that_changes_at_every_poll_is_woken() {
    check(3, None, changed_waker);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_waker_that_is_kept_wakes_nobody() {
    check(3, Some(Fault::WakerKept), changed_waker);
}

/// A future that is dropped while it waits, against a push.
fn cancelled() {
    let (mut producer, mut consumer) = channel(2, Overflow::DropNewest);
    let callback = thread::spawn(move || {
        producer.push(&samples(1)).expect("room");
        producer
    });
    {
        let waker = Waker::noop();
        let mut future = keep(consumer.recv_async());
        if let Poll::Ready(block) = Pin::new(&mut *future).poll(&mut Context::from_waker(waker)) {
            assert_eq!(block.expect("no end").to_vec(), samples(1));
            drop(callback.join());
            return;
        }
    }
    assert_eq!(consumer.recv().expect("it was not lost").to_vec(), samples(1));
    drop(callback.join());
}

#[test]
fn a_cancelled_future_takes_nothing_and_the_next_one_is_woken() {
    check(3, None, cancelled);
}

#[test]
#[should_panic]
fn replacing_a_waker_that_is_being_called_is_a_race() {
    check(3, Some(Fault::WakerReplacedWhileWaking), cancelled);
}
