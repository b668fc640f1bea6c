//! The vendor's library: a device with a control thread that calls back when a block is full.
//!
//! The C is in `csrc/`, its manual is `csrc/device.h`, its raw bindings are [`ffi`]. This crate is
//! the thin Rust face that the experiments share. Nobody may change the C to make a step easier.
//!
//! What the face does *not* take away is the point of the whole project: [`Device::start`] wants a
//! plain C function pointer, which captures nothing and is given nothing but the samples.
//!
//! ```
//! use std::sync::atomic::{AtomicU64, Ordering};
//! use std::time::Duration;
//!
//! static SAMPLES: AtomicU64 = AtomicU64::new(0);
//!
//! unsafe extern "C" fn count_samples(_samples: *const i16, count: usize) {
//!     SAMPLES.fetch_add(count as u64, Ordering::Relaxed);
//! }
//!
//! let config = device::Config {
//!     pace: device::Pace::FlatOut,
//!     ..device::Config::signal(10_000)
//! };
//! let device = device::Device::open(&config)?;
//! // Sound, as the callback touches an atomic alone, on whatever thread, and can't panic.
//! unsafe { device.start(count_samples) }?;
//! assert!(device.wait(Duration::from_secs(10))?, "it ends after 10,000 samples");
//! assert_eq!(SAMPLES.load(Ordering::Relaxed), 10_000);
//! # Ok::<(), device::Error>(())
//! ```

use std::ffi::{CStr, CString};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::ptr::NonNull;
use std::time::Duration;
use std::{error, fmt, ptr};

pub mod ffi;

pub use ffi::{DeviceCallback, DeviceStats as Stats};

/// Where the samples come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The built-in triangle wave, whose samples are [`signal`]`(0)`, `signal(1)`, ...
    Signal {
        /// Frames a second.
        sample_rate: u32,
        /// Samples in a frame.
        channels: u32,
    },
    /// A WAV file, 16-bit PCM. `-` is standard input.
    Wav(PathBuf),
    /// 16-bit little-endian samples and nothing else. `-` is standard input.
    Raw {
        /// The file.
        path: PathBuf,
        /// Frames a second; a raw file does not say.
        sample_rate: u32,
        /// Samples in a frame; a raw file does not say.
        channels: u32,
    },
}

/// How fast the device goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// By the clock, as a converter does. A callback that overstays makes overruns.
    RealTime,
    /// As fast as the callback allows. Nothing is ever lost in the device.
    FlatOut,
}

/// What [`Device::open`] needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Where the samples come from.
    pub source: Source,
    /// How fast the device goes.
    pub pace: Pace,
    /// Frames in a block.
    pub block_length: u32,
    /// Frames that the device keeps while a callback runs, in real time. `None`: the vendor's
    /// choice, a quarter of a second or four blocks, whichever is more.
    pub fifo_length: Option<u32>,
    /// The source ends after so many frames, if it does not end before. `None`: the signal runs
    /// until the device is stopped.
    pub frames: Option<u64>,
}

impl Config {
    /// Frames in a block unless told otherwise: 21 ms at 48 kHz.
    pub const BLOCK_LENGTH: u32 = 1024;
    /// Frames a second unless told otherwise.
    pub const SAMPLE_RATE: u32 = 48_000;

    /// All of the given source in real time, in blocks of the usual length.
    pub fn new(source: Source) -> Config {
        Config {
            source,
            pace: Pace::RealTime,
            block_length: Self::BLOCK_LENGTH,
            fifo_length: None,
            frames: None,
        }
    }

    /// `frames` frames of the built-in signal, one channel, 48 kHz, in real time.
    pub fn signal(frames: u64) -> Config {
        let source = Source::Signal { sample_rate: Self::SAMPLE_RATE, channels: 1 };
        Config { frames: Some(frames), ..Config::new(source) }
    }
}

/// Declares [`Status`] beside the numbers of `device_status`, so that the two can't drift apart.
macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// What the vendor's library answers instead of success.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Status {
            $($(#[$doc])* $name,)*
            /// A number that `device.h` does not list.
            Unknown(i32),
        }

        impl Status {
            /// What the number stands for that a function of [`ffi`] has returned; not 0.
            pub fn from_number(number: i32) -> Status {
                match number {
                    $($number => Status::$name,)*
                    other => Status::Unknown(other),
                }
            }
        }
    };
}

statuses! {
    /// A pointer that must not be null was null.
    NullArgument = 1,
    /// A number in the configuration makes no sense.
    BadConfig = 2,
    /// The system gave no memory.
    NoMemory = 3,
    /// The system gave no thread.
    NoThread = 4,
    /// There is no such file.
    NotFound = 5,
    /// The file is there, but can't be read.
    NotReadable = 6,
    /// The recording holds no samples.
    Empty = 7,
    /// The recording does not begin as a WAV file does.
    NotWav = 8,
    /// A WAV file, but not 16-bit PCM.
    Unsupported = 9,
    /// A WAV file that contradicts itself.
    Malformed = 10,
    /// Reading failed in the middle of the recording.
    ReadFailed = 11,
    /// A device acquires once.
    AlreadyStarted = 12,
    /// There is nothing to stop or to wait for.
    NotStarted = 13,
    /// Refused inside the callback, where it would wait for itself.
    InCallback = 14,
    /// Still acquiring when the time was over.
    Timeout = 15,
}

/// A status of the vendor's library and the sentence that goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: String,
}

impl Error {
    /// What to match on.
    pub fn status(&self) -> Status {
        self.status
    }

    /// Whether the input or the configuration is to blame, rather than the caller or the system.
    pub fn is_bad_input(&self) -> bool {
        use Status::*;
        matches!(
            self.status,
            BadConfig | NotFound | NotReadable | Empty | NotWav | Unsupported | Malformed
        )
    }

    fn from_number(number: i32) -> Error {
        let words = ffi::device_strerror(number);
        // SAFETY: device_strerror returns a static, terminated string, for every number.
        let words = unsafe { CStr::from_ptr(words) };
        let message = words.to_string_lossy().into_owned();
        Error { status: Status::from_number(number), message }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for Error {}

fn check(number: i32) -> Result<(), Error> {
    if number == 0 { Ok(()) } else { Err(Error::from_number(number)) }
}

/// The sample of the built-in signal with this index.
pub fn signal(index: u64) -> i16 {
    ffi::device_signal(index)
}

/// The system's number for the calling thread, as in [`Stats::thread_id`].
pub fn thread_id() -> u64 {
    ffi::device_thread_id()
}

/// An open device. Dropping it stops it, waits for its last callback and closes it. Only inside its
/// own callback that can't be: there it says so on standard error and stays open.
#[derive(Debug)]
pub struct Device {
    handle: NonNull<ffi::DeviceHandle>,
}

// SAFETY: the header allows every function but open and close from any thread, and `Device` closes
// only in `drop`, which has the device to itself.
unsafe impl Send for Device {}
// SAFETY: as above; what several threads may call at once the library guards with a lock.
unsafe impl Sync for Device {}

impl Device {
    /// Opens the source and checks it. Of a WAV this reads the header, and so waits for it where the
    /// source is a pipe.
    ///
    /// # Errors
    ///
    /// [`Error::is_bad_input`] where the recording or the configuration is to blame; the sentence
    /// then names the file and the cause.
    pub fn open(config: &Config) -> Result<Device, Error> {
        let (kind, path, sample_rate, channels) = match &config.source {
            Source::Signal { sample_rate, channels } => (0, None, *sample_rate, *channels),
            Source::Wav(path) => (1, Some(as_c_string(path)?), 0, 0),
            Source::Raw { path, sample_rate, channels } => {
                (2, Some(as_c_string(path)?), *sample_rate, *channels)
            }
        };
        if config.fifo_length == Some(0) {
            let message = String::from("device configuration: the FIFO holds 0 frames");
            return Err(Error { status: Status::BadConfig, message });
        }
        let mut message = [0_u8; ffi::DEVICE_MESSAGE_SIZE];
        let raw = ffi::DeviceConfig {
            source: kind,
            pace: match config.pace {
                Pace::RealTime => 0,
                Pace::FlatOut => 1,
            },
            path: path.as_ref().map_or(ptr::null(), |path| path.as_ptr()),
            block_length: config.block_length,
            fifo_length: config.fifo_length.unwrap_or(0),
            sample_rate,
            channels,
            message: message.as_mut_ptr().cast(),
            message_size: message.len(),
        };
        let mut handle = ptr::null_mut();
        // SAFETY: `raw` and what it points to outlive the call, which keeps none of it.
        let status = unsafe { ffi::device_open(&raw const raw, &raw mut handle) };
        let device = match NonNull::new(handle) {
            Some(handle) if status == 0 => Device { handle },
            _ => {
                let status = Status::from_number(status);
                return Err(Error { status, message: text_of(&message) });
            }
        };
        if let Some(frames) = config.frames {
            device.limit(frames)?;
        }
        Ok(device)
    }

    /// Makes the source end after so many frames, if it does not end before.
    ///
    /// # Errors
    ///
    /// [`Status::AlreadyStarted`]: it is too late for that.
    pub fn limit(&self, frames: u64) -> Result<(), Error> {
        // SAFETY: the handle is open.
        check(unsafe { ffi::device_limit(self.handle.as_ptr(), frames) })
    }

    /// Starts the control thread, which calls `callback` until the source ends or [`Device::stop`].
    ///
    /// # Safety
    ///
    /// `callback` must be sound to call from the device's thread with `count` readable samples, at
    /// any time until the device has ended, and must not unwind. What it uses must live that long.
    ///
    /// # Errors
    ///
    /// [`Status::AlreadyStarted`] the second time, also after the device has ended.
    pub unsafe fn start(&self, callback: DeviceCallback) -> Result<(), Error> {
        // SAFETY: the handle is open; what the callback needs the caller vouches for.
        check(unsafe { ffi::device_start(self.handle.as_ptr(), Some(callback)) })
    }

    /// Waits until the device has ended, `timeout` at the most. Returns whether it has: then the
    /// callback won't be called again.
    ///
    /// # Errors
    ///
    /// [`Status::Empty`] or [`Status::ReadFailed`] where the device ended because of that, with the
    /// sentence that [`Device::notice`] has too. [`Status::NotStarted`], [`Status::InCallback`].
    pub fn wait(&self, timeout: Duration) -> Result<bool, Error> {
        let timeout_ms = timeout.as_millis().try_into().unwrap_or(u32::MAX);
        // SAFETY: the handle is open.
        let status = unsafe { ffi::device_wait(self.handle.as_ptr(), timeout_ms) };
        match check(status) {
            Ok(()) => Ok(true),
            Err(error) if error.status == Status::Timeout => Ok(false),
            Err(error) => {
                let ended = matches!(error.status, Status::Empty | Status::ReadFailed);
                let message = ended.then(|| self.notice()).flatten().unwrap_or(error.message);
                Err(Error { message, ..error })
            }
        }
    }

    /// Ends acquisition, delivers what was acquired so far, and returns after the last callback.
    /// Stopping a device that has ended does nothing.
    ///
    /// # Errors
    ///
    /// [`Status::NotStarted`]; [`Status::InCallback`], where it would wait for itself.
    pub fn stop(&self) -> Result<(), Error> {
        // SAFETY: the handle is open.
        check(unsafe { ffi::device_stop(self.handle.as_ptr()) })
    }

    /// What has happened so far. Cheap; allowed at any time, also inside the callback.
    pub fn statistics(&self) -> Stats {
        let mut stats = Stats::default();
        // SAFETY: the handle is open, `stats` is ours. With both not null it can't fail.
        unsafe { ffi::device_statistics(self.handle.as_ptr(), &raw mut stats) };
        stats
    }

    /// Frames a second: of a WAV, what its header says.
    pub fn sample_rate(&self) -> u32 {
        // SAFETY: the handle is open.
        unsafe { ffi::device_sample_rate(self.handle.as_ptr()) }
    }

    /// Samples in a frame: of a WAV, what its header says.
    pub fn channels(&self) -> u32 {
        // SAFETY: the handle is open.
        unsafe { ffi::device_channels(self.handle.as_ptr()) }
    }

    /// What was wrong with the recording so far: truncated, say. `None` where nothing was.
    pub fn notice(&self) -> Option<String> {
        let mut buffer = [0_u8; ffi::DEVICE_MESSAGE_SIZE];
        // SAFETY: the handle is open, and the buffer has the length that is given.
        let length = unsafe {
            ffi::device_notice(self.handle.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len())
        };
        (length > 0).then(|| text_of(&buffer))
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nobody else has it any more.
        let status = unsafe { ffi::device_close(self.handle.as_ptr()) };
        if status != 0 {
            // Inside its own callback a device can't wait for that callback to end. It stays open.
            // Not `eprintln!`: that panics where nobody reads it, and no panic may leave a callback.
            let error = Error::from_number(status);
            let _ = writeln!(io::stderr(), "device: not closed: {error}");
        }
    }
}

/// The text up to the first NUL.
fn text_of(bytes: &[u8]) -> String {
    let text = CStr::from_bytes_until_nul(bytes).map(CStr::to_bytes).unwrap_or(bytes);
    String::from_utf8_lossy(text).into_owned()
}

fn as_c_string(path: &Path) -> Result<CString, Error> {
    #[cfg(unix)]
    let bytes = Some(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str()));
    #[cfg(not(unix))]
    let bytes = path.to_str().map(str::as_bytes);
    bytes.and_then(|bytes| CString::new(bytes).ok()).ok_or_else(|| Error {
        status: Status::NotFound,
        message: format!("{path:?}: C can't be given this name"),
    })
}
