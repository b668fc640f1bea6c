//! What a request costs in allocations: none from the pool, one for a value that no slot can hold,
//! and never one on the thread that answers.

#![allow(clippy::multiple_unsafe_ops_per_block, reason = "an allocator that only counts")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use callback_bridge::request::{complete_raw, completion};

struct Counting;

thread_local!(static ALLOCATIONS: Cell<usize> = const { Cell::new(0) });

// SAFETY: all is left to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Allocations of the requester's steps, and of the answering one.
fn allocations_of_one_request<T: Send + 'static>(value: T) -> (usize, usize) {
    let before = ALLOCATIONS.get();
    let (completion, response) = completion::<T>();
    let handle = completion.into_raw();
    let between = ALLOCATIONS.get();
    let answered = complete_raw(handle, value);
    let after = ALLOCATIONS.get();
    assert!(answered.is_ok());
    assert!(response.wait().is_ok());
    (between - before + ALLOCATIONS.get() - after, after - between)
}

#[test]
fn a_request_allocates_nothing_once_its_pool_is_there() {
    allocations_of_one_request(0_u64);
    for number in 0..1000_u64 {
        assert_eq!(allocations_of_one_request(number), (0, 0));
    }
}

#[test]
fn the_pool_grows_by_one_allocation_in_64_requests() {
    let _warm = completion::<[u64; 64]>();
    let before = ALLOCATIONS.get();
    let mut kept = Vec::with_capacity(640);
    let vector = ALLOCATIONS.get() - before;
    for _ in 0..640 {
        kept.push(completion::<[u64; 64]>());
    }
    assert_eq!(ALLOCATIONS.get() - before - vector, 10);
}

#[test]
fn a_value_that_no_slot_can_hold_takes_one_allocation_on_the_requesters_side() {
    allocations_of_one_request([0_u8; 5000]);
    assert_eq!(allocations_of_one_request([1_u8; 5000]), (1, 0));
}
