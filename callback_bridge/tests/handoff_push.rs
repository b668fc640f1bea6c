//! The producer's side: what is accepted, what is refused, and a ring of its own.

use callback_bridge::handoff::{Builder, Overflow, PushError, channel};

#[test]
fn blocks_without_size_have_a_longest_length_too() {
    let (mut producer, mut consumer) = channel::<()>(4, 4);
    let longest = u32::MAX as usize;
    assert_eq!(producer.push(&vec![(); longest]), Ok(()));
    for too_long in [longest + 1, 1 << 61, 5 << 61, usize::MAX] {
        assert_eq!(producer.push(&vec![(); too_long]), Err(PushError::TooLong { longest }));
        assert_eq!(producer.try_push(&vec![(); too_long]), Err(PushError::TooLong { longest }));
        let parts = [&vec![(); too_long][..], &[(); usize::MAX]];
        assert_eq!(producer.push_parts(&parts), Err(PushError::TooLong { longest }));
    }
    assert_eq!(producer.push(&[()]), Ok(()));
    assert_eq!(consumer.recv().expect("pushed").len(), longest);
    let block = consumer.recv().expect("pushed");
    assert_eq!((block.len(), block.lost_blocks(), block.lost_items()), (1, 8, u64::MAX));
}

#[test]
fn what_try_push_refuses_was_never_offered() {
    for overflow in [Overflow::Wait, Overflow::DropNewest, Overflow::DropOldest] {
        let (mut producer, mut consumer) = Builder::new(2, 8).overflow(overflow).build::<u8>();
        let mut accepted = 0;
        while producer.try_push(&[accepted; 8]) == Ok(()) {
            accepted += 1;
        }
        let mut next = 0;
        consumer.drain(usize::MAX, |block| {
            assert_eq!((&*block, block.sequence()), (&[next; 8][..], u64::from(next)));
            next += 1;
        });
        assert_eq!(next, accepted, "{overflow:?}");
        assert_eq!(producer.stats().dropped_blocks, 0);
        drop(consumer);
        assert_eq!(producer.try_push(&[0]), Err(PushError::Closed));
        assert_eq!(producer.stats().dropped_blocks, 0);
    }
}

#[test]
fn what_try_push_refuses_is_not_counted_among_what_a_dropped_consumer_leaves() {
    let (mut producer, consumer) = channel::<u8>(8, 8);
    producer.try_push(&[1; 3]).expect("room");
    drop(consumer);
    assert_eq!(producer.try_push(&[2; 5]), Err(PushError::Closed));
    let stats = producer.stats();
    assert_eq!((stats.dropped_blocks, stats.dropped_items), (1, 3));
    assert_eq!(producer.push(&[3; 7]), Err(PushError::Closed));
    let stats = producer.stats();
    assert_eq!((stats.dropped_blocks, stats.dropped_items), (2, 10));
}

#[test]
fn the_losses_of_two_producers_may_be_more_than_a_number_holds() {
    let (mut first, mut consumer) = channel::<()>(4, 4);
    let mut second = consumer.add_producer();
    for producer in [&mut first, &mut second] {
        assert!(producer.push(&[(); usize::MAX]).is_err());
    }
    let stats = consumer.stats();
    assert_eq!((stats.dropped_blocks, stats.dropped_items), (2, u64::MAX));
}

#[test]
fn a_producer_may_have_a_ring_of_its_own() {
    let (mut wide, mut consumer) = Builder::new(8, 64).times(true).build::<u8>();
    let mut narrow = consumer.add_producer_like(Builder::new(1, 4).overflow(Overflow::DropOldest));
    assert!(matches!(narrow.push(&[0; 64]), Err(PushError::TooLong { .. })));
    for n in 0..20 {
        narrow.push(&[n; 4]).expect("the oldest goes");
        wide.push(&[n; 64]).ok();
    }
    let stats = |n| consumer.stats_of(n).expect("both live");
    assert!(stats(1).dropped_blocks > 10 && stats(1).capacity < stats(0).capacity);
    assert_eq!(consumer.stats_of(2), None);
    assert!(consumer.recv().expect("pushed").time().is_some());
    let mut last = 0;
    consumer.drain(usize::MAX, |block| last = last.max(block[0] * u8::from(block.producer() == 1)));
    assert_eq!(last, 19);
}

#[test]
fn the_items_of_large_blocks_begin_at_a_cache_line() {
    for times in [false, true] {
        let (mut producer, mut consumer) = Builder::new(4, 300).times(times).build::<i32>();
        for lap in 0..20 {
            producer.push(&[lap; 300]).expect("room");
            producer.push(&[lap; 260]).expect("room");
            let lines = |at: *const i32| at.addr() % 64;
            let drained = consumer.drain(usize::MAX, |block| assert_eq!(lines(block.as_ptr()), 0));
            assert_eq!(drained, 2);
        }
    }
}

#[test]
#[should_panic(expected = "a ring that fits into memory")]
fn blocks_longer_than_memory_are_no_small_ring() {
    drop(Builder::new(1, usize::MAX / 2 + 1).build::<u32>());
}

#[test]
#[should_panic(expected = "a ring that fits into memory")]
fn more_blocks_than_memory_are_no_small_ring() {
    drop(Builder::new(usize::MAX / 8, 64).build::<u32>());
}

#[test]
fn empty_blocks_spill_up_to_the_limit_too() {
    let spill = Overflow::Spill { limit: 4 };
    let (mut producer, mut consumer) = Builder::new(1, 1).overflow(spill).build::<u8>();
    for _ in 0..3 {
        let accepted = (0..1000).find(|_| producer.push(&[]).is_err()).expect("it is full at last");
        assert_eq!(producer.stats().spilled_blocks % 4, 0);
        assert_eq!(consumer.drain(usize::MAX, |block| assert!(block.is_empty())), accepted);
    }
    assert_eq!((producer.stats().spilled_blocks, producer.stats().spilled_items), (12, 0));
}
