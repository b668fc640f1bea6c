//! libc's `qsort` with a closure. It passes no user data and calls only before it returns, so the
//! closure may borrow, and a panic in it goes on once `qsort` has returned.
//!
//! ```console
//! $ cargo run -q -p callback_bridge --example qsort
//! [9, 7, 5, 0, -2]
//! 5 of them were compared
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::ffi::{c_int, c_void};

use callback_bridge::closure::Thunk;

mod ffi {
    use std::ffi::{c_int, c_void};

    unsafe extern "C" {
        // void qsort(void *base, size_t count, size_t size,
        //            int (*compare)(const void *, const void *));
        pub(super) fn qsort(
            base: *mut c_void,
            count: usize,
            size: usize,
            compare: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
        );
    }
}

/// Sorts in place. An order that contradicts itself gives some order.
///
/// # Panics
///
/// If `compare` does. The items are all there, in some order. Or if there is no room for one more
/// thunk.
fn sort_by<T: Copy>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let (base, count) = (items.as_mut_ptr(), items.len());
    let compare = Thunk::new(|left: *const c_void, right: *const c_void| -> c_int {
        // SAFETY: qsort passes pointers to two of the items, which nobody changes meanwhile.
        let left = unsafe { &*left.cast::<T>() };
        // SAFETY: as above.
        let right = unsafe { &*right.cast::<T>() };
        compare(left, right) as c_int
    });
    let sorted = compare.scope(|compare| {
        // SAFETY: `base` points to `count` items, which are `Copy`, so they may be moved about.
        // qsort calls `compare` on this thread and keeps nothing.
        unsafe { ffi::qsort(base.cast(), count, size_of::<T>(), compare) }
    });
    sorted.expect("a thunk for the comparison");
}

fn main() {
    let mut numbers = [5, -2, 9, 0, 7];
    let mut compared = BTreeSet::new(); // how often, each libc decides for itself
    sort_by(&mut numbers, |left, right| {
        compared.extend([*left, *right]);
        right.cmp(left)
    });
    println!("{numbers:?}");
    println!("{} of them were compared", compared.len());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_the_comparison_comes_out_of_sort_by() {
        let mut items = ["b", "a"];
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            sort_by(&mut items, |_, _| panic!("no order"));
        }));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"no order"));
        sort_by(&mut items, Ord::cmp);
        assert_eq!(items, ["a", "b"]);
    }
}
