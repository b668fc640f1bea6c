//! A push allocates nothing, but where it spills.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::thread;

use callback_bridge::handoff::{Builder, Overflow, WakeUps};

struct Counting;

thread_local! {
    static ALLOCATIONS: Cell<u64> = const { Cell::new(0) };
    /// Bytes that this thread allocated, less those that it gave back.
    static HELD: Cell<isize> = const { Cell::new(0) };
}

// SAFETY: it is the system's allocator, and a counter that allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        HELD.set(HELD.get() + layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        HELD.set(HELD.get() - layout.size() as isize);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// How often this thread asked the allocator for something, or gave something back.
fn allocations(body: impl FnOnce()) -> u64 {
    let before = ALLOCATIONS.get();
    body();
    ALLOCATIONS.get() - before
}

#[test]
fn dropping_and_waking_allocate_nothing() {
    for overflow in [Overflow::DropNewest, Overflow::DropOldest] {
        for wake_ups in [WakeUps::AtOnce, WakeUps::From(3)] {
            let builder = Builder::new(4, 4).overflow(overflow).wake_ups(wake_ups).times(true);
            let (mut producer, mut consumer) = builder.build::<i16>();
            let callback = thread::spawn(move || {
                let count = allocations(|| {
                    for sample in 0..10_000 {
                        let _ = producer.push(&[sample; 4]);
                    }
                });
                drop(producer);
                count
            });
            while consumer.recv().is_ok() {}
            assert_eq!(callback.join().expect("no panic"), 0);
        }
    }
}

#[test]
fn waiting_for_room_allocates_nothing() {
    let (mut producer, mut consumer) = Builder::new(1, 4).overflow(Overflow::Wait).build::<i16>();
    let callback = thread::spawn(move || {
        allocations(|| {
            for sample in 0..10_000 {
                producer.push(&[sample; 4]).expect("it waits");
            }
        })
    });
    let taken = std::iter::from_fn(|| consumer.recv().ok().map(|_| ())).count();
    assert_eq!(taken, 10_000);
    // The end gives the ring back, if the consumer has gone first: it has not.
    assert_eq!(callback.join().expect("no panic"), 0);
}

#[test]
fn spilling_allocates_once_the_ring_is_full() {
    let overflow = Overflow::Spill { limit: 1000 };
    let (mut producer, consumer) = Builder::new(4, 4).overflow(overflow).build::<i16>();
    let in_the_ring = allocations(|| {
        for _ in 0..4 {
            producer.push(&[1; 4]).expect("room");
        }
    });
    let in_chunks = allocations(|| {
        for _ in 0..100 {
            producer.push(&[1; 4]).expect("below the limit");
        }
    });
    assert_eq!(in_the_ring, 0);
    assert!((1..200).contains(&in_chunks), "{in_chunks}");
    drop(consumer);
}

#[test]
fn a_window_that_slides_over_spilled_blocks_gives_their_chunks_back() {
    let overflow = Overflow::Spill { limit: 1000 };
    let (mut producer, mut consumer) = Builder::new(4, 4).overflow(overflow).build::<i16>();
    for sample in 0..100 {
        producer.push(&[sample; 4]).expect("below the limit");
    }
    let mut window = consumer.batch(1);
    let mut slide = |steps| {
        for _ in 0..steps {
            producer.push(&[0; 4]).expect("below the limit");
            assert_eq!(window.take(1), 1);
            assert!(window.release(0));
        }
        HELD.get()
    };
    let before = slide(200);
    let after = slide(10_000);
    assert!(after - before < 10_000, "{before} bytes, then {after}");
}

#[test]
fn a_producer_that_ended_in_a_chunk_leaves_nothing_behind() {
    let before = HELD.get();
    let overflow = Overflow::Spill { limit: 1000 };
    let (mut producer, mut consumer) = Builder::new(4, 4).overflow(overflow).build::<i16>();
    for sample in 0..100 {
        producer.push(&[sample; 4]).expect("below the limit");
    }
    drop(producer);
    while consumer.recv().is_ok() {}
    drop(consumer.add_producer());
    drop(consumer);
    assert_eq!(HELD.get(), before);
}
