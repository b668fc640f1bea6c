//! What one push of 64 samples costs beside a bare copy, in instructions.
//!
//! ```text
//! cargo build --release -p callback_bridge --example push_cost
//! for n in 100000 200000; do
//!   valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!     target/release/examples/push_cost push $n 2>&1 | grep Collected
//! done
//! ```
//!
//! The difference of two runs, over the difference of their numbers, is the cost of one call. The
//! subjects: `copy` (the limit), `push` (the consumer is awake), `push-and-take` (and
//! the block is taken), `push-and-drain` (and blocks are taken 64 at once).

use std::ffi::c_void;
use std::hint::black_box;

use callback_bridge::handoff::{Consumer, Producer, channel};

const SAMPLES: usize = 64;

type Callback = unsafe extern "C" fn(*mut c_void, *const i16, usize);

/// The limit: what a callback must do at least.
unsafe extern "C" fn copy(warm: *mut c_void, samples: *const i16, count: usize) {
    // SAFETY: the caller lends `count` samples, and as much room.
    unsafe { samples.copy_to_nonoverlapping(warm.cast(), count) };
}

/// The same with a hand-off.
unsafe extern "C" fn push(producer: *mut c_void, samples: *const i16, count: usize) {
    // SAFETY: the caller lends `count` samples during this call.
    let samples = unsafe { std::slice::from_raw_parts(samples, count) };
    // SAFETY: the user data is the producer, which nobody else uses during this call.
    let producer = unsafe { &mut *producer.cast::<Producer<i16>>() };
    if producer.push(samples).is_err() {
        std::process::abort();
    }
}

/// Takes all that is ready, one by one or together.
fn take(consumer: &mut Consumer<i16>, together: bool) {
    if together {
        consumer.drain(usize::MAX, |block| {
            black_box(block.items().as_ptr());
        });
    } else {
        while let Ok(block) = consumer.try_recv() {
            black_box(block.as_ptr());
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let subject = arguments.next().expect("copy, push, push-and-take or push-and-drain");
    let calls: usize = arguments.next().and_then(|n| n.parse().ok()).expect("how many calls");
    let samples = black_box([1_i16; SAMPLES]);
    let mut warm = [0_i16; SAMPLES];
    // `push` alone has room for all: the consumer's work is not counted.
    let blocks = if subject == "push" { calls } else { 64 };
    let (mut producer, mut consumer) = channel::<i16>(blocks, SAMPLES);
    let (callback, user_data): (Callback, *mut c_void) = if subject == "copy" {
        (copy, (&raw mut warm).cast())
    } else {
        (push, (&raw mut producer).cast())
    };
    let (callback, user_data) = black_box((callback, user_data));
    for call in 0..calls {
        // SAFETY: the samples and the user data live across the call, and each callback gets its
        // own kind of user data.
        unsafe { callback(user_data, black_box(samples.as_ptr()), black_box(SAMPLES)) };
        if call % 64 == 63 && subject != "push" {
            take(&mut consumer, subject == "push-and-drain");
        }
    }
    black_box(&warm);
    // What is dropped at the end, and counted block by block, is not what is measured.
    std::process::exit(0);
}
