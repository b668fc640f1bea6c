//! `csrc/service.h`, item for item.

use std::ffi::{c_int, c_void};

/// `typedef struct bridge_with_future_service bridge_with_future_service;`
#[repr(C)]
#[derive(Debug)]
pub struct RawService {
    _members: [u8; 0],
    // Neither `Send` nor `Sync` nor `Unpin`: nothing is known about what stands behind it.
    _unknown: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
}

/// `BRIDGE_WITH_FUTURE_SERVICE_OK`
pub const SERVICE_OK: c_int = 0;
/// `BRIDGE_WITH_FUTURE_SERVICE_NO_MEMORY`
pub const SERVICE_NO_MEMORY: c_int = 1;
/// `BRIDGE_WITH_FUTURE_SERVICE_NO_THREAD`
pub const SERVICE_NO_THREAD: c_int = 2;
/// `BRIDGE_WITH_FUTURE_SERVICE_CLOSED`
pub const SERVICE_CLOSED: c_int = 3;

/// `typedef void (*bridge_with_future_service_callback)(void *user_data, int status, int64_t square);`
pub type ServiceCallback =
    Option<unsafe extern "C" fn(user_data: *mut c_void, status: c_int, square: i64)>;

unsafe extern "C" {
    /// `bridge_with_future_service *bridge_with_future_service_open(void);`
    pub safe fn bridge_with_future_service_open() -> *mut RawService;

    /// `int bridge_with_future_service_start(bridge_with_future_service *self, size_t workers);`
    pub fn bridge_with_future_service_start(service: *mut RawService, workers: usize) -> c_int;

    /// ```c
    /// int bridge_with_future_service_square(
    ///     bridge_with_future_service *self, int32_t number, uint32_t work_ms,
    ///     bridge_with_future_service_callback callback, void *user_data);
    /// ```
    pub fn bridge_with_future_service_square(
        service: *mut RawService,
        number: i32,
        work_ms: u32,
        callback: ServiceCallback,
        user_data: *mut c_void,
    ) -> c_int;

    /// `void bridge_with_future_service_close(bridge_with_future_service *self);`
    pub fn bridge_with_future_service_close(service: *mut RawService);
}
