//! Closures that are lent to C for the time of one call: libc's `qsort`, `bsearch` and `qsort_r`.
#![cfg(unix)]

mod closure_library;

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::thread;

use callback_bridge::closure::{Callback, Refusal, Thunk, UserData};
use closure_library::Kept;

unsafe extern "C" {
    // void qsort(void *base, size_t count, size_t size,
    //            int (*compare)(const void *, const void *));
    fn qsort(
        base: *mut c_void,
        count: usize,
        size: usize,
        compare: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
    );
}

fn sort(values: &mut [i32], mut compare: impl FnMut(i32, i32) -> c_int) {
    let (base, count) = (values.as_mut_ptr(), values.len());
    let compare = Thunk::new(|left: *const c_void, right: *const c_void| -> c_int {
        // SAFETY: qsort passes pointers to two of the numbers.
        let left = unsafe { left.cast::<i32>().read() };
        // SAFETY: as above.
        let right = unsafe { right.cast::<i32>().read() };
        compare(left, right)
    });
    compare
        // SAFETY: `base` has room for `count` numbers, and qsort calls only before it returns.
        .scope(|compare| unsafe { qsort(base.cast(), count, size_of::<i32>(), compare) })
        .unwrap();
}

#[test]
fn qsort_sorts_with_a_closure_that_borrows_and_is_not_send() {
    let calls = Rc::new(Cell::new(0));
    let mut values = [5, -2, 9, 0, 7];
    let upwards = true;
    sort(&mut values, |left, right| {
        calls.set(calls.get() + 1);
        if upwards { left.cmp(&right) as c_int } else { 0 }
    });
    assert_eq!(values, [-2, 0, 5, 7, 9]);
    assert!(calls.get() >= 4);
}

#[test]
fn sorts_nest() {
    let mut rows = [[3, 1, 2], [9, 7, 8], [6, 4, 5]];
    let mut order = [0, 1, 2];
    sort(&mut order, |left, right| {
        for row in &mut rows {
            sort(row, |left, right| right.cmp(&left) as c_int);
        }
        let key = |index: i32| rows[usize::try_from(index).unwrap()][2];
        key(left).cmp(&key(right)) as c_int
    });
    assert_eq!(order, [0, 2, 1]);
    assert_eq!(rows, [[3, 2, 1], [9, 8, 7], [6, 5, 4]]);
}

#[test]
fn many_threads_sort_at_once() {
    thread::scope(|scope| {
        for seed in 0..16 {
            scope.spawn(move || {
                for round in 0..50 {
                    let mut values: Vec<i32> = (0..100).map(|i| i * (seed + 7) % 101).collect();
                    let mut expected = values.clone();
                    expected.sort_unstable();
                    sort(&mut values, |left, right| left.cmp(&right) as c_int);
                    assert_eq!(values, expected, "{seed} {round}");
                }
            });
        }
    });
}

#[test]
fn a_panic_in_a_scoped_closure_goes_on_once_c_has_returned() {
    let mut values = [3, 2, 1];
    let mut calls = 0;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        sort(&mut values, |_, _| {
            calls += 1;
            panic!("cannot compare");
        });
    }));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"cannot compare"));
    assert_eq!(calls, 1, "poisoned after the first");
    sort(&mut values, |left, right| left.cmp(&right) as c_int);
    assert_eq!(values, [1, 2, 3], "and the next sort has a thunk");
}

#[test]
fn a_scoped_callback_that_escapes_is_refused() {
    for counted in [false, true] {
        let mut total = 0;
        let mut callback = Callback::new(|_: UserData, value: c_int| -> c_int {
            total += value;
            total
        })
        .or_else(|refusal| if refusal == Refusal::Closed { -1 } else { -2 });
        if counted {
            callback = callback.counted();
        }
        let escaped = callback.scope(|function, user_data| {
            let kept = Kept::new(function, user_data);
            assert_eq!(kept.call(2), 2);
            assert_eq!(kept.call(3), 5);
            kept
        });
        assert_eq!(escaped.unwrap().call(4), -1);
        assert_eq!(total, 5);
    }
}

#[test]
fn a_scoped_callback_on_another_thread_is_refused() {
    for counted in [false, true] {
        let total = Cell::new(0);
        let mut callback = Callback::shared(|_: UserData, value: c_int| -> c_int {
            total.set(total.get() + value);
            total.get()
        })
        .or_else(|refusal| if refusal == Refusal::OtherThread { -1 } else { -2 });
        if counted {
            callback = callback.counted();
        }
        callback
            .scope(|function, user_data| {
                let kept = Kept::new(function, user_data);
                let elsewhere = thread::spawn(move || (kept.call(1), kept.call(1)));
                assert_eq!(elsewhere.join().unwrap(), (-1, -1));
                assert_eq!(kept.call(1), 1);
                let elsewhere = thread::spawn(move || kept.call(1));
                assert_eq!(elsewhere.join().unwrap(), -1);
                assert_eq!(kept.call(1), 2);
            })
            .unwrap();
    }
}

#[test]
fn a_scope_that_unwinds_takes_its_callback_back() {
    let mut total = 0;
    let mut escaped = None;
    let callback = Callback::new(|_: UserData, value: c_int| -> c_int {
        total += value;
        total
    })
    .or_else(|_| -1);
    let unwound = catch_unwind(AssertUnwindSafe(|| {
        let _ = callback.scope(|function, user_data| {
            escaped = Some(Kept::new(function, user_data));
            panic!("in the scope");
        });
    }));
    assert!(unwound.is_err());
    assert_eq!(escaped.unwrap().call(1), -1);
    assert_eq!(total, 0);
}
