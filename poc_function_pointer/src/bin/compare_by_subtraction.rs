//! WRONG: a comparator that subtracts. The difference of two numbers may not fit, and then its sign
//! is the wrong one.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::ffi::{c_int, c_void};

unsafe extern "C" fn by_difference_16(left: *const c_void, right: *const c_void) -> c_int {
    // SAFETY: `qsort` passes two elements of the array, and those are `i16`.
    let left = unsafe { left.cast::<i16>().read() };
    // SAFETY: as above.
    let right = unsafe { right.cast::<i16>().read() };
    left.wrapping_sub(right).into() // what `-` does in a release build
}

unsafe extern "C" fn by_difference_32(left: *const c_void, right: *const c_void) -> c_int {
    // SAFETY: as above, with `i32`.
    let left = unsafe { left.cast::<i32>().read() };
    // SAFETY: as above.
    let right = unsafe { right.cast::<i32>().read() };
    left.wrapping_sub(right)
}

fn main() {
    // What `qsort` does with a comparator that contradicts itself, the C standard leaves undefined.
    // About two numbers these two are wrong, but always say the same. So two it is.
    let mut samples = [-2, i16::MAX];
    // SAFETY: two `i16` of ours to move, and a comparator for `i16`.
    unsafe { libc::qsort(samples.as_mut_ptr().cast(), 2, 2, Some(by_difference_16)) };
    println!("16 bits  {samples:?}");

    let mut numbers = [-2, i32::MAX];
    // SAFETY: two `i32` of ours to move, and a comparator for `i32`.
    unsafe { libc::qsort(numbers.as_mut_ptr().cast(), 2, 4, Some(by_difference_32)) };
    println!("32 bits  {numbers:?}");

    let comes_first = |left: i16, right: i16| {
        // SAFETY: both point to an `i16`.
        unsafe { by_difference_16((&raw const left).cast(), (&raw const right).cast()) < 0 }
    };
    for (left, right) in [(0, i16::MAX), (i16::MAX, -2), (-2, 0)] {
        println!("{left} comes before {right}: {}", comes_first(left, right));
    }
}
