//! The experiment with `callback_bridge`: a closure instead of a listener, a trampoline and a box.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::convert::Infallible;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, mpsc};

use anyhow::{Context, anyhow};
use callback_bridge::closure::{Callback, Registration, Unregister, UserData};
use pointer_callback::{Report, ffi};

/// A sensor of C's, which is freed when this is dropped.
struct Sensor(NonNull<ffi::RawSensor>);

impl Sensor {
    fn new() -> anyhow::Result<Sensor> {
        NonNull::new(ffi::pointer_callback_sensor_new()).map(Sensor).context("C has no memory")
    }

    /// Has the sensor call the closure. The registration borrows the sensor, so C has let go of the
    /// closure before the sensor can be freed.
    fn listen(
        &self,
        mut hear: impl FnMut(i32) + Send + 'static,
    ) -> anyhow::Result<Registration<impl Unregister>> {
        let sensor = self.0.as_ptr();
        let callback = Callback::new(move |_: UserData, millivolts: i32| hear(millivolts));
        let registration = callback.register(|listener, user_data| {
            // SAFETY: the sensor is alive. It passes this user data to this function and no other.
            unsafe { ffi::pointer_callback_bridge_listen(sensor, Some(listener), user_data) };
            Ok::<_, Infallible>(move || {
                // SAFETY: it is still alive, as it is borrowed. From here on it calls nobody.
                unsafe { ffi::pointer_callback_bridge_listen(sensor, None, ptr::null_mut()) };
            })
        });
        registration.map_err(|error| anyhow!("{error}"))
    }

    fn feed(&self, raw: &[i16]) {
        // SAFETY: the sensor is alive, the readings are readable, and C keeps no pointer to them.
        unsafe { ffi::pointer_callback_sensor_feed(self.0.as_ptr(), raw.as_ptr(), raw.len()) };
    }

    fn told(&self) -> u32 {
        // SAFETY: the sensor is alive.
        unsafe { ffi::pointer_callback_bridge_told(self.0.as_ptr()) }
    }
}

impl Drop for Sensor {
    fn drop(&mut self) {
        // SAFETY: the sensor is ours, and this is its end.
        unsafe { ffi::pointer_callback_sensor_free(self.0.as_ptr()) };
    }
}

fn main() -> anyhow::Result<()> {
    let (first, second) = (Sensor::new()?, Sensor::new()?);
    let (heard, log) = mpsc::channel();
    let logging = first.listen(move |millivolts| {
        let _ = heard.send(millivolts); // fails once nobody wants the log any more
    })?;
    let highest = Arc::new(AtomicI32::new(0));
    let seen = Arc::clone(&highest);
    let fuse = second.listen(move |millivolts| {
        assert!(millivolts <= 3_000, "{millivolts} mV is too much");
        seen.fetch_max(millivolts, Ordering::Relaxed); // one thread: there is nothing to order
    })?;

    first.feed(&[100, -200]);
    second.feed(&[500]);
    first.feed(&[1_000]);
    second.feed(&[600, 2_000, 700]);
    // The library has caught the panic, and keeps it until it is asked for.
    let panic = fuse.take_panic().context("the fuse did not blow")?;

    let mut report = Report {
        log: log.try_iter().collect(),
        highest: highest.load(Ordering::Relaxed),
        panic: panic.downcast_ref().cloned().unwrap_or_default(),
        told: [first.told(), second.told()],
        live: [ffi::pointer_callback_sensor_live(), 0],
    };
    drop((logging, fuse));
    drop((first, second));
    report.live[1] = ffi::pointer_callback_sensor_live();
    println!("{report}");
    Ok(())
}
