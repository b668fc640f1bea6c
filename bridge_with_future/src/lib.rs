//! Experiment 10: a C function that answers later is awaited.
//!
//! | idea | file |
//! |---|---|
//! | a call, a worker thread, a callback | `csrc/service.c` |
//! | the place of the answer, which two sides share | `slot.rs` |
//! | the service in Rust: a function that returns a future | this file |
//!
//! The chapter is this crate's `README.md`.

pub mod ffi;
pub mod slot;
mod sync;

use std::ffi::{c_int, c_void};
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{self, Waker};
use std::time::{Duration, Instant};
use std::{error, fmt};

use anyhow::Context;
use tokio::runtime;

use slot::{Abandoned, Completion, Response};

/// What the service says instead of taking a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// C has no memory.
    NoMemory,
    /// The system gives no thread, or the service has 16.
    NoThread,
    /// The service is being closed.
    Closed,
}

impl Refusal {
    /// What a status of the service means.
    ///
    /// # Errors
    ///
    /// Whatever is not success.
    pub fn check(status: c_int) -> Result<(), Refusal> {
        match status {
            ffi::SERVICE_OK => Ok(()),
            ffi::SERVICE_NO_MEMORY => Err(Refusal::NoMemory),
            ffi::SERVICE_NO_THREAD => Err(Refusal::NoThread),
            _ => Err(Refusal::Closed),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::NoMemory => "C has no memory",
            Refusal::NoThread => "there are no more threads",
            Refusal::Closed => "the service is being closed",
        })
    }
}

impl error::Error for Refusal {}

/// A service of C's. Dropping it waits for what the workers are at, and gives up what still waits:
/// those futures end with [`Abandoned`]. So no waker may drop it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> anyhow::Result<()> {
/// let service = bridge_with_future::Service::open()?;
/// service.start(1)?;
/// assert_eq!(service.square(-3, 0)?.await?, 9);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Service {
    handle: NonNull<ffi::RawService>,
}

// SAFETY: `service.h` allows its functions on any thread, all but close at any time; `drop` closes.
unsafe impl Send for Service {}
// SAFETY: as above.
unsafe impl Sync for Service {}

impl Service {
    /// A service without workers.
    ///
    /// # Errors
    ///
    /// Where C has no memory.
    pub fn open() -> Result<Service, Refusal> {
        let handle = NonNull::new(ffi::bridge_with_future_service_open());
        handle.map(|handle| Service { handle }).ok_or(Refusal::NoMemory)
    }

    /// Adds so many workers.
    ///
    /// # Errors
    ///
    /// Where there are no more threads.
    pub fn start(&self, workers: usize) -> Result<(), Refusal> {
        // SAFETY: the service is alive.
        Refusal::check(unsafe { ffi::bridge_with_future_service_start(self.as_ptr(), workers) })
    }

    /// Asks for the square of `number`, which takes a worker so many milliseconds. The service has
    /// the request when this returns, whatever becomes of the future.
    ///
    /// # Errors
    ///
    /// Where the service does not take the request.
    pub fn square(&self, number: i32, work_ms: u32) -> Result<Response<i64>, Refusal> {
        let (completion, response) = slot::slot();
        let (raw, user_data) = (self.as_ptr(), completion.into_raw());
        let done: ffi::ServiceCallback = Some(on_square);
        // SAFETY: the service is alive. `on_square` expects this user data, and never unwinds.
        let status = unsafe {
            ffi::bridge_with_future_service_square(raw, number, work_ms, done, user_data)
        };
        let taken = Refusal::check(status);
        if taken.is_err() {
            // SAFETY: it is from above, and C, which has refused it, will not use it.
            drop(unsafe { Completion::<i64>::from_raw(user_data) });
        }
        taken.map(|()| response)
    }

    /// The service as C knows it, for as long as `self` lives.
    pub fn as_ptr(&self) -> *mut ffi::RawService {
        self.handle.as_ptr()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // SAFETY: it is ours, and this is its end.
        unsafe { ffi::bridge_with_future_service_close(self.as_ptr()) };
    }
}

/// Where C answers, on one of its threads.
///
/// # Safety
///
/// For C, once for each request that it has taken from `Service::square`.
unsafe extern "C" fn on_square(user_data: *mut c_void, status: c_int, square: i64) {
    // SAFETY: where from: `into_raw` in `Service::square`. Why alive: it owns a share of the slot.
    // Why nobody else uses it: C calls once for each request. Which thread: one of C's, and a
    // `Completion` is `Send`.
    let completion = unsafe { Completion::from_raw(user_data) };
    if status == ffi::SERVICE_OK {
        completion.complete(square);
    } // else it is dropped, and that says that no answer will come
}

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How often a future was polled although nothing had happened, and was pending.
    pub polled_by_mistake: usize,
    /// The squares of 3 and 5, asked for at once and awaited by one thread.
    pub squares: [i64; 2],
    /// What a service that was closed before it had a worker made of a request.
    pub unanswered: Abandoned,
    /// From the start of the workers to the second answer.
    pub took: Duration,
}

impl Report {
    /// How long a worker is at each square.
    pub const WORK_MS: u32 = 200;
}

/// Asks for squares, awaits two of them, drops one early, and leaves one unanswered.
///
/// ```
/// let report = bridge_with_future::run()?;
/// assert_eq!(report.squares, [9, 25]);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where the system gives no threads.
pub fn run() -> anyhow::Result<Report> {
    // One thread for all tasks: none of them waits for C with it.
    let runtime = runtime::Builder::new_current_thread().build().context("no runtime")?;
    runtime.block_on(squares())
}

async fn squares() -> anyhow::Result<Report> {
    let service = Service::open()?;
    let mut three = service.square(3, Report::WORK_MS)?;
    let four = service.square(4, 0)?;
    let five = service.square(5, Report::WORK_MS)?;

    // There are no workers yet, so this is too early, and with a waker of nobody's.
    let mut poll = || Pin::new(&mut three).poll(&mut task::Context::from_waker(Waker::noop()));
    let polled_by_mistake = (0..3).filter(|_| poll().is_pending()).count();
    drop(four); // C has the request all the same, and will answer

    let begin = Instant::now();
    service.start(2)?;
    let (three, five) = tokio::join!(three, five);
    let took = begin.elapsed();

    let idle = Service::open()?;
    let six = idle.square(6, 0)?;
    drop(idle);
    let unanswered = six.await.err().context("a service without workers has answered")?;
    Ok(Report { polled_by_mistake, squares: [three?, five?], unanswered, took })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { polled_by_mistake, squares: [three, five], unanswered, took } = self;
        writeln!(f, "polled by mistake  {polled_by_mistake} times, pending each time")?;
        writeln!(f, "dropped early      the square of 4")?;
        writeln!(f, "squares            {three} and {five}, of 3 and 5, awaited by one thread")?;
        writeln!(f, "service closed     {unanswered}")?;
        let (took, work) = (took.as_millis(), Report::WORK_MS);
        write!(f, "took               {took} ms, of two calls of {work} ms each")
    }
}
