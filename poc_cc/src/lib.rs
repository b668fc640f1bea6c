//! Experiment 1: C in the project, built with `cc`, called from Rust.
//!
//! `csrc/` is the C, `build.rs` compiles it, [`ffi`] declares it, and this file makes it safe.
//! The chapter is this crate's `README.md`.

use std::ffi::{CStr, c_int};
use std::mem::{MaybeUninit, offset_of};
use std::{error, fmt, ptr};

use anyhow::bail;

pub mod ffi;

pub use ffi::Levels;

/// What C answers instead of success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// The number that C returned.
    pub status: c_int,
    /// C's words for it.
    pub words: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "C says: {} (status {})", self.words, self.status)
    }
}

impl error::Error for Error {}

/// `value`, or the nearest number that a 16-bit sample can hold.
pub fn saturate(value: i32) -> i16 {
    // No `unsafe` here: ffi.rs vouches with `safe fn` that every `i32` is fine.
    ffi::poc_cc_saturate(value)
}

/// The distance between the lowest and the highest sample.
pub fn span(levels: Levels) -> i32 {
    ffi::poc_cc_span(levels)
}

/// A status in C's words.
pub fn status_text(status: c_int) -> String {
    let text = ffi::poc_cc_status_text(status);
    // SAFETY: the header promises a static, terminated string for every number.
    let text = unsafe { CStr::from_ptr(text) };
    text.to_string_lossy().into_owned()
}

/// Lowest, highest and mean of the samples.
///
/// # Errors
///
/// Where there are no samples.
pub fn measure(samples: &[i16]) -> Result<Levels, Error> {
    let mut levels = MaybeUninit::uninit();
    // SAFETY: the slice is readable for `len` samples, `levels` is ours to write, and C keeps
    // neither pointer.
    let status =
        unsafe { ffi::poc_cc_measure(samples.as_ptr(), samples.len(), levels.as_mut_ptr()) };
    check(status)?;
    // SAFETY: the status was 0, so C has written all of it.
    Ok(unsafe { levels.assume_init() })
}

/// What no safe caller can do: a slice is never null. C checks all the same, for those who write C.
fn measure_null() -> Result<Levels, Error> {
    let mut levels = MaybeUninit::uninit();
    // SAFETY: the header allows null; C then reads and writes nothing.
    check(unsafe { ffi::poc_cc_measure(ptr::null(), 4, levels.as_mut_ptr()) })?;
    // SAFETY: the status was 0, so C has written all of it.
    Ok(unsafe { levels.assume_init() })
}

fn check(status: c_int) -> Result<(), Error> {
    if status == 0 { Ok(()) } else { Err(Error { status, words: status_text(status) }) }
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// 70,000 is no 16-bit sample; this is what C made of it.
    pub saturated: i16,
    /// Of four samples.
    pub levels: Levels,
    /// Highest minus lowest.
    pub span: i32,
    /// What measuring gave without samples, and with a null pointer.
    pub refusals: [Error; 2],
    /// The size of `Levels` and the offsets of its members: C's view, then Rust's.
    pub layouts: [[usize; 4]; 2],
}

/// Calls each function once.
///
/// ```
/// let report = poc_cc::run()?;
/// assert_eq!(report.span, 1200);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where C refuses the four samples, which it has no reason to.
pub fn run() -> anyhow::Result<Report> {
    let levels = measure(&[100, -200, 1000, 300])?;
    let Err(empty) = measure(&[]) else { bail!("C measured no samples") };
    let Err(null) = measure_null() else { bail!("C measured a null pointer") };
    Ok(Report {
        saturated: saturate(70_000),
        levels,
        span: span(levels),
        refusals: [empty, null],
        layouts: [
            ffi::poc_cc_levels_layout,
            [
                size_of::<Levels>(),
                offset_of!(Levels, lowest),
                offset_of!(Levels, highest),
                offset_of!(Levels, mean),
            ],
        ],
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Levels { lowest, highest, mean } = self.levels;
        let [c, rust] = self.layouts;
        writeln!(f, "scalar         70000 as a sample is {}", self.saturated)?;
        writeln!(f, "slice          lowest {lowest}, highest {highest}, mean {mean}")?;
        writeln!(f, "struct         the span is {}", self.span)?;
        let [empty, null] = &self.refusals;
        writeln!(f, "no samples     {empty}")?;
        writeln!(f, "null pointer   {null}")?;
        writeln!(f, "layout in C    {} bytes, members at {:?}", c[0], &c[1..])?;
        write!(f, "layout in Rust {} bytes, members at {:?}", rust[0], &rust[1..])
    }
}
