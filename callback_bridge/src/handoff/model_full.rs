//! The models of a full ring: waiting for room, dropping the oldest, spilling.

use loom::thread;

use super::super::fault::Fault;
use super::super::{Builder, Overflow};
use super::{FULL, LENGTH, channel, check, drain, keep, samples};

/// A full ring against a consumer that drains it.
fn full_against_draining() {
    let (mut producer, mut consumer) = channel(1, Overflow::Wait);
    for item in 0..FULL {
        producer.push(&samples(item)).expect("room");
    }
    let callback = thread::spawn(move || producer.push(&samples(FULL)).expect("it waits"));
    assert_eq!(drain(&mut consumer), ((0..=FULL).collect(), 0));
    callback.join().expect("no panic");
}

#[test]
fn a_producer_that_waits_for_room_gets_it() {
    check(2, None, full_against_draining);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_producers_second_look_it_waits_for_ever() {
    check(2, Some(Fault::WaitWithoutLook), full_against_draining);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_waiting_producer_waits_for_ever() {
    check(2, Some(Fault::WaitWithoutFence), full_against_draining);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_of_a_release_the_producer_waits_for_ever() {
    check(2, Some(Fault::ReleaseWithoutFence), full_against_draining);
}

/// A push that waits for room against a consumer that takes all that is ready and then gives it
/// back at once.
///
/// A short block comes last: it fits where the first one was, as soon as that is given back.
fn full_against_draining_at_once() {
    let (mut producer, mut consumer) = channel(1, Overflow::Wait);
    producer.push(&samples(0)).expect("room");
    let mut filled = 1;
    while producer.try_push(&[filled]).is_ok() {
        filled += 1;
    }
    let callback = thread::spawn(move || producer.push(&[filled]).expect("it waits"));
    let mut got = Vec::new();
    consumer.drain(usize::MAX, |block| got.push(block[0]));
    while let Ok(block) = consumer.recv() {
        got.push(block[0]);
    }
    assert_eq!(got, (0..=filled).collect::<Vec<_>>());
    callback.join().expect("no panic");
}

#[test]
fn a_drain_makes_room_for_a_producer_that_waits() {
    check(2, None, full_against_draining_at_once);
}

#[test]
#[should_panic(expected = "Causality violation")]
fn giving_back_what_is_still_read_is_a_race() {
    check(2, Some(Fault::DrainGivesBackFirst), full_against_draining_at_once);
}

/// A push that waits for room against a consumer that closes.
fn waiting_against_close() {
    let (mut producer, mut consumer) = channel(1, Overflow::Wait);
    let callback = thread::spawn(move || while producer.push(&samples(1)).is_ok() {});
    consumer.close();
    callback.join().expect("no panic");
    drop(consumer);
}

#[test]
fn closing_releases_a_push_that_waits() {
    check(2, None, waiting_against_close);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_a_push_waits_though_it_is_closed() {
    check(2, Some(Fault::CloseWithoutWake), waiting_against_close);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_second_look_a_push_waits_though_it_is_closed() {
    check(2, Some(Fault::WaitWithoutLook), waiting_against_close);
}

/// A push that waits for room against a consumer that goes away, without closing first.
fn waiting_against_leaving() {
    let (mut producer, consumer) = channel(1, Overflow::Wait);
    let callback = thread::spawn(move || while producer.push(&samples(1)).is_ok() {});
    drop(consumer);
    callback.join().expect("no panic");
}

#[test]
fn leaving_releases_a_push_that_waits() {
    check(2, None, waiting_against_leaving);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_a_push_waits_though_nobody_is_there() {
    check(2, Some(Fault::CloseWithoutWake), waiting_against_leaving);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_consumers_fence_a_push_waits_though_nobody_is_there() {
    check(2, Some(Fault::ReleaseWithoutFence), waiting_against_leaving);
}

/// The producer drops the oldest block while the consumer takes and reads it.
fn drop_oldest_against_reading() {
    let (mut producer, mut consumer) = channel(1, Overflow::DropOldest);
    for item in 0..FULL {
        producer.push(&samples(item)).expect("room");
    }
    let callback = thread::spawn(move || {
        for item in FULL..FULL + 2 {
            // Refused where the consumer is in the act of taking.
            let _ = producer.push(&samples(item));
        }
        producer
    });
    let mut items = Vec::new();
    let mut lost = 0;
    for _ in 0..2 {
        if let Ok(block) = consumer.try_recv() {
            lost += block.lost_blocks();
            assert_eq!(block.sequence(), items.len() as u64 + lost);
            items.push(block[0]);
            assert_eq!(*block, samples(block[0]));
        }
    }
    // By then nothing is contended any more.
    let mut producer = callback.join().expect("no panic");
    producer.push(&samples(FULL + 2)).expect("it drops others");
    drop(producer);
    while let Ok(block) = consumer.try_recv() {
        lost += block.lost_blocks();
        items.push(block[0]);
        assert_eq!(block.sequence(), block[0]);
    }
    assert!(items.is_sorted(), "{items:?}");
    assert_eq!(items.last(), Some(&(FULL + 2)));
    assert_eq!(items.len() as u64 + lost, FULL + 3, "each block came or was told as lost");
    assert_eq!(consumer.stats().dropped_blocks, lost);
}

#[test]
fn dropping_the_oldest_never_touches_what_is_read() {
    check(2, None, drop_oldest_against_reading);
}

#[test]
#[should_panic]
fn dropping_without_asking_overwrites_what_is_read() {
    check(2, Some(Fault::DropWithoutAsking), drop_oldest_against_reading);
}

#[test]
#[should_panic]
fn dropping_while_a_block_is_held_has_to_go_around_it() {
    check(2, Some(Fault::DropForgetsHeld), drop_oldest_against_reading);
}

/// Blocks go into a chunk and back into the ring while the consumer reads.
fn spill_order() {
    let (mut producer, mut consumer) = channel(1, Overflow::Spill { limit: 64 });
    for item in 0..=FULL {
        producer.push(&samples(item)).expect("the last one spills");
    }
    assert_eq!(producer.stats().spilled_blocks, 1);
    let callback = thread::spawn(move || {
        for item in FULL + 1..FULL + 3 {
            producer.push(&samples(item)).expect("below the limit");
        }
    });
    assert_eq!(drain(&mut consumer), ((0..FULL + 3).collect(), 0));
    callback.join().expect("no panic");
}

#[test]
fn spilled_blocks_keep_their_order() {
    check(2, None, spill_order);
}

#[test]
#[should_panic]
fn going_back_to_the_ring_early_overwrites_what_is_read() {
    check(2, Some(Fault::SpillBackEarly), spill_order);
}
