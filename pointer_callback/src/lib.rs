//! Experiment 4: back and forth between Rust and C, through a bridge and with user data.
//!
//! `csrc/sensor.*` is a library that passes a pointer of ours along, `csrc/bridge.*` turns its
//! macros into functions, [`ffi`] declares both, and [`Sensor`] makes them safe.
//! The chapter is this crate's `README.md`.

use std::any::Any;
use std::ffi::c_void;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::ptr::{self, NonNull};

use anyhow::{Context, bail};

pub mod ffi;

/// What hears a sensor's readings.
pub trait Listener {
    /// Is called once for each reading, inside [`Sensor::feed`], on the same thread.
    fn hear(&mut self, millivolts: i32);
}

/// A sensor and its listener. It stays on its thread, as `sensor.h` demands:
///
/// ```compile_fail,E0277
/// # struct Deaf;
/// # impl pointer_callback::Listener for Deaf { fn hear(&mut self, _millivolts: i32) {} }
/// let sensor = pointer_callback::Sensor::new(Deaf)?;
/// std::thread::spawn(move || sensor.told());
/// # Ok::<(), anyhow::Error>(())
/// ```
#[derive(Debug)]
pub struct Sensor<L: Listener> {
    handle: NonNull<ffi::RawSensor>,
    /// What C keeps as user data: out of a box in `new`, back into one in `drop`.
    state: NonNull<State<L>>,
}

#[derive(Debug)]
struct State<L> {
    listener: L,
    /// What `hear` panicked with, until C has returned.
    panic: Option<Box<dyn Any + Send>>,
}

impl<L: Listener> Sensor<L> {
    /// A sensor that tells this listener.
    ///
    /// # Errors
    ///
    /// Where C has no memory.
    pub fn new(listener: L) -> anyhow::Result<Sensor<L>> {
        // New: one C function for each type of listener. It finds the listener through user data.
        unsafe extern "C" fn trampoline<L: Listener>(user_data: *mut c_void, millivolts: i32) {
            // SAFETY: where from: `new` registered it, together with this function for this `L`.
            // Why alive: `drop` frees it after C has freed the sensor. Why nobody else uses it: C
            // calls only inside `feed`, which has the `Sensor` to itself and waits for C. Which
            // thread: the one that called `feed`, so no other one is involved.
            let State { listener, panic } = unsafe { &mut *user_data.cast::<State<L>>() };
            if panic.is_some() {
                return; // C knows nothing of the panic and goes on. The listener must not.
            }
            // Fit to be unwound: `feed` goes on with the panic, so nobody is deceived.
            *panic = catch_unwind(AssertUnwindSafe(|| listener.hear(millivolts))).err();
        }

        let handle = NonNull::new(ffi::pointer_callback_sensor_new()).context("C has no memory")?;
        let state = Box::into_raw(Box::new(State { listener, panic: None }));
        // SAFETY: the sensor is ours. The state is of the type that the trampoline expects, and
        // stays where it is until `drop` has unregistered it.
        unsafe {
            ffi::pointer_callback_bridge_listen(
                handle.as_ptr(),
                Some(trampoline::<L>),
                state.cast(),
            );
        }
        // SAFETY: a box is never null.
        Ok(Sensor { handle, state: unsafe { NonNull::new_unchecked(state) } })
    }

    /// Feeds the sensor raw readings. It tells them to the listener, in millivolts.
    ///
    /// It takes `&mut self`, and keeps it while C calls back. So nobody else can reach this sensor
    /// or its listener meanwhile, the listener itself included:
    ///
    /// ```compile_fail,E0502
    /// # struct Deaf;
    /// # impl pointer_callback::Listener for Deaf { fn hear(&mut self, _millivolts: i32) {} }
    /// let mut sensor = pointer_callback::Sensor::new(Deaf)?;
    /// let kept = &sensor; // as a listener might like to keep it
    /// sensor.feed(&[1]);
    /// kept.told();
    /// # Ok::<(), anyhow::Error>(())
    /// ```
    ///
    /// # Panics
    ///
    /// Where the listener panics: with its panic, once C has returned. What comes after it in `raw`
    /// the listener doesn't hear.
    pub fn feed(&mut self, raw: &[i16]) {
        // SAFETY: the sensor is alive, the readings are readable, and C keeps no pointer to them.
        unsafe {
            ffi::pointer_callback_sensor_feed(self.handle.as_ptr(), raw.as_ptr(), raw.len());
        }
        // SAFETY: from `new`, freed in `drop`. C has returned, so the trampoline's reference is
        // gone, and `&mut self` keeps everybody else out.
        let state = unsafe { self.state.as_mut() };
        if let Some(payload) = state.panic.take() {
            resume_unwind(payload); // New: the panic goes on, with no C left to cross.
        }
    }

    /// The listener, between two readings.
    pub fn listener(&self) -> &L {
        // SAFETY: from `new`, freed in `drop`. C writes only inside `feed`, which no `&self`
        // overlaps.
        unsafe { &self.state.as_ref().listener }
    }

    /// How often C has called the listener.
    pub fn told(&self) -> u32 {
        // SAFETY: the sensor is alive.
        unsafe { ffi::pointer_callback_bridge_told(self.handle.as_ptr()) }
    }
}

impl<L: Listener> Drop for Sensor<L> {
    fn drop(&mut self) {
        let handle = self.handle.as_ptr();
        // SAFETY: the sensor is alive. From here on C has no pointer to the state.
        unsafe { ffi::pointer_callback_bridge_listen(handle, None, ptr::null_mut()) };
        // SAFETY: the sensor is ours, and this is its end.
        unsafe { ffi::pointer_callback_sensor_free(handle) };
        // SAFETY: `new` took it out of a box, and C has let go of it.
        drop(unsafe { Box::from_raw(self.state.as_ptr()) });
    }
}

/// Remembers all that it heard.
#[derive(Debug, Default)]
struct Log(Vec<i32>);

impl Listener for Log {
    fn hear(&mut self, millivolts: i32) {
        self.0.push(millivolts);
    }
}

/// Remembers the highest reading, and panics where one is above the limit.
#[derive(Debug)]
struct Fuse {
    limit: i32,
    highest: i32,
}

impl Listener for Fuse {
    fn hear(&mut self, millivolts: i32) {
        assert!(millivolts <= self.limit, "{millivolts} mV is too much");
        self.highest = self.highest.max(millivolts);
    }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What the first listener heard, in millivolts.
    pub log: Vec<i32>,
    /// The highest reading that the second listener heard, in millivolts.
    pub highest: i32,
    /// What the second listener panicked with.
    pub panic: String,
    /// How often C called the first listener, and how often the second.
    pub told: [u32; 2],
    /// Sensors of this thread in C: while both were in use, and after they were dropped.
    pub live: [u32; 2],
}

/// Has two sensors at once, each with a listener of its own.
///
/// ```
/// let report = pointer_callback::run()?;
/// assert_eq!(report.log, [250, -500, 2500]);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where C has no memory.
pub fn run() -> anyhow::Result<Report> {
    let mut first = Sensor::new(Log::default())?;
    let mut second = Sensor::new(Fuse { limit: 3_000, highest: 0 })?;
    first.feed(&[100, -200]);
    second.feed(&[500]);
    first.feed(&[1_000]);
    let blown = catch_unwind(AssertUnwindSafe(|| second.feed(&[600, 2_000, 700])));
    let Err(payload) = blown else { bail!("the fuse did not blow") };
    let mut report = Report {
        log: first.listener().0.clone(),
        highest: second.listener().highest,
        panic: payload.downcast_ref().cloned().unwrap_or_default(),
        told: [first.told(), second.told()],
        live: [ffi::pointer_callback_sensor_live(), 0],
    };
    drop((first, second));
    report.live[1] = ffi::pointer_callback_sensor_live();
    Ok(report)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { log, highest, panic, told, live } = self;
        writeln!(f, "first sensor   heard {log:?} mV")?;
        writeln!(f, "second sensor  heard {highest} mV at most, then panicked: {panic}")?;
        writeln!(f, "called by C    {} and {} times", told[0], told[1])?;
        write!(f, "alive in C     {} sensors, after the drop {}", live[0], live[1])
    }
}
