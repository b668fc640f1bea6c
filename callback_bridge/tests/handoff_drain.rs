//! Taking all that is ready at once.

use std::panic::{AssertUnwindSafe, catch_unwind};

use callback_bridge::handoff::{Builder, Overflow, channel};

#[test]
fn drain_stops_at_what_was_ready_when_it_began() {
    let (mut producer, mut consumer) = channel::<u32>(8, 1);
    producer.push(&[0]).expect("room");
    let drained = consumer.drain(usize::MAX, |block| {
        producer.push(&[block[0] + 1]).expect("room");
    });
    assert_eq!(drained, 1);
    assert_eq!(consumer.drain(usize::MAX, |block| assert_eq!(*block, [1])), 1);
}

#[test]
fn a_drain_that_panics_gives_its_blocks_back() {
    let (mut producer, mut consumer) =
        Builder::new(2, 8).overflow(Overflow::Spill { limit: 64 }).build::<u8>();
    for _ in 0..3 {
        for n in 0..10 {
            producer.push(&[n; 8]).expect("it spills");
        }
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            consumer.drain(usize::MAX, |block| assert!(block[0] < 5));
        }));
        assert!(panicked.is_err());
        // Those up to the one that panicked are gone; all their room and their chunks are back.
        let mut next = 6;
        while let Ok(block) = consumer.try_recv() {
            assert_eq!(*block, [next; 8]);
            next += 1;
        }
        assert_eq!(next, 10);
    }
}

#[test]
fn drain_begins_with_another_producer_each_time() {
    let (mut first, mut consumer) = channel::<u8>(8, 1);
    let mut second = consumer.add_producer();
    let mut seen = Vec::new();
    for _ in 0..2 {
        for n in 0..3 {
            first.push(&[n]).expect("room");
            second.push(&[n + 10]).expect("room");
        }
        assert_eq!(consumer.drain(4, |block| seen.push(block[0])), 4);
    }
    assert_eq!(seen, [0, 1, 2, 10, 11, 12, 10, 11]);
}
