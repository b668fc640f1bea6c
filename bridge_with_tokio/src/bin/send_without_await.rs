//! WRONG: calls the async `send` in a plain function, which can't await it. Nothing is ever sent.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::time::Duration;
use std::{ptr, slice};

use bridge_with_tokio::ffi;
use device::{Config, Device, Pace};
use tokio::sync::mpsc;

type Sender = mpsc::Sender<Vec<i16>>;

unsafe extern "C" fn on_block(samples: *const i16, count: usize) {
    // SAFETY: set before the device was started, cleared after it has ended.
    let sender = unsafe { ffi::bridge_with_tokio_state_get() }.cast::<Sender>();
    // SAFETY: the Box of `main`, which frees it after the device has ended; only shared from here.
    let sender = unsafe { &*sender };
    // SAFETY: the device lends `count` samples for as long as this callback runs.
    let samples = unsafe { slice::from_raw_parts(samples, count) };
    // WRONG: this makes a future and drops it. Without `let _ =` the compiler warns.
    #[expect(clippy::let_underscore_future, reason = "the mistake that is shown here")]
    let _ = sender.send(samples.to_vec());
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let (sender, mut receiver) = mpsc::channel(64);
    let sender: *mut Sender = Box::into_raw(Box::new(sender));
    // SAFETY: no device runs yet.
    unsafe { ffi::bridge_with_tokio_state_set(sender.cast()) };
    let device = Device::open(&Config { pace: Pace::FlatOut, ..Config::signal(10 * 1024) })?;
    // SAFETY: what the callback uses lives until the device has ended.
    unsafe { device.start(on_block) }?;
    while !device.wait(Duration::from_secs(1))? {}
    // SAFETY: the device has ended.
    unsafe { ffi::bridge_with_tokio_state_set(ptr::null_mut()) };
    // SAFETY: it came from `Box::into_raw`, and nobody has it any more. This closes the channel.
    drop(unsafe { Box::from_raw(sender) });

    let mut received = 0;
    while receiver.recv().await.is_some() {
        received += 1;
    }
    println!("{} blocks delivered, {received} received", device.statistics().blocks);
    Ok(())
}
