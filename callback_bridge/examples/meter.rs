//! A binding of a C handle, complete: opened, started, stopped, closed, each with a status code. What
//! it measures comes out as a `Stream`, in a task that may go from thread to thread.
//!
//! ```console
//! $ cargo run -q -p callback_bridge --example meter
//! blocks of 0 samples: the configuration makes no sense
//! peak 1023
//! peak 2047
//! peak 3071
//! stopped
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::error::Error;
use std::ffi::{CStr, c_int};
use std::fmt;
use std::pin::Pin;
use std::ptr::{self, NonNull};
use std::task::{Context, Poll};

use callback_bridge::closure::{RegisterError, Thunk};
use callback_bridge::handoff::{BoxedSubscription, Builder, Overflow, Subscription};
use futures_util::{Stream, StreamExt};

// What bindgen makes of the vendor's header. Of interest here:
//
//     typedef struct device device;
//     typedef void (*device_callback)(const int16_t *samples, size_t count);
//     int device_open(const device_config *config, device **out);
//     int device_start(device *self, device_callback callback);
//     int device_stop(device *self);    (returns after the last callback)
//     int device_close(device *self);
//     const char *device_strerror(int status);
use device::ffi;

/// A status code that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status(c_int);

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // SAFETY: a sentence that is never freed, for every number.
        let words = unsafe { CStr::from_ptr(ffi::device_strerror(self.0)) };
        f.write_str(&words.to_string_lossy())
    }
}

impl Error for Status {}

/// Status codes end here: `register` takes an error, and the closure that unregisters returns one.
fn check(status: c_int) -> Result<(), Status> {
    if status == 0 { Ok(()) } else { Err(Status(status)) }
}

/// `device *`, open. Dropping it closes the device. Who needs it elsewhere too, to ask for statistics
/// while it runs, say, has it in an `Arc`.
struct Handle(NonNull<ffi::DeviceHandle>);

// SAFETY: the header says that any thread may call every function but open and close, and that close
// must come last: it stands in `drop`, which has the handle to itself. Where a header says nothing of
// threads, or that the one that opened must do it all, this would be wrong.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

impl Handle {
    fn open(block_length: u32) -> Result<Handle, Status> {
        let config = ffi::DeviceConfig {
            source: 0, // the built-in signal
            pace: 1,   // as fast as the callback allows
            path: ptr::null(),
            block_length,
            fifo_length: 0,
            sample_rate: 48_000,
            channels: 1,
            message: ptr::null_mut(),
            message_size: 0,
        };
        let mut handle = ptr::null_mut();
        // SAFETY: the configuration is copied, and the handle written, before it returns.
        check(unsafe { ffi::device_open(&raw const config, &raw mut handle) })?;
        Ok(Handle(NonNull::new(handle).expect("an open device is not null")))
    }

    fn start(&self, on_block: ffi::DeviceCallback) -> Result<(), Status> {
        // SAFETY: the device is open. The function is good until the device is stopped, on any
        // thread, and never unwinds.
        check(unsafe { ffi::device_start(self.0.as_ptr(), Some(on_block)) })
    }

    fn stop(&self) -> Result<(), Status> {
        // SAFETY: the device is open.
        check(unsafe { ffi::device_stop(self.0.as_ptr()) })
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the device is open, and this is the last call. It stops first if it must, so the
        // status has nothing new to tell.
        let _ = unsafe { ffi::device_close(self.0.as_ptr()) };
    }
}

/// A running device, as a stream of its blocks' peaks. Dropping it stops the device, and waits for that.
struct Meter {
    blocks: BoxedSubscription<i16, Status>,
}

impl Meter {
    /// Opens the device and starts it.
    fn start(block_length: u32) -> Result<Meter, RegisterError<Status>> {
        let (mut producer, consumer) =
            Builder::new(16, block_length as usize).overflow(Overflow::Wait).build::<i16>();
        let on_block = Thunk::new(move |samples: *const i16, count: usize| {
            // SAFETY: the device lends `count` samples while the callback runs; never null.
            let samples = unsafe { std::slice::from_raw_parts(samples, count) };
            let _ = producer.push(samples); // fails once the meter is gone
        });
        let registration = on_block.register(|on_block| {
            let handle = Handle::open(block_length)?;
            handle.start(on_block)?;
            // A method, not `ffi::device_stop(handle.0.as_ptr())`: a closure that names a field
            // captures that field alone. That would be a bare pointer, which is not `Send`, to a
            // device that is closed at the end of this block.
            Ok(move || handle.stop())
        })?;
        Ok(Meter { blocks: Subscription::new(consumer, registration.boxed()) })
    }

    /// Stops the device and waits for its last callback: not in a task, but in `spawn_blocking`.
    fn stop(self) -> Result<(), Status> {
        let (ended, _what_is_left) = self.blocks.unregister();
        if let Some(panic) = ended.panic {
            std::panic::resume_unwind(panic);
        }
        ended.outcome.map(drop)
    }
}

impl Stream for Meter {
    type Item = u16;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<u16>> {
        let block = Pin::new(&mut self.blocks).poll_next(context);
        block.map(|block| block?.iter().map(|sample| sample.unsigned_abs()).max())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    if let Err(RegisterError::Library(status)) = Meter::start(0) {
        println!("blocks of 0 samples: {status}");
    }
    let mut meter = Meter::start(1024)?;
    let task = tokio::spawn(async move {
        for _ in 0..3 {
            let peak = meter.next().await.expect("it runs");
            println!("peak {peak}");
        }
        meter
    });
    let meter = task.await?;
    tokio::task::spawn_blocking(|| meter.stop()).await??;
    println!("stopped");
    Ok(())
}
