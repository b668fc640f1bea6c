//! Experiment 3: what its chapter claims.

use std::ffi::{CStr, c_int};
use std::mem::{offset_of, transmute};

use poc_function_pointer::ffi::{self, Entry};
use poc_function_pointer::{Error, Operation, Table, maximum, run, sort};

const EXTREMES: [i32; 9] =
    [i32::MIN, i32::MIN + 1, -65_536, -1, 0, 1, 46_341, i32::MAX - 1, i32::MAX];

#[track_caller]
fn assert_like_rust(name: &CStr, in_rust: fn(i32, i32) -> Result<i32, Error>) {
    let table = Table::basics();
    for left in EXTREMES {
        for right in EXTREMES {
            assert_eq!(table.apply(name, left, right), in_rust(left, right), "{left} {right}");
        }
    }
}

#[test]
fn operations_chosen_by_name_compute_what_rust_computes() {
    assert_like_rust(c"add", |left, right| left.checked_add(right).ok_or(Error::Overflow));
    assert_like_rust(c"subtract", |left, right| left.checked_sub(right).ok_or(Error::Overflow));
    assert_like_rust(c"multiply", |left, right| left.checked_mul(right).ok_or(Error::Overflow));
    assert_like_rust(c"divide", |left, right| match right {
        0 => Err(Error::DivisionByZero),
        _ => left.checked_div(right).ok_or(Error::Overflow),
    });
}

#[test]
fn report_tells_results_and_refusals() {
    let report = run().expect("the experiment runs");
    let results: Vec<_> = report.calls.iter().map(|(_, result)| *result).collect();
    let refusals = [Err(Error::DivisionByZero), Err(Error::Overflow), Err(Error::Unknown)];
    let expected = [10, 4, 21, 2, 7].into_iter().map(Ok).chain(refusals);
    assert_eq!(results, expected.collect::<Vec<_>>());
    assert_eq!(report.found, [true, false]);
    assert_eq!(report.sorted, [i16::MIN, -2, 0, 1, i16::MAX]);
}

#[test]
fn a_null_function_pointer_is_none() {
    // SAFETY: both are as big as a pointer, and every bit pattern is a `usize`.
    assert_eq!(unsafe { transmute::<Option<Operation>, usize>(None) }, 0);
    let mut table = Table::basics();
    assert!(table.find(c"add").is_some());
    assert!(table.find(c"modulo").is_none());
    // SAFETY: there is no operation to vouch for.
    unsafe { table.put(c"add", None) };
    assert!(table.find(c"add").is_none());
    assert_eq!(table.apply(c"add", 1, 2), Err(Error::Unknown));
    assert_eq!(table.apply(c"subtract", 1, 2), Ok(-1));
}

#[test]
fn c_calls_a_rust_function_from_the_same_table() {
    let mut table = Table::basics();
    assert_eq!(table.apply(c"maximum", -5, 3), Err(Error::Unknown));
    // SAFETY: it writes what it may write, always, and can't unwind.
    unsafe { table.put(c"maximum", Some(maximum)) };
    assert_eq!(table.apply(c"maximum", -5, 3), Ok(3));
    assert_eq!(table.apply(c"add", -5, 3), Ok(-2));
}

#[test]
fn rust_calls_the_function_that_c_found() {
    let add = Table::basics().find(c"add").expect("it comes with the library");
    let mut result = 0;
    // SAFETY: `result` may be written.
    assert_eq!(unsafe { add(40, 2, &raw mut result) }, ffi::OK);
    assert_eq!(result, 42);
    // SAFETY: as above.
    assert_eq!(unsafe { add(i32::MAX, 1, &raw mut result) }, ffi::OVERFLOW);
    assert_eq!(result, 42, "a refusal leaves the result alone");
}

#[test]
fn the_status_of_a_rust_operation_comes_through() {
    unsafe extern "C" fn refuse(_left: i32, _right: i32, _result: *mut i32) -> c_int {
        77
    }
    let mut table = Table::basics();
    // SAFETY: it does nothing, and its status is not OK.
    unsafe { table.put(c"add", Some(refuse)) };
    assert_eq!(table.apply(c"add", 1, 2), Err(Error::Other(77)));
}

#[test]
fn an_option_of_a_function_pointer_is_as_big_as_a_pointer_and_a_function_item_takes_no_room() {
    let sizes = run().expect("the experiment runs").sizes;
    assert_eq!(sizes, [size_of::<*const u8>(), size_of::<*const u8>(), 0]);
}

#[test]
fn qsort_sorts_samples_with_a_comparator_in_rust() {
    for count in [0, 1, 2, 1_000, 70_000] {
        let mut samples: Vec<i16> = (0..count).map(|i| device::signal(i * 7_919)).collect();
        samples.extend([i16::MAX, i16::MIN, -2, i16::MAX]);
        let mut expected = samples.clone();
        expected.sort_unstable();
        sort(&mut samples);
        assert_eq!(samples, expected);
    }
    let mut none: [i16; 0] = [];
    sort(&mut none);
}

#[test]
fn a_comparator_that_subtracts_sorts_wrongly_and_goes_round_in_a_circle() {
    let output = support::run("compare_by_subtraction", &[]);
    assert!(output.status.success(), "{}", support::stderr(&output));
    let expected = "16 bits  [32767, -2]\n\
                    32 bits  [2147483647, -2]\n\
                    0 comes before 32767: true\n\
                    32767 comes before -2: true\n\
                    -2 comes before 0: true\n";
    assert_eq!(support::stdout(&output).replace("\r\n", "\n"), expected);
}

#[test]
fn the_difference_of_two_samples_has_the_right_sign_where_it_has_32_bits() {
    let samples = [i16::MIN, i16::MIN + 1, -2, -1, 0, 1, i16::MAX - 1, i16::MAX];
    for left in samples {
        for right in samples {
            let difference = i32::from(left) - i32::from(right);
            assert_eq!(difference.cmp(&0), left.cmp(&right), "{left} {right}");
        }
    }
}

#[test]
fn c_and_rust_lay_the_table_out_alike() {
    let rust = [size_of::<Entry>(), offset_of!(Entry, name), offset_of!(Entry, operation)];
    assert_eq!(ffi::poc_function_pointer_entry_layout, rust);
}
