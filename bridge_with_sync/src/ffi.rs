//! `csrc/state.h`, item for item.

use std::ffi::c_void;

unsafe extern "C" {
    /// `void bridge_with_sync_state_set(void *sender);`
    pub fn bridge_with_sync_state_set(sender: *mut c_void);

    /// `void *bridge_with_sync_state_get(void);`
    pub fn bridge_with_sync_state_get() -> *mut c_void;
}
