//! WRONG: uses `blocking_send` in a callback that runs on a runtime's thread.

use std::slice;

use bridge_with_tokio::ffi;
use tokio::sync::mpsc;

type Sender = mpsc::Sender<Vec<i16>>;

unsafe extern "C" fn on_block(samples: *const i16, count: usize) {
    // SAFETY: `main` set it, on this thread.
    let sender = unsafe { ffi::bridge_with_tokio_state_get() }.cast::<Sender>();
    // SAFETY: it lives in `main`, which waits for us; only shared from here.
    let sender = unsafe { &*sender };
    // SAFETY: the caller lends `count` samples for as long as this callback runs.
    let samples = unsafe { slice::from_raw_parts(samples, count) };
    // WRONG: on the device's own thread this is right; here it panics, and the panic can't leave.
    sender.blocking_send(samples.to_vec()).expect("the receiver lives");
}

/// Stands for a C library that has no thread of its own: it calls back before it returns.
fn library_call(samples: &[i16]) {
    // SAFETY: the sender is in its place, and the slice is readable for its length.
    unsafe { on_block(samples.as_ptr(), samples.len()) };
}

#[tokio::main]
async fn main() {
    let (sender, _receiver) = mpsc::channel::<Vec<i16>>(64);
    // SAFETY: nobody else gets or sets.
    unsafe { ffi::bridge_with_tokio_state_set((&raw const sender).cast_mut().cast()) };
    library_call(&[1, 2, 3]); // on this thread, which is the runtime's
}
