//! The callback that all tests use. It is given no user data, so what it does stands in a static,
//! and tests take turns.

use std::slice;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use device::{Config, Device, DeviceCallback, Error, Stats};
use support::PATIENCE;

type Action = Box<dyn FnMut(&[i16]) + Send>;

static TURN: Mutex<()> = Mutex::new(());
static ACTION: Mutex<Option<Action>> = Mutex::new(None);
/// Callbacks that began while another one ran. There must never be one.
static CROWDED: AtomicUsize = AtomicUsize::new(0);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A test that failed must not make all others fail.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

unsafe extern "C" fn callback(samples: *const i16, count: usize) {
    // SAFETY: the device lends `count` samples until the callback returns.
    let block = unsafe { slice::from_raw_parts(samples, count) };
    let Ok(mut action) = ACTION.try_lock() else {
        CROWDED.fetch_add(1, Ordering::Relaxed);
        return;
    };
    if let Some(action) = action.as_mut() {
        action(block);
    }
}

/// A test's turn, and what the callback does meanwhile. Make it before the device, so that it goes
/// after the device.
pub(crate) struct Stage {
    _turn: MutexGuard<'static, ()>,
}

impl Stage {
    /// Waits for its turn. `action` must not panic: it runs inside C's callback.
    pub(crate) fn set(action: impl FnMut(&[i16]) + Send + 'static) -> Stage {
        let turn = lock(&TURN);
        *lock(&ACTION) = Some(Box::new(action));
        CROWDED.store(0, Ordering::Relaxed);
        Stage { _turn: turn }
    }

    /// Starts the device with the stage's callback.
    pub(crate) fn start(&self, device: &Device) -> Result<(), Error> {
        // SAFETY: the callback uses statics alone, and a panic in it aborts, so it never unwinds.
        unsafe { device.start(callback) }
    }

    /// The callback, for tests that call the C themselves.
    pub(crate) fn callback(&self) -> DeviceCallback {
        callback
    }

    /// How many callbacks began while another one ran.
    pub(crate) fn crowded(&self) -> usize {
        CROWDED.load(Ordering::Relaxed)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let action = lock(&ACTION).take();
        drop(action); // after the lock, as it may own a device
    }
}

/// Blocks as they come, shared between the callback and the test.
#[derive(Clone, Default)]
pub(crate) struct Blocks(Arc<Mutex<Vec<Vec<i16>>>>);

impl Blocks {
    pub(crate) fn push(&self, block: &[i16]) {
        lock(&self.0).push(block.to_vec());
    }

    pub(crate) fn take(&self) -> Vec<Vec<i16>> {
        std::mem::take(&mut *lock(&self.0))
    }
}

/// All that a device gave from its start to its end.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) blocks: Vec<Vec<i16>>,
    pub(crate) stats: Stats,
    pub(crate) notice: Option<String>,
    pub(crate) ended: Result<bool, Error>,
    pub(crate) sample_rate: u32,
    pub(crate) channels: u32,
}

impl Recording {
    pub(crate) fn samples(&self) -> Vec<i16> {
        self.blocks.concat()
    }
}

/// Runs a device to its end.
#[track_caller]
pub(crate) fn record(config: &Config) -> Recording {
    try_record(config).unwrap_or_else(|error| panic!("{config:?}: {error}"))
}

/// The same where opening may fail.
pub(crate) fn try_record(config: &Config) -> Result<Recording, Error> {
    let blocks = Blocks::default();
    let stage = Stage::set({
        let blocks = blocks.clone();
        move |block| blocks.push(block)
    });
    let device = Device::open(config)?;
    stage.start(&device).expect("it was not started before");
    let ended = device.wait(PATIENCE);
    assert_ne!(ended, Ok(false), "{config:?}: still acquiring after {PATIENCE:?}");
    assert_eq!(stage.crowded(), 0, "{config:?}: two callbacks at once");
    let recording = Recording {
        blocks: blocks.take(),
        stats: device.statistics(),
        notice: device.notice(),
        ended,
        sample_rate: device.sample_rate(),
        channels: device.channels(),
    };
    let counted = recording.blocks.len() as u64;
    assert_eq!(recording.stats.blocks, counted, "{config:?}: blocks miscounted");
    let counted = recording.samples().len() as u64;
    assert_eq!(recording.stats.samples, counted, "{config:?}: samples miscounted");
    Ok(recording)
}
