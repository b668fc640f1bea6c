//! The protocols, checked by loom in every order that two or three threads can take.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p callback_bridge --release --lib model`
//!
//! Each model has a twin that leaves out what it proves needed ([`Fault`]), and has to fail. A lost
//! wake-up shows as a deadlock, an early reuse as a concurrent access to a granule.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};

use loom::model::Builder as Model;
use loom::thread;

use super::fault::{Fault, choose};
use super::{Builder, Consumer, Overflow, Producer, WakeUps};

#[path = "model_full.rs"]
mod full;
#[path = "model_async.rs"]
mod tasks;

/// Runs `body` in every order with at most so many preemptions, with one fault or none.
fn check(preemptions: usize, fault: Option<Fault>, body: fn()) {
    choose(fault);
    let mut model = Model::new();
    model.preemption_bound = Some(preemptions);
    model.check(body);
    choose(None);
}

/// Where a model fails, loom's state is gone before what used it: then it is leaked.
struct Keep<T>(ManuallyDrop<T>);

impl<T> Deref for Keep<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Keep<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Keep<T> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: it is dropped nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

fn keep<T>(value: T) -> Keep<T> {
    Keep(ManuallyDrop::new(value))
}

type Ends = (Keep<Producer<u64>>, Keep<Consumer<u64>>);

fn channel(blocks: usize, overflow: Overflow) -> Ends {
    let (producer, consumer) = Builder::new(blocks, LENGTH).overflow(overflow).build();
    (keep(producer), keep(consumer))
}

/// So long are all blocks: 56 bytes each, so that the smallest ring (192 bytes, of which 32 are kept
/// free) holds two.
const LENGTH: usize = 6;
const FULL: u64 = 2;

fn samples(number: u64) -> [u64; LENGTH] {
    [number; LENGTH]
}

/// Takes all blocks up to the end: the items, and how many blocks were said to be lost.
fn drain(consumer: &mut Consumer<u64>) -> (Vec<u64>, u64) {
    let (mut items, mut lost) = (Vec::new(), 0);
    while let Ok(block) = consumer.recv() {
        lost += block.lost_blocks();
        assert_eq!(block.sequence(), items.len() as u64 + lost);
        assert_eq!(*block, [block[0]; LENGTH]);
        items.push(block[0]);
    }
    (items, lost)
}

/// Push against a consumer that falls asleep.
fn push_against_sleeping() {
    let (mut producer, mut consumer) = channel(2, Overflow::DropNewest);
    let callback = thread::spawn(move || {
        producer.push(&samples(1)).expect("room");
        producer.push(&samples(2)).expect("room");
        producer
    });
    assert_eq!(consumer.recv().expect("the first").to_vec(), samples(1));
    assert_eq!(consumer.recv().expect("the second").to_vec(), samples(2));
    drop(callback.join());
}

#[test]
fn a_push_wakes_a_consumer_that_falls_asleep() {
    check(3, None, push_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_consumers_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutFence), push_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_consumers_second_look_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutLook), push_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_producers_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::PublishWithoutFence), push_against_sleeping);
}

/// The end of the producer against a consumer that falls asleep.
fn end_against_sleeping() {
    let (producer, mut consumer) = channel(1, Overflow::DropNewest);
    let callback = thread::spawn(move || drop(producer));
    assert!(consumer.recv().is_err());
    callback.join().expect("no panic");
}

#[test]
fn the_end_wakes_a_consumer_that_falls_asleep() {
    check(3, None, end_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_second_look_the_end_is_missed() {
    check(3, Some(Fault::SleepWithoutLook), end_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_the_end_is_missed() {
    check(3, Some(Fault::EndWithoutWake), end_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_producers_fence_the_end_is_missed() {
    check(3, Some(Fault::EndWithoutFence), end_against_sleeping);
}

/// Two producers, each of which may wake the consumer.
fn two_producers() {
    let (mut one, mut consumer) = channel(1, Overflow::DropNewest);
    let mut two = keep(consumer.add_producer());
    let first = thread::spawn(move || one.push(&samples(1)));
    let second = thread::spawn(move || two.push(&samples(2)));
    let mut got: Vec<u64> = Vec::new();
    while let Ok(block) = consumer.recv() {
        got.push(block[0]);
    }
    got.sort_unstable();
    assert_eq!(got, [1, 2]);
    assert_eq!(first.join().expect("no panic"), Ok(()));
    assert_eq!(second.join().expect("no panic"), Ok(()));
}

#[test]
fn two_producers_wake_one_consumer() {
    check(1, None, two_producers);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_second_look_two_producers_miss_it() {
    check(1, Some(Fault::SleepWithoutLook), two_producers);
}

/// The consumer goes away in mid-push: what was pushed is delivered or counted.
fn consumer_dropped() {
    let (mut producer, mut consumer) = channel(1, Overflow::DropNewest);
    let callback = thread::spawn(move || {
        for item in 0..3 {
            let _ = producer.push(&samples(item));
        }
        producer
    });
    drop(consumer.try_recv());
    let stats = consumer.stats();
    drop(consumer);
    let mut producer = callback.join().expect("no panic");
    assert!(producer.push(&samples(3)).is_err());
    assert_eq!(stats.delivered_blocks + producer.stats().dropped_blocks, 4);
}

#[test]
fn a_consumer_that_leaves_loses_nothing_uncounted() {
    check(3, None, consumer_dropped);
}

/// The same where the producer drops what the consumer is about to leave.
fn consumer_dropped_while_the_oldest_is_dropped() {
    let (mut producer, mut consumer) = channel(1, Overflow::DropOldest);
    for item in 0..FULL {
        producer.push(&samples(item)).expect("room");
    }
    let callback = thread::spawn(move || {
        let _ = producer.push(&samples(FULL));
        producer
    });
    drop(consumer.try_recv());
    let stats = consumer.stats();
    drop(consumer);
    let mut producer = callback.join().expect("no panic");
    assert!(producer.push(&samples(FULL + 1)).is_err());
    assert_eq!(stats.delivered_blocks + producer.stats().dropped_blocks, FULL + 2);
}

#[test]
fn a_consumer_that_leaves_while_the_oldest_is_dropped_loses_nothing_uncounted() {
    check(3, None, consumer_dropped_while_the_oldest_is_dropped);
}

/// The same where each push takes the careful path, and says itself whether its block was accepted.
fn consumer_dropped_in_a_careful_push(attempt: fn(&mut Producer<u64>, u64) -> (bool, u64)) {
    let (producer, consumer) = Builder::new(2, LENGTH).wake_ups(WakeUps::From(2)).build::<u64>();
    let (mut producer, mut consumer) = (keep(producer), keep(consumer));
    let callback = thread::spawn(move || {
        let (mut accepted, mut counted) = (0, 0);
        for item in 0..2 {
            let (is_accepted, is_counted) = attempt(&mut producer, item);
            accepted += u64::from(is_accepted);
            counted += is_counted;
        }
        (producer, accepted, counted)
    });
    drop(consumer.try_recv());
    let delivered = consumer.stats().delivered_blocks;
    drop(consumer);
    let (mut producer, accepted, counted) = callback.join().expect("no panic");
    assert!(producer.push(&samples(3)).is_err());
    assert_eq!(delivered + producer.stats().dropped_blocks, counted + 1);
    assert!(delivered <= accepted, "who is told that a block was refused still has it");
}

#[test]
fn a_careful_push_against_a_consumer_that_leaves_counts_once() {
    check(3, None, || {
        consumer_dropped_in_a_careful_push(|producer, item| {
            (producer.push(&samples(item)).is_ok(), 1)
        });
    });
}

#[test]
fn a_block_that_try_push_refuses_as_the_consumer_leaves_is_not_counted() {
    check(3, None, || {
        consumer_dropped_in_a_careful_push(|producer, item| {
            let accepted = producer.try_push(&samples(item)).is_ok();
            (accepted, u64::from(accepted))
        });
    });
}

/// A batch that was waited for is never empty, though the block that was ready may be dropped.
#[test]
fn a_batch_that_was_waited_for_has_a_block() {
    check(3, None, || {
        let (mut producer, mut consumer) = channel(1, Overflow::DropOldest);
        for item in 0..FULL {
            producer.push(&samples(item)).expect("room");
        }
        drop(consumer.recv());
        // Only one is ready, and it lies where the next one has to go.
        let callback = thread::spawn(move || {
            let _ = producer.push(&samples(FULL));
            producer
        });
        assert!(!consumer.recv_batch(1).expect("the producer is there").is_empty());
        drop(callback.join());
    });
}

#[test]
#[should_panic(expected = "Causality violation")]
fn a_consumer_that_is_gone_too_early_is_not_counted() {
    check(3, Some(Fault::GoneBeforeLeft), consumer_dropped);
}

/// The producer stays, so that only the block with which the threshold is reached can wake.
fn threshold_against_sleeping() {
    let (producer, consumer) = Builder::new(2, LENGTH).wake_ups(WakeUps::From(2)).build::<u64>();
    let (mut producer, mut consumer) = (keep(producer), keep(consumer));
    let callback = thread::spawn(move || {
        producer.push(&samples(1)).expect("room");
        producer.push(&samples(2)).expect("room");
        producer
    });
    assert_eq!(consumer.recv().expect("two are enough").to_vec(), samples(1));
    drop(callback.join());
}

#[test]
fn a_block_with_which_the_threshold_is_reached_wakes() {
    check(3, None, threshold_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_that_wake_up_the_consumer_sleeps_on_full_hands() {
    check(3, Some(Fault::ThresholdWithoutWake), threshold_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_producers_fence_the_threshold_is_missed() {
    check(3, Some(Fault::PublishWithoutFence), threshold_against_sleeping);
}

#[test]
fn wake_ups_from_a_threshold_on_come_at_the_end_too() {
    check(2, None, || {
        let (producer, consumer) =
            Builder::new(2, LENGTH).wake_ups(WakeUps::From(2)).build::<u64>();
        let (mut producer, mut consumer) = (keep(producer), keep(consumer));
        let callback = thread::spawn(move || {
            for item in 0..3 {
                producer.push(&samples(item)).expect("room");
            }
        });
        assert_eq!(drain(&mut consumer), (vec![0, 1, 2], 0));
        callback.join().expect("no panic");
    });
}
