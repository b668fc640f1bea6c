//! `csrc/main.h` and `csrc/state.h`, item for item.

use std::ffi::{c_int, c_void};

/// `typedef void (*pass_rust_object_2_main_callback)(int32_t value);`
pub type MainCallback = Option<unsafe extern "C" fn(value: i32)>;

/// `typedef void (*pass_rust_object_2_state_callback)(void *object, int32_t value);`
pub type StateCallback = Option<unsafe extern "C" fn(object: *mut c_void, value: i32)>;

unsafe extern "C" {
    /// `void pass_rust_object_2_main_register(pass_rust_object_2_main_callback callback);`
    pub fn pass_rust_object_2_main_register(callback: MainCallback);

    /// `int pass_rust_object_2_main_deliver(int32_t value);`
    pub fn pass_rust_object_2_main_deliver(value: i32) -> c_int;

    /// `void pass_rust_object_2_state_set(void *object,`
    /// `                                  pass_rust_object_2_state_callback callback);`
    pub fn pass_rust_object_2_state_set(object: *mut c_void, callback: StateCallback);

    /// `void pass_rust_object_2_state_call(int32_t value);`
    pub fn pass_rust_object_2_state_call(value: i32);
}
