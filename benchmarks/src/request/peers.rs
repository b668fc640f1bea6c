//! The subjects: each makes a request, crosses C as one pointer, and is awaited.

use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use callback_bridge::request::{self, Handle};
use futures_util::task::AtomicWaker;

/// One way to wait for C.
pub trait Peer: 'static {
    /// As it stands in the table.
    const NAME: &'static str;
    /// What is awaited.
    type Response: Future<Output = Result<i64, Self::Error>> + Send + 'static;
    /// The answer never comes.
    type Error: Debug;
    /// A new request, and its user data.
    fn request() -> (*mut c_void, Self::Response);
    /// C's callback.
    ///
    /// # Safety
    ///
    /// Once for each request.
    unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64);
    /// Blocks until the answer is there.
    fn wait(response: Self::Response) -> i64;
}

/// `callback_bridge`, by its handle.
pub struct Bridge;

impl Peer for Bridge {
    const NAME: &'static str = "callback_bridge";
    type Response = request::Response<i64>;
    type Error = request::Abandoned;

    #[inline(always)]
    fn request() -> (*mut c_void, Self::Response) {
        let (completion, response) = request::completion();
        (completion.into_raw().as_ptr(), response)
    }

    unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64) {
        request::complete_raw(Handle::from_ptr(user_data), answer).expect("it is wanted");
    }

    fn wait(response: Self::Response) -> i64 {
        response.wait().expect("it is answered")
    }
}

/// `oneshot`, whose sender can become a pointer without an allocation.
pub struct Oneshot;

impl Peer for Oneshot {
    const NAME: &'static str = "oneshot, into_raw";
    type Response = oneshot::AsyncReceiver<i64>;
    type Error = oneshot::RecvError;

    #[inline(always)]
    fn request() -> (*mut c_void, Self::Response) {
        let (sender, receiver) = oneshot::async_channel();
        (sender.into_raw().cast(), receiver)
    }

    unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64) {
        // SAFETY: from `into_raw` in `request`, once.
        let sender = unsafe { oneshot::Sender::<i64>::from_raw(user_data.cast()) };
        sender.send(answer).expect("it is wanted");
    }

    fn wait(response: Self::Response) -> i64 {
        block_on(response)
    }
}

/// A sender that has to be boxed to become one pointer.
macro_rules! boxed {
    ($peer:ident, $name:literal, $sender:ty, $response:ty, $error:ty, $new:expr, $send:expr) => {
        #[doc = $name]
        pub struct $peer;

        impl Peer for $peer {
            const NAME: &'static str = $name;
            type Response = $response;
            type Error = $error;

            #[inline(always)]
            fn request() -> (*mut c_void, Self::Response) {
                let (sender, receiver) = $new;
                (Box::into_raw(Box::new(sender)).cast(), receiver)
            }

            unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64) {
                // SAFETY: from `Box::into_raw` in `request`, once.
                let sender = unsafe { Box::from_raw(user_data.cast::<$sender>()) };
                $send(*sender, answer);
            }

            fn wait(response: Self::Response) -> i64 {
                block_on(response)
            }
        }
    };
}

boxed!(
    TokioOneshot,
    "tokio oneshot",
    tokio::sync::oneshot::Sender<i64>,
    tokio::sync::oneshot::Receiver<i64>,
    tokio::sync::oneshot::error::RecvError,
    tokio::sync::oneshot::channel(),
    |sender: tokio::sync::oneshot::Sender<i64>, answer| sender.send(answer).expect("it is wanted")
);

boxed!(
    FuturesOneshot,
    "futures oneshot",
    futures_channel::oneshot::Sender<i64>,
    futures_channel::oneshot::Receiver<i64>,
    futures_channel::oneshot::Canceled,
    futures_channel::oneshot::channel(),
    |sender: futures_channel::oneshot::Sender<i64>, answer| sender
        .send(answer)
        .expect("it is wanted")
);

boxed!(
    BridgeBoxed,
    "callback_bridge, completion boxed",
    request::Completion<i64>,
    request::Response<i64>,
    request::Abandoned,
    request::completion(),
    |completion: request::Completion<i64>, answer| completion
        .complete(answer)
        .expect("it is wanted")
);

/// What one writes by hand: a value and an `AtomicWaker` under one `Arc`, as the slots of FFI
/// generators have it.
pub struct AtomicSlot;

/// The slot of [`AtomicSlot`].
pub struct Slot {
    done: AtomicBool,
    value: UnsafeCell<i64>,
    waker: AtomicWaker,
}

// SAFETY: the value is written before `done`, and read after.
unsafe impl Sync for Slot {}

/// Waits for a [`Slot`].
pub struct SlotResponse(Arc<Slot>);

impl SlotResponse {
    fn take(&self) -> Option<i64> {
        // Acquire: pairs with the Release store in `answer`.
        // SAFETY: written before `done`, and not again.
        self.0.done.load(Ordering::Acquire).then(|| unsafe { *self.0.value.get() })
    }
}

impl Future for SlotResponse {
    type Output = Result<i64, std::convert::Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(value) = self.take() {
            return Poll::Ready(Ok(value));
        }
        self.0.waker.register(context.waker());
        self.take().map_or(Poll::Pending, |value| Poll::Ready(Ok(value)))
    }
}

impl Peer for AtomicSlot {
    const NAME: &'static str = "by hand, Arc and AtomicWaker";
    type Response = SlotResponse;
    type Error = std::convert::Infallible;

    #[inline(always)]
    fn request() -> (*mut c_void, SlotResponse) {
        let slot = Arc::new(Slot {
            done: AtomicBool::new(false),
            value: UnsafeCell::new(0),
            waker: AtomicWaker::new(),
        });
        (Arc::into_raw(Arc::clone(&slot)).cast_mut().cast(), SlotResponse(slot))
    }

    unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64) {
        // SAFETY: from `Arc::into_raw` in `request`, once.
        let slot = unsafe { Arc::from_raw(user_data.cast::<Slot>()) };
        // SAFETY: nobody reads it before `done`, and C answers once.
        unsafe { *slot.value.get() = answer };
        slot.done.store(true, Ordering::Release);
        slot.waker.wake();
    }

    fn wait(response: SlotResponse) -> i64 {
        block_on(response)
    }
}

/// What one writes first by hand: everything under one lock.
pub struct MutexSlot;

/// The lock of [`MutexSlot`], and what is under it.
pub struct MutexResponse(Arc<Mutex<(Option<i64>, Option<Waker>)>>);

impl Future for MutexResponse {
    type Output = Result<i64, std::convert::Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.0.lock().expect("nobody panics");
        match slot.0 {
            Some(value) => Poll::Ready(Ok(value)),
            None => {
                slot.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Peer for MutexSlot {
    const NAME: &'static str = "by hand, Arc and Mutex";
    type Response = MutexResponse;
    type Error = std::convert::Infallible;

    #[inline(always)]
    fn request() -> (*mut c_void, MutexResponse) {
        let slot = Arc::new(Mutex::new((None, None)));
        (Arc::into_raw(Arc::clone(&slot)).cast_mut().cast(), MutexResponse(slot))
    }

    unsafe extern "C" fn answer(user_data: *mut c_void, answer: i64) {
        // SAFETY: from `Arc::into_raw` in `request`, once.
        let slot =
            unsafe { Arc::from_raw(user_data.cast::<Mutex<(Option<i64>, Option<Waker>)>>()) };
        let waker = {
            let mut slot = slot.lock().expect("nobody panics");
            slot.0 = Some(answer);
            slot.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn wait(response: MutexResponse) -> i64 {
        block_on(response)
    }
}

fn block_on<T, E: Debug>(response: impl Future<Output = Result<T, E>>) -> T {
    futures_executor::block_on(response).expect("it is answered")
}
