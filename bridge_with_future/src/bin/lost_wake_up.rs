//! WRONG: looks whether the answer is there, and leaves its waker then. An answer in between wakes
//! nobody. `cargo test` has loom find that in this very file; run, it makes the moment come.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::ffi::{c_int, c_void};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

#[cfg(test)]
use loom::sync::{Mutex, atomic::AtomicBool};
#[cfg(not(test))]
use std::sync::{Mutex, atomic::AtomicBool};

use bridge_with_future::{Refusal, Service, ffi};

#[derive(Default)]
struct Shared {
    answered: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Shared {
    fn answer(&self) {
        self.answered.store(true, Ordering::SeqCst);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

struct Answer<M> {
    shared: Arc<Shared>,
    /// What happens between the two steps of `poll`.
    meanwhile: M,
}

impl<M: FnMut() + Unpin> Future for Answer<M> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.shared.answered.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        (self.meanwhile)();
        let waker = context.waker().clone();
        // WRONG: who has answered since the look above found no waker here.
        *self.shared.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(waker);
        Poll::Pending
    }
}

unsafe extern "C" fn on_square(user_data: *mut c_void, _status: c_int, _square: i64) {
    // SAFETY: from `Arc::into_raw` in `main`, which gave this share to C; C calls once.
    unsafe { Arc::from_raw(user_data.cast::<Shared>()) }.answer();
}

/// Counts how often it is told to wake the task.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() -> anyhow::Result<()> {
    let service = Service::open()?;
    let shared = Arc::<Shared>::default();
    let user_data = Arc::into_raw(Arc::clone(&shared)).cast_mut().cast();
    // SAFETY: the service is alive, and `on_square` expects a share of this type.
    Refusal::check(unsafe {
        ffi::bridge_with_future_service_square(service.as_ptr(), 3, 0, Some(on_square), user_data)
    })?;

    let mut service = Some(service);
    let meanwhile = || {
        if let Some(service) = service.take() {
            service.start(1).expect("the system has threads");
            drop(service); // closes it: C has called back by then, one way or the other
        }
    };
    let count = Arc::<Count>::default();
    let mut answer = Answer { shared: Arc::clone(&shared), meanwhile };
    let waker = Waker::from(Arc::clone(&count));
    let poll = Pin::new(&mut answer).poll(&mut Context::from_waker(&waker));
    println!("polled    {poll:?}");
    drop(answer);
    println!("answered  {}", shared.answered.load(Ordering::SeqCst));
    println!("woken     {} times", count.0.load(Ordering::Relaxed));
    Ok(())
}

#[cfg(test)]
mod model {
    use loom::thread::{self, Thread};

    use super::*;

    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    #[should_panic(expected = "deadlock")]
    fn loom_finds_the_order_in_which_nobody_is_woken() {
        loom::model(|| {
            let shared = Arc::<Shared>::default();
            let answering = Arc::clone(&shared);
            thread::spawn(move || answering.answer());
            let mut answer = Answer { shared, meanwhile: || () };
            let waker = Waker::from(Arc::new(Unpark(thread::current())));
            while Pin::new(&mut answer).poll(&mut Context::from_waker(&waker)).is_pending() {
                thread::park(); // for ever, where nobody unparks it
            }
        });
    }
}
