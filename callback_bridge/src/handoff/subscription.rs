//! A registration and its consumer in one.

use std::convert::Infallible;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use super::{Consumer, OwnedBlock};
use crate::closure::{Aftermath, Ended, Registration, Unregister};

/// A callback that C knows, and the consumer of what it hands over.
///
/// It is used as the [`Consumer`] that it holds. Where the callback has panicked and refuses all calls
/// since, nothing more will come: then receiving ends, once what was handed over before is taken, and
/// [`Registration::resume_panic`] goes on with the panic. (After [`Registration::clear_poison`] it can
/// go on receiving.)
///
/// Dropping it drops the consumer first, so a callback that waits for room is let go and later pushes
/// fail, and then the [`Registration`]. The other way round would hang: unregistering waits for the
/// callback, which waits for room.
///
/// # Examples
///
/// ```
/// use callback_bridge::closure::Thunk;
/// use callback_bridge::handoff::{Builder, Overflow, Subscription};
/// # mod device {
/// #     pub type OnBlock = unsafe extern "C" fn(*const i16, usize);
/// #     static THREAD: std::sync::Mutex<Option<std::thread::JoinHandle<()>>> =
/// #         std::sync::Mutex::new(None);
/// #     static STOP: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
/// #     pub unsafe fn device_start(on_block: OnBlock) -> i32 {
/// #         *THREAD.lock().unwrap() = Some(std::thread::spawn(move || {
/// #             while !STOP.load(std::sync::atomic::Ordering::Relaxed) {
/// #                 unsafe { on_block([1, 2, 3].as_ptr(), 3) };
/// #             }
/// #         }));
/// #         0
/// #     }
/// #     pub unsafe fn device_stop() {
/// #         STOP.store(true, std::sync::atomic::Ordering::Relaxed);
/// #         THREAD.lock().unwrap().take().unwrap().join().unwrap();
/// #     }
/// # }
/// # use device::{device_start, device_stop};
///
/// let (mut producer, consumer) = Builder::new(8, 1024).overflow(Overflow::Wait).build::<i16>();
/// let thunk = Thunk::new(move |samples: *const i16, count: usize| {
///     // SAFETY: the device lends `count` samples while the callback runs.
///     let samples = unsafe { std::slice::from_raw_parts(samples, count) };
///     let _ = producer.push(samples); // fails once the subscription is over
/// });
/// let registration = thunk.register(|on_block| {
///     // SAFETY: the device calls it with samples that it lends for that long.
///     match unsafe { device_start(on_block) } {
///         // SAFETY: it was started. It returns after the last callback.
///         0 => Ok(|| unsafe { device_stop() }),
///         status => Err(status),
///     }
/// });
/// let registration = registration.map_err(|_| "the device did not start")?;
///
/// let mut blocks = Subscription::new(consumer, registration);
/// assert_eq!(*blocks.recv()?, [1, 2, 3]);
/// drop(blocks); // the callback waits for room by now, and device_stop for the callback
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "dropping it unregisters the callback"]
pub struct Subscription<T: Copy + Send, U: Unregister> {
    // Dropped in this order.
    consumer: Consumer<T>,
    registration: Registration<U>,
}

/// A subscription whose type can be written down, so that a struct can have it as a field: made of a
/// [boxed](Registration::boxed) registration.
pub type BoxedSubscription<T, E = Infallible> =
    Subscription<T, Box<dyn FnOnce() -> Result<Aftermath, E> + Send>>;

impl<T: Copy + Send, U: Unregister> Subscription<T, U> {
    /// Joins a consumer with the registration of the callback that has its
    /// [`Producer`](super::Producer).
    pub fn new(mut consumer: Consumer<T>, registration: Registration<U>) -> Subscription<T, U> {
        let signal = Arc::clone(&consumer.signal);
        let watch = registration.watch_poison(Arc::new(move || signal.wake_for()));
        consumer.callback = Some(watch);
        Subscription { consumer, registration }
    }

    /// The callback's side: what it refused, and its panic.
    pub fn registration(&self) -> &Registration<U> {
        &self.registration
    }

    /// Closes the hand-off, unregisters, and says how that went. The consumer still has what was
    /// handed over before; it ends when that is taken.
    ///
    /// # Panics
    ///
    /// If the closure that unregisters does.
    pub fn unregister(mut self) -> (Ended<U::Error>, Consumer<T>) {
        self.consumer.close();
        (self.registration.unregister(), self.consumer)
    }

    /// The two again, for whoever unregisters in one place and goes on receiving in another. From
    /// here on the order is the caller's: as long as nobody receives or closes, a callback may wait
    /// for room, and unregistering for the callback.
    pub fn into_parts(self) -> (Consumer<T>, Registration<U>) {
        (self.consumer, self.registration)
    }
}

impl<T: Copy + Send, U: Unregister> Deref for Subscription<T, U> {
    type Target = Consumer<T>;

    fn deref(&self) -> &Consumer<T> {
        &self.consumer
    }
}

impl<T: Copy + Send, U: Unregister> DerefMut for Subscription<T, U> {
    fn deref_mut(&mut self) -> &mut Consumer<T> {
        &mut self.consumer
    }
}

impl<T: Copy + Send, U: Unregister> Unpin for Subscription<T, U> {}

/// As its consumer's: blocks with items of their own. Dropping it unregisters.
impl<T: Copy + Send, U: Unregister> Stream for Subscription<T, U> {
    type Item = OwnedBlock<T>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<OwnedBlock<T>>> {
        Pin::new(&mut self.consumer).poll_next(context)
    }
}

impl<T: Copy + Send, U: Unregister> fmt::Debug for Subscription<T, U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("consumer", &self.consumer)
            .field("registration", &self.registration)
            .finish()
    }
}
