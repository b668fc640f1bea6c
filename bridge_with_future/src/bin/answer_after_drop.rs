//! WRONG: C answers into memory that the future alone owns. The future is dropped, and C answers.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::ffi::{c_int, c_void};
use std::pin::Pin;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use bridge_with_future::{Refusal, Service, ffi};

#[derive(Default)]
struct Shared {
    answered: AtomicBool,
    square: AtomicI64,
    waker: Mutex<Option<Waker>>,
}

/// WRONG: what C points to goes when this goes.
struct Answer(Box<Shared>);

fn ask(service: &Service, number: i32, work_ms: u32) -> Result<Answer, Refusal> {
    let answer = Answer(Box::default());
    let (service, user_data) = (service.as_ptr(), ptr::from_ref(&*answer.0).cast_mut().cast());
    // SAFETY: none. C uses the user data when it answers, and nothing keeps it alive until then.
    let status = unsafe {
        ffi::bridge_with_future_service_square(service, number, work_ms, Some(on_square), user_data)
    };
    Refusal::check(status).map(|()| answer)
}

unsafe extern "C" fn on_square(user_data: *mut c_void, _status: c_int, square: i64) {
    // SAFETY: none, as `ask` has none.
    let shared = unsafe { &*user_data.cast::<Shared>() };
    shared.square.store(square, Ordering::Relaxed);
    shared.answered.store(true, Ordering::Release);
    let waker = shared.waker.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Future for Answer {
    type Output = i64;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<i64> {
        let Shared { answered, square, waker } = &*self.0;
        *waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        match answered.load(Ordering::Acquire) {
            true => Poll::Ready(square.load(Ordering::Relaxed)),
            false => Poll::Pending,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let service = Service::open()?;
    drop(ask(&service, 3, 0)?); // WRONG: as a timeout does, or a `select!`
    // Gets the memory that was freed last. Its own answer would take a second.
    let mut answer = ask(&service, 5, 1000)?;
    service.start(1)?;
    let square = (&mut answer).await;
    drop(service); // C answers no more
    println!("the square of 5 is {square}");
    Ok(())
}
