//! The ring against a model that is too simple to be wrong: a queue of vectors and sums of losses.

use std::collections::VecDeque;

use callback_bridge::handoff::{Builder, Consumer, Overflow, Producer, PushError, WakeUps};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Push(usize),
    /// In so many parts.
    PushParts(usize, usize),
    TryPush(usize),
    Take,
    Drain(usize),
    /// Takes so many, gives some of them back out of order, and leaks the rest or not.
    Batch {
        most: usize,
        release: Vec<usize>,
        leak: bool,
    },
    Leak,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0usize..12).prop_map(Step::Push),
        1 => (0usize..12, 0usize..4).prop_map(|(items, parts)| Step::PushParts(items, parts)),
        1 => (0usize..12).prop_map(Step::TryPush),
        3 => Just(Step::Take),
        1 => (0usize..9).prop_map(Step::Drain),
        1 => (0usize..5, vec(0usize..4, 0..4), any::<bool>())
            .prop_map(|(most, release, leak)| Step::Batch { most, release, leak }),
        1 => Just(Step::Leak),
    ];
    vec(step, 0..200)
}

/// What went in, and what may still come out.
struct Expected<T> {
    next_item: u32,
    pushed: u64,
    refused: (u64, u64),
    waiting: VecDeque<(u64, Vec<T>)>,
    next_sequence: u64,
    delivered: (u64, u64),
    skipped: (u64, u64),
}

/// An item that can be told from the one before.
trait Item: Copy + Send + PartialEq + std::fmt::Debug + 'static {
    fn number(n: u32) -> Self;
}

impl Item for u8 {
    fn number(n: u32) -> u8 {
        n as u8
    }
}

impl Item for i16 {
    fn number(n: u32) -> i16 {
        n as i16
    }
}

impl Item for [u32; 3] {
    fn number(n: u32) -> [u32; 3] {
        [n, !n, n * 7]
    }
}

/// More aligned than a word.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(align(32))]
struct Wide(u32);

impl Item for Wide {
    fn number(n: u32) -> Wide {
        Wide(n)
    }
}

impl Item for () {
    fn number(_: u32) {}
}

impl<T: Item> Expected<T> {
    fn new() -> Expected<T> {
        Expected {
            next_item: 0,
            pushed: 0,
            refused: (0, 0),
            waiting: VecDeque::new(),
            next_sequence: 0,
            delivered: (0, 0),
            skipped: (0, 0),
        }
    }

    fn block(&self, items: usize) -> Vec<T> {
        (0..items as u32).map(|n| T::number(self.next_item + n)).collect()
    }

    fn push(&mut self, producer: &mut Producer<T>, items: usize) {
        let block = self.block(items);
        let pushed = producer.push(&block);
        self.pushed(block, pushed);
    }

    fn push_parts(&mut self, producer: &mut Producer<T>, items: usize, parts: usize) {
        let block = self.block(items);
        let parts: Vec<&[T]> = block.chunks((items / (parts + 1)).max(1)).collect();
        let pushed = producer.push_parts(&parts);
        self.pushed(block, pushed);
    }

    /// What is not accepted was never offered.
    fn try_push(&mut self, producer: &mut Producer<T>, items: usize) {
        let (block, before) = (self.block(items), producer.stats());
        match producer.try_push(&block) {
            Ok(()) => self.pushed(block, Ok(())),
            Err(error) => {
                assert_eq!(error, PushError::Full);
                let after = producer.stats();
                assert_eq!(before.dropped_blocks, after.dropped_blocks);
                assert_eq!(before.spilled_blocks, after.spilled_blocks);
            }
        }
    }

    fn pushed(&mut self, block: Vec<T>, pushed: Result<(), PushError>) {
        let items = block.len();
        self.next_item += items as u32;
        match pushed {
            Ok(()) => self.waiting.push_back((self.pushed, block)),
            Err(error) => {
                assert_eq!(error, PushError::Full);
                self.refused = (self.refused.0 + 1, self.refused.1 + items as u64);
            }
        }
        self.pushed += 1;
    }

    /// A block came out: the next one that waits, after those that were dropped as the oldest.
    fn taken(&mut self, block: &[T], sequence: u64, lost: (u64, u64), oldest_may_go: bool) {
        assert_eq!(sequence, self.next_sequence + lost.0, "each sequence number is told or lost");
        self.next_sequence = sequence + 1;
        while self.waiting.front().is_some_and(|(waiting, _)| *waiting < sequence) {
            assert!(oldest_may_go, "only DropOldest drops what it accepted");
            self.waiting.pop_front();
        }
        let (expected, items) = self.waiting.pop_front().expect("something waits");
        assert_eq!((sequence, block), (expected, &items[..]));
        self.delivered = (self.delivered.0 + 1, self.delivered.1 + block.len() as u64);
        self.skipped = (self.skipped.0 + lost.0, self.skipped.1 + lost.1);
    }
}

fn run<T: Item>(
    builder: Builder,
    overflow: Overflow,
    steps: &[Step],
) -> (Producer<T>, Consumer<T>, Expected<T>) {
    let oldest = overflow == Overflow::DropOldest;
    let (mut producer, mut consumer) = builder.overflow(overflow).build::<T>();
    let mut expected = Expected::new();
    for step in steps {
        match step {
            Step::Push(items) => expected.push(&mut producer, *items),
            Step::PushParts(items, parts) => {
                expected.push_parts(&mut producer, *items, *parts);
            }
            Step::TryPush(items) => expected.try_push(&mut producer, *items),
            Step::Drain(most) => {
                let mut seen = 0;
                let drained = consumer.drain(*most, |block| {
                    let lost = (block.lost_blocks(), block.lost_items());
                    expected.taken(&block, block.sequence(), lost, oldest);
                    // What is pushed meanwhile leaves alone what is held.
                    expected.push(&mut producer, 2);
                    seen += 1;
                });
                assert_eq!(drained, seen);
                assert!(drained <= *most);
            }
            Step::Take => {
                if let Ok(block) = consumer.try_recv() {
                    let lost = (block.lost_blocks(), block.lost_items());
                    expected.taken(&block, block.sequence(), lost, oldest);
                }
            }
            Step::Leak => {
                if let Ok(block) = consumer.try_recv() {
                    let lost = (block.lost_blocks(), block.lost_items());
                    expected.taken(&block, block.sequence(), lost, oldest);
                    let _leaked = std::mem::ManuallyDrop::new(block);
                }
            }
            Step::Batch { most, release, leak } => {
                let mut batch = consumer.batch(*most);
                let mut held = Vec::new();
                for block in batch.iter() {
                    let lost = (block.lost_blocks(), block.lost_items());
                    expected.taken(&block, block.sequence(), lost, oldest);
                    held.push(block.to_vec());
                }
                for &index in release {
                    assert_eq!(batch.release(index), index < held.len());
                    if index < held.len() {
                        held.remove(index);
                    }
                    // What is pushed meanwhile leaves alone what is held.
                    expected.push(&mut producer, 3);
                    let still: Vec<_> = batch.iter().map(|block| block.to_vec()).collect();
                    assert_eq!(still, held);
                }
                if *leak {
                    let _leaked = std::mem::ManuallyDrop::new(batch);
                }
            }
        }
    }
    (producer, consumer, expected)
}

/// After the steps: all that waits comes out, and every number adds up.
fn finish<T: Item>(ends: (Producer<T>, Consumer<T>, Expected<T>), oldest: bool) {
    let (producer, mut consumer, mut expected) = ends;
    while let Ok(block) = consumer.try_recv() {
        let lost = (block.lost_blocks(), block.lost_items());
        expected.taken(&block, block.sequence(), lost, oldest);
    }
    assert!(expected.waiting.is_empty(), "{:?}", expected.waiting);
    let stats = producer.stats();
    assert_eq!((stats.delivered_blocks, stats.delivered_items), expected.delivered);
    assert_eq!(stats.delivered_blocks + stats.dropped_blocks, expected.pushed);
    let items = u64::from(expected.next_item);
    assert_eq!(stats.delivered_items + stats.dropped_items, items);
    assert!(expected.skipped.0 <= stats.dropped_blocks);
    if !oldest {
        assert_eq!((stats.dropped_blocks, stats.dropped_items), expected.refused);
    }
    assert!(stats.high_water <= stats.capacity);
    assert_eq!(consumer.stats(), stats);
}

fn every_item(builder: &Builder, overflow: Overflow, steps: &[Step]) {
    let oldest = overflow == Overflow::DropOldest;
    finish(run::<u8>(builder.clone(), overflow, steps), oldest);
    finish(run::<i16>(builder.clone(), overflow, steps), oldest);
    finish(run::<[u32; 3]>(builder.clone(), overflow, steps), oldest);
    finish(run::<Wide>(builder.clone(), overflow, steps), oldest);
    finish(run::<()>(builder.clone(), overflow, steps), oldest);
}

fn builders() -> impl Strategy<Value = Builder> {
    (1usize..6, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(blocks, times, threshold, portable)| {
            let wake_ups = if threshold { WakeUps::From(3) } else { WakeUps::AtOnce };
            Builder::new(blocks, 11).times(times).wake_ups(wake_ups).portable_fence(portable)
        },
    )
}

proptest! {
    #[test]
    fn dropping_the_newest_keeps_order_and_counts(builder in builders(), steps in steps()) {
        every_item(&builder, Overflow::DropNewest, &steps);
    }

    #[test]
    fn dropping_the_oldest_keeps_order_and_counts(builder in builders(), steps in steps()) {
        every_item(&builder, Overflow::DropOldest, &steps);
    }

    #[test]
    fn spilling_keeps_order_and_counts(
        builder in builders(),
        limit in 0usize..100,
        steps in steps(),
    ) {
        every_item(&builder, Overflow::Spill { limit }, &steps);
    }

    #[test]
    fn blocks_of_whole_lines_keep_order_and_counts(
        blocks in 1usize..4,
        times in any::<bool>(),
        policy in 0usize..3,
        sizes in vec(0usize..900, 1..200),
    ) {
        let overflow =
            [Overflow::DropNewest, Overflow::DropOldest, Overflow::Spill { limit: 3000 }][policy];
        // Around 1024 bytes a block's place changes its shape.
        let steps: Vec<_> = sizes
            .into_iter()
            .map(|size| match size {
                0..150 => Step::Take,
                150..250 => Step::Drain(size % 5),
                _ => Step::Push(size - 50),
            })
            .collect();
        let builder = Builder::new(blocks, 850).times(times);
        finish(run::<i16>(builder.clone(), overflow, &steps), overflow == Overflow::DropOldest);
        finish(run::<[u32; 3]>(builder.clone(), overflow, &steps), overflow == Overflow::DropOldest);
        finish(run::<Wide>(builder, overflow, &steps), overflow == Overflow::DropOldest);
    }

    #[test]
    fn the_longest_block_is_as_long_as_the_error_says(
        blocks in 1usize..4,
        longest in 1usize..2000,
        times in any::<bool>(),
        before in vec(0usize..2000, 0..5),
    ) {
        fn check<T: Item>(builder: Builder, before: &[usize]) {
            let (mut producer, mut consumer) = builder.build::<T>();
            let block = vec![T::number(1); 200_000];
            let Err(PushError::TooLong { longest }) = producer.push(&block) else {
                panic!("no ring here is so large")
            };
            assert_eq!(producer.push(&block[..=longest]), Err(PushError::TooLong { longest }));
            // Wherever the end of the ring lies.
            for &items in before {
                let _ = producer.push(&block[..items.min(longest)]);
                consumer.drain(usize::MAX, |_| ());
            }
            assert_eq!(producer.push(&block[..longest]), Ok(()));
        }
        let builder = Builder::new(blocks, longest).times(times);
        check::<u8>(builder.clone(), &before);
        check::<i16>(builder.clone(), &before);
        check::<[u32; 3]>(builder.clone(), &before);
        check::<Wide>(builder, &before);
    }

    #[test]
    fn the_promised_blocks_always_fit(
        blocks in 1usize..6,
        longest in 1usize..20,
        before in vec(0usize..20, 0..30),
        sizes in vec(0usize..20, 6),
    ) {
        let (mut producer, mut consumer) = Builder::new(blocks, longest).build::<i16>();
        // Wherever the end of the ring lies.
        for items in before {
            producer.push(&vec![0; items.min(longest)]).expect("an empty ring takes every block");
            drop(consumer.recv());
        }
        for items in &sizes[..blocks] {
            let block = vec![1; (*items).min(longest)];
            assert_eq!(producer.push(&block), Ok(()));
        }
    }
}
