//! The vendor's header, item for item: `csrc/device.h` says what each one means.

use std::ffi::{c_char, c_int};

/// `device_status`: 0 is success.
pub type DeviceStatus = c_int;

/// `typedef struct device device;` Its members are the vendor's alone.
#[repr(C)]
#[derive(Debug)]
pub struct DeviceHandle {
    _members: [u8; 0],
    // Neither `Send` nor `Sync` nor `Unpin`: nothing is known about what stands behind it.
    _unknown: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
}

/// `typedef void (*device_callback)(const int16_t *samples, size_t count);`
pub type DeviceCallback = unsafe extern "C" fn(samples: *const i16, count: usize);

/// `struct device_config`
#[repr(C)]
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the header documents them")]
pub struct DeviceConfig {
    pub source: u32,
    pub pace: u32,
    pub path: *const c_char,
    pub block_length: u32,
    pub fifo_length: u32,
    pub sample_rate: u32,
    pub channels: u32,
    pub message: *mut c_char,
    pub message_size: usize,
}

/// `struct device_stats`
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the header documents them")]
pub struct DeviceStats {
    pub blocks: u64,
    pub samples: u64,
    pub overruns: u64,
    pub longest_callback_ns: u64,
    pub thread_id: u64,
}

/// `DEVICE_MESSAGE_SIZE`
pub const DEVICE_MESSAGE_SIZE: usize = 1024;

unsafe extern "C" {
    /// `int device_open(const device_config *config, device **out);`
    pub fn device_open(config: *const DeviceConfig, out: *mut *mut DeviceHandle) -> DeviceStatus;

    /// `int device_limit(device *self, uint64_t frames);`
    pub fn device_limit(device: *mut DeviceHandle, frames: u64) -> DeviceStatus;

    /// `int device_start(device *self, device_callback callback);`
    pub fn device_start(
        device: *mut DeviceHandle,
        callback: Option<DeviceCallback>,
    ) -> DeviceStatus;

    /// `int device_wait(device *self, uint32_t timeout_ms);`
    pub fn device_wait(device: *mut DeviceHandle, timeout_ms: u32) -> DeviceStatus;

    /// `int device_stop(device *self);`
    pub fn device_stop(device: *mut DeviceHandle) -> DeviceStatus;

    /// `int device_close(device *self);`
    pub fn device_close(device: *mut DeviceHandle) -> DeviceStatus;

    /// `int device_statistics(const device *self, device_stats *out);`
    pub fn device_statistics(device: *const DeviceHandle, out: *mut DeviceStats) -> DeviceStatus;

    /// `uint32_t device_sample_rate(const device *self);`
    pub fn device_sample_rate(device: *const DeviceHandle) -> u32;

    /// `uint32_t device_channels(const device *self);`
    pub fn device_channels(device: *const DeviceHandle) -> u32;

    /// `size_t device_notice(const device *self, char *buffer, size_t size);`
    pub fn device_notice(device: *const DeviceHandle, buffer: *mut c_char, size: usize) -> usize;

    /// `int16_t device_signal(uint64_t index);`
    pub safe fn device_signal(index: u64) -> i16;

    /// `uint64_t device_thread_id(void);`
    pub safe fn device_thread_id() -> u64;

    /// `const char *device_strerror(int status);`
    pub safe fn device_strerror(status: c_int) -> *const c_char;
}
