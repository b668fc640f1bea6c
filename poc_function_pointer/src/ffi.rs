//! `csrc/poc_function_pointer.h`, item for item.

use std::ffi::{c_char, c_int};

/// `POC_FUNCTION_POINTER_OK`
pub const OK: c_int = 0;
/// `POC_FUNCTION_POINTER_UNKNOWN`
pub const UNKNOWN: c_int = 1;
/// `POC_FUNCTION_POINTER_DIVISION_BY_ZERO`
pub const DIVISION_BY_ZERO: c_int = 2;
/// `POC_FUNCTION_POINTER_OVERFLOW`
pub const OVERFLOW: c_int = 3;

/// `typedef int (*poc_function_pointer_operation)(int32_t left, int32_t right, int32_t *result);`
///
/// A value of this type is never null. Where C allows null, write `Option<Operation>`.
///
/// The compiler refuses a function with other arguments, unless you force it with a cast. Don't:
///
/// ```compile_fail,E0308
/// extern "C" fn negate(value: i32) -> i32 { value.saturating_neg() }
/// let operation: poc_function_pointer::Operation = negate;
/// ```
pub type Operation = unsafe extern "C" fn(left: i32, right: i32, result: *mut i32) -> c_int;

/// `typedef struct poc_function_pointer_entry poc_function_pointer_entry;`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// `const char *name;`
    pub name: *const c_char,
    /// `poc_function_pointer_operation operation;`
    pub operation: Option<Operation>, // New: null is None.
}

unsafe extern "C" {
    /// `extern const poc_function_pointer_entry poc_function_pointer_basics[4];`
    pub safe static poc_function_pointer_basics: [Entry; 4];

    /// ```c
    /// poc_function_pointer_operation poc_function_pointer_find(
    ///     const poc_function_pointer_entry *table, size_t count, const char *name);
    /// ```
    pub fn poc_function_pointer_find(
        table: *const Entry,
        count: usize,
        name: *const c_char,
    ) -> Option<Operation>;

    /// ```c
    /// int poc_function_pointer_apply(
    ///     const poc_function_pointer_entry *table, size_t count, const char *name, int32_t left,
    ///     int32_t right, int32_t *result);
    /// ```
    pub fn poc_function_pointer_apply(
        table: *const Entry,
        count: usize,
        name: *const c_char,
        left: i32,
        right: i32,
        result: *mut i32,
    ) -> c_int;

    /// `extern const size_t poc_function_pointer_entry_layout[3];`
    pub safe static poc_function_pointer_entry_layout: [usize; 3];
}
