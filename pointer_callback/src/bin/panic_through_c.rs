//! WRONG: a callback that lets a panic out. C is in between, and the process ends.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::ffi::c_void;
use std::ptr;

use pointer_callback::ffi;

unsafe extern "C" fn fuse(_user_data: *mut c_void, millivolts: i32) {
    assert!(millivolts <= 3_000, "{millivolts} mV is too much");
}

fn main() {
    let sensor = ffi::pointer_callback_sensor_new();
    assert!(!sensor.is_null(), "C has no memory");
    // SAFETY: the sensor is ours, and the callback uses no user data.
    unsafe { ffi::pointer_callback_bridge_listen(sensor, Some(fuse), ptr::null_mut()) };

    let outcome = std::panic::catch_unwind(|| {
        let raw = [600, 2_000, 700];
        // SAFETY: the sensor is ours, and three readings are readable.
        unsafe { ffi::pointer_callback_sensor_feed(sensor, raw.as_ptr(), raw.len()) };
    });
    println!("C has returned, and the panic was caught: {}", outcome.is_err());
    // SAFETY: the sensor is ours, and this is its end.
    unsafe { ffi::pointer_callback_sensor_free(sensor) };
}
