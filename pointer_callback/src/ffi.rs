//! `csrc/sensor.h` and `csrc/bridge.h`, item for item. The macros are in the bridge.

use std::ffi::c_void;
use std::marker::{PhantomData, PhantomPinned};

/// `typedef struct pointer_callback_sensor pointer_callback_sensor;`
///
/// New: Rust sees this only through a pointer, and none of its members. It is declared so that
/// nobody can make one, move one, or send one to another thread.
#[repr(C)]
#[derive(Debug)]
pub struct RawSensor {
    _members: [u8; 0],
    _unknown: PhantomData<(*mut u8, PhantomPinned)>,
}

/// `typedef void (*pointer_callback_sensor_listener)(void *user_data, int32_t millivolts);`
pub type RawListener = unsafe extern "C" fn(user_data: *mut c_void, millivolts: i32);

unsafe extern "C" {
    /// `pointer_callback_sensor *pointer_callback_sensor_new(void);`
    pub safe fn pointer_callback_sensor_new() -> *mut RawSensor;

    /// `void pointer_callback_sensor_free(pointer_callback_sensor *self);`
    pub fn pointer_callback_sensor_free(this: *mut RawSensor);

    /// ```c
    /// void pointer_callback_sensor_feed(
    ///     pointer_callback_sensor *self, const int16_t *raw, size_t count);
    /// ```
    pub fn pointer_callback_sensor_feed(this: *mut RawSensor, raw: *const i16, count: usize);

    /// `uint32_t pointer_callback_sensor_live(void);`
    pub safe fn pointer_callback_sensor_live() -> u32;

    /// `uint32_t pointer_callback_sensor_orphaned(void);`
    pub safe fn pointer_callback_sensor_orphaned() -> u32;

    /// ```c
    /// void pointer_callback_bridge_listen(
    ///     pointer_callback_sensor *sensor, pointer_callback_sensor_listener listener,
    ///     void *user_data);
    /// ```
    pub fn pointer_callback_bridge_listen(
        sensor: *mut RawSensor,
        listener: Option<RawListener>,
        user_data: *mut c_void,
    );

    /// `uint32_t pointer_callback_bridge_told(const pointer_callback_sensor *sensor);`
    pub fn pointer_callback_bridge_told(sensor: *const RawSensor) -> u32;

    /// `int32_t pointer_callback_bridge_millivolts(int16_t raw);`
    pub safe fn pointer_callback_bridge_millivolts(raw: i16) -> i32;
}
