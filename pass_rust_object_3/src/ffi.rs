//! `csrc/main.h` and `csrc/state.h`, item for item.

use std::ffi::{c_int, c_void};

/// `typedef void (*pass_rust_object_3_main_callback)(int32_t value);`
pub type MainCallback = Option<unsafe extern "C" fn(value: i32)>;

unsafe extern "C" {
    /// `void pass_rust_object_3_main_register(pass_rust_object_3_main_callback callback);`
    pub fn pass_rust_object_3_main_register(callback: MainCallback);

    /// `int pass_rust_object_3_main_deliver(int32_t value);`
    pub fn pass_rust_object_3_main_deliver(value: i32) -> c_int;

    /// `void pass_rust_object_3_state_set(void *object);`
    pub fn pass_rust_object_3_state_set(object: *mut c_void);

    /// `void *pass_rust_object_3_state_get(void);`
    pub fn pass_rust_object_3_state_get() -> *mut c_void;
}
