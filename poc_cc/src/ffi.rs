//! `csrc/poc_cc.h`, item for item. No compiler compares the two: keep them alike.

use std::ffi::{c_char, c_int};

/// `typedef struct poc_cc_levels poc_cc_levels;`
#[repr(C)] // the order and the padding that a C compiler would choose
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// `int16_t lowest;`
    pub lowest: i16,
    /// `int16_t highest;`
    pub highest: i16,
    /// `double mean;`
    pub mean: f64,
}

unsafe extern "C" {
    /// `int16_t poc_cc_saturate(int32_t value);`
    pub safe fn poc_cc_saturate(value: i32) -> i16;

    /// `int poc_cc_measure(const int16_t *samples, size_t count, poc_cc_levels *levels);`
    pub fn poc_cc_measure(samples: *const i16, count: usize, levels: *mut Levels) -> c_int;

    /// `int32_t poc_cc_span(poc_cc_levels levels);`
    pub safe fn poc_cc_span(levels: Levels) -> i32;

    /// `const char *poc_cc_status_text(int status);`
    pub safe fn poc_cc_status_text(status: c_int) -> *const c_char;

    /// `extern const size_t poc_cc_levels_layout[4];`
    pub safe static poc_cc_levels_layout: [usize; 4];
}
