//! What the hand-off promises, one sentence at a time.

use std::sync::{Arc, Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use callback_bridge::handoff::{
    Builder, Ended, Overflow, Producer, PushError, RecvTimeoutError, TryRecvError, WakeUps, channel,
};

/// Only ever guards against a hang.
const LONG: Duration = Duration::from_secs(60);

fn fill(producer: &mut Producer<i32>) -> i32 {
    (0..).find(|n| producer.push(&[*n]).is_err()).expect("it is full at last")
}

#[test]
fn a_block_that_is_too_long_is_an_error_and_is_counted() {
    let (mut producer, mut consumer) = channel::<i16>(1, 4);
    let Err(PushError::TooLong { longest }) = producer.push(&[7; 1000]) else {
        panic!("1000 samples don't fit")
    };
    assert!((4..1000).contains(&longest));
    assert_eq!(producer.push(&vec![7; longest + 4]), Err(PushError::TooLong { longest }));
    assert_eq!(producer.push(&vec![7; longest]), Ok(()), "the longest one is taken");
    let block = consumer.recv().expect("it came");
    assert_eq!((block.len(), block.lost_blocks()), (longest, 2));
    assert_eq!(block.lost_items() as usize, 1000 + longest + 4);
}

#[test]
fn the_longest_block_is_taken_in_every_overflow_and_with_times() {
    for overflow in
        [Overflow::Wait, Overflow::DropNewest, Overflow::DropOldest, Overflow::Spill { limit: 1 }]
    {
        for times in [false, true] {
            let builder = Builder::new(3, 5).overflow(overflow).times(times);
            let (mut producer, mut consumer) = builder.build::<[u8; 3]>();
            let Err(PushError::TooLong { longest }) = producer.push(&[[0; 3]; 500]) else {
                panic!("500 don't fit")
            };
            for _ in 0..50 {
                assert_eq!(producer.push(&vec![[1; 3]; longest]), Ok(()));
                assert_eq!(consumer.recv().expect("it came").len(), longest);
            }
        }
    }
}

#[test]
fn a_dropped_consumer_makes_the_very_next_push_fail_and_what_lay_there_is_counted() {
    let (mut producer, consumer) = channel::<i16>(4, 4);
    producer.push(&[1, 2]).expect("room");
    drop(consumer);
    assert_eq!(producer.push(&[3, 4, 5]), Err(PushError::Closed));
    assert_eq!(producer.push(&[6]), Err(PushError::Closed));
    let stats = producer.stats();
    assert_eq!((stats.dropped_blocks, stats.dropped_items), (3, 6));
    assert_eq!(stats.delivered_blocks, 0);
}

#[test]
fn a_dropped_consumer_leaves_chunks_behind_and_they_are_counted() {
    let (mut producer, mut consumer) =
        Builder::new(1, 1).overflow(Overflow::Spill { limit: 1000 }).build::<i32>();
    for n in 0..500 {
        producer.push(&[n]).expect("below the limit");
    }
    for n in 0..100 {
        assert_eq!(*consumer.recv().expect("it came"), [n]);
    }
    drop(consumer);
    assert_eq!(producer.push(&[0]), Err(PushError::Closed));
    let stats = producer.stats();
    assert_eq!((stats.delivered_blocks, stats.dropped_blocks), (100, 401));
}

#[test]
fn a_dropped_producer_ends_the_channel_once_all_was_taken() {
    let (mut producer, mut consumer) = channel::<i16>(4, 4);
    producer.push(&[1]).expect("room");
    drop(producer);
    assert_eq!(*consumer.recv().expect("it was accepted"), [1]);
    assert_eq!(consumer.recv().err(), Some(Ended));
    assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Ended));
    assert_eq!(consumer.recv_timeout(LONG).err(), Some(RecvTimeoutError::Ended));
    assert_eq!(consumer.recv_batch(3).err().map(|_| ()), Some(()));
}

#[test]
fn recv_timeout_gives_up_in_time_by_clock_and_by_wake_up() {
    for wake_ups in [WakeUps::AtOnce, WakeUps::From(2), WakeUps::Clock(Duration::from_micros(50))] {
        let (mut producer, mut consumer) = Builder::new(4, 4).wake_ups(wake_ups).build::<i16>();
        let start = Instant::now();
        let timeout = Duration::from_millis(5);
        assert_eq!(consumer.recv_timeout(timeout).err(), Some(RecvTimeoutError::Timeout));
        assert!(start.elapsed() >= timeout);
        // And what is there already comes at once, threshold or not.
        producer.push(&[1]).expect("room");
        assert_eq!(*consumer.recv_timeout(Duration::ZERO).expect("it is there"), [1]);
    }
}

#[test]
fn dropping_the_oldest_keeps_the_newest_and_spares_what_is_held() {
    let (mut producer, mut consumer) =
        Builder::new(4, 1).overflow(Overflow::DropOldest).build::<i32>();
    producer.push(&[0]).expect("room");
    let held = consumer.recv().expect("it came");
    for n in 1..1000 {
        assert_eq!(producer.push(&[n]), Ok(()), "it goes around what is held");
    }
    assert_eq!(*held, [0]);
    drop(held);
    let block = consumer.recv().expect("one of the newest");
    let first = block[0];
    assert!(first > 990, "{first}");
    assert_eq!((block.sequence(), block.lost_blocks()), (first as u64, first as u64 - 1));
    drop(block);
    for n in first + 1..1000 {
        let block = consumer.recv().expect("the rest");
        assert_eq!((&*block, block.lost_blocks()), (&[n][..], 0));
    }
    assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Empty));
}

#[test]
fn where_held_blocks_leave_no_room_the_newest_is_dropped() {
    let (mut producer, mut consumer) =
        Builder::new(4, 1).overflow(Overflow::DropOldest).build::<i32>();
    let mut batch = consumer.batch(0);
    let mut held = 0;
    while producer.push(&[held]).is_ok() {
        assert_eq!(batch.take(1), 1);
        held += 1;
    }
    assert!(held >= 4);
    assert_eq!(producer.push(&[-1]), Err(PushError::Full));
    let items: Vec<i32> = batch.iter().map(|block| block[0]).collect();
    assert_eq!(items, (0..held).collect::<Vec<_>>(), "what is held stays as it is");
    drop(batch);
    assert_eq!(producer.push(&[-2]), Ok(()));
    let block = consumer.recv().expect("it came");
    assert_eq!((&*block, block.lost_blocks()), (&[-2][..], 2));
}

#[test]
fn spilling_keeps_order_up_to_the_limit_and_comes_back() {
    let (mut producer, mut consumer) =
        Builder::new(2, 1).overflow(Overflow::Spill { limit: 10 }).build::<i32>();
    for _ in 0..20 {
        let pushed = fill(&mut producer);
        for n in 0..pushed {
            assert_eq!(*consumer.recv().expect("in order"), [n]);
        }
        assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Empty));
    }
    let stats = consumer.stats();
    assert_eq!((stats.spilled_blocks, stats.dropped_blocks), (200, 20));
}

#[test]
fn a_leaked_block_holds_its_space_until_the_next_call() {
    let (mut producer, mut consumer) = channel::<i32>(1, 1);
    let full = fill(&mut producer);
    for n in 0..full {
        let leaked = std::mem::ManuallyDrop::new(consumer.recv().expect("it is full"));
        assert_eq!(leaked[0], n);
        if n == 0 {
            assert_eq!(producer.push(&[0]), Err(PushError::Full), "it holds its space");
        }
    }
    assert_eq!(consumer.try_recv().err(), Some(TryRecvError::Empty));
    assert_eq!(producer.push(&[-1]), Ok(()), "all of it is free");
}

#[test]
fn closing_releases_a_push_that_waits_for_room() {
    let (mut producer, mut consumer) = Builder::new(1, 1).overflow(Overflow::Wait).build::<i32>();
    let (pushed, pushes) = mpsc::channel();
    let callback = thread::spawn(move || {
        loop {
            if let Err(error) = producer.push(&[1]) {
                return (error, producer);
            }
            pushed.send(()).expect("the test counts");
        }
    });
    // So many fit; the next one waits, or is about to.
    for _ in 0..2 {
        pushes.recv_timeout(LONG).expect("room");
    }
    consumer.close();
    let (error, producer) = callback.join().expect("no panic");
    assert_eq!(error, PushError::Closed);
    let accepted = 2 + pushes.try_iter().count();
    let taken = std::iter::from_fn(|| consumer.try_recv().ok().map(|_| ())).count();
    assert_eq!(taken, accepted, "what was accepted can still be taken");
    assert_eq!(producer.stats().dropped_blocks, 1);
}

#[test]
fn dropping_the_consumer_releases_a_push_that_waits_for_room() {
    let (mut producer, consumer) = Builder::new(1, 1).overflow(Overflow::Wait).build::<i32>();
    let barrier = Arc::new(Barrier::new(2));
    let there = Arc::clone(&barrier);
    let callback = thread::spawn(move || {
        there.wait();
        let accepted = fill(&mut producer) as u64;
        (accepted, producer.stats())
    });
    barrier.wait();
    drop(consumer);
    let (accepted, stats) = callback.join().expect("no panic");
    assert_eq!(stats.dropped_blocks, accepted + 1);
}

#[test]
fn waiting_loses_nothing() {
    for portable in [false, true] {
        let (mut producer, mut consumer) =
            Builder::new(1, 3).overflow(Overflow::Wait).portable_fence(portable).build::<i32>();
        let callback = thread::spawn(move || {
            for n in 0..20_000 {
                producer.push(&[n, n + 1, n + 2]).expect("it waits");
            }
        });
        for n in 0..20_000 {
            assert_eq!(*consumer.recv().expect("in order"), [n, n + 1, n + 2]);
        }
        assert_eq!(consumer.recv().err(), Some(Ended));
        callback.join().expect("no panic");
        assert_eq!(consumer.stats().dropped_blocks, 0);
    }
}

#[test]
fn each_of_several_producers_keeps_its_order() {
    let (first, mut consumer) = Builder::new(4, 1).overflow(Overflow::Wait).build::<i32>();
    let mut producers = vec![first];
    producers.extend((1..16).map(|_| consumer.add_producer()));
    let callbacks: Vec<_> = producers
        .into_iter()
        .map(|mut producer| {
            thread::spawn(move || {
                for n in 0..500 {
                    producer.push(&[n]).expect("it waits");
                }
            })
        })
        .collect();
    let mut next = [0; 16];
    while let Ok(block) = consumer.recv() {
        assert_eq!(*block, [next[block.producer()]]);
        next[block.producer()] += 1;
    }
    assert_eq!(next, [500; 16]);
    for callback in callbacks {
        callback.join().expect("no panic");
    }
    let before = consumer.stats();
    assert_eq!(before.delivered_blocks, 16 * 500);
    let mut late = consumer.add_producer();
    late.push(&[7]).expect("room");
    let block = consumer.recv().expect("it came");
    assert_eq!((&*block, block.producer()), (&[7][..], 16));
    drop(block);
    assert_eq!(consumer.stats().delivered_blocks, before.delivered_blocks + 1);
}

#[test]
fn a_block_knows_when_it_was_pushed() {
    let (mut producer, mut consumer) = Builder::new(4, 1).times(true).build::<i32>();
    let before = Instant::now();
    producer.push(&[1]).expect("room");
    let after = Instant::now();
    let time = consumer.recv().expect("it came").time().expect("asked for");
    assert!(before <= time && time <= after);
    let (mut producer, mut consumer) = channel::<i32>(4, 1);
    producer.push(&[1]).expect("room");
    assert_eq!(consumer.recv().expect("it came").time(), None);
}
