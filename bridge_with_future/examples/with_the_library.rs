//! The experiment with `callback_bridge`: its request has the slot, and gives C a number.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::ffi::{c_int, c_void};
use std::pin::Pin;
use std::task::{self, Waker};
use std::time::Instant;

use anyhow::Context;
use bridge_with_future::slot::Abandoned;
use bridge_with_future::{Refusal, Report, Service, ffi};
use callback_bridge::request::{self, Handle, Response};

fn square(service: &Service, number: i32, work_ms: u32) -> Result<Response<i64>, Refusal> {
    let (completion, response) = request::completion();
    let (raw, user_data) = (service.as_ptr(), completion.handle().as_ptr());
    let done: ffi::ServiceCallback = Some(on_square);
    // SAFETY: the service is alive. `on_square` takes whatever user data there is, and never unwinds.
    let status =
        unsafe { ffi::bridge_with_future_service_square(raw, number, work_ms, done, user_data) };
    Refusal::check(status)?; // refused, the completion is dropped
    let _ = completion.into_raw(); // it is C's now
    Ok(response)
}

extern "C" fn on_square(user_data: *mut c_void, status: c_int, square: i64) {
    let handle = Handle::from_ptr(user_data);
    // Refused where nobody waits any more, or where C answers twice. The library counts it.
    let _ = match status {
        ffi::SERVICE_OK => request::complete_raw(handle, square).map_err(|refused| refused.reason),
        _ => request::abandon_raw(handle),
    };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let service = Service::open()?;
    let mut three = square(&service, 3, Report::WORK_MS)?;
    let four = square(&service, 4, 0)?;
    let five = square(&service, 5, Report::WORK_MS)?;

    let mut poll = || Pin::new(&mut three).poll(&mut task::Context::from_waker(Waker::noop()));
    let polled_by_mistake = (0..3).filter(|_| poll().is_pending()).count();
    drop(four); // its slot is free at once, and C's answer is refused

    let begin = Instant::now();
    service.start(2)?;
    let (three, five) = tokio::join!(three, five);
    let took = begin.elapsed();

    let idle = Service::open()?;
    let six = square(&idle, 6, 0)?;
    drop(idle);
    six.await.err().context("a service without workers has answered")?;
    let squares = [three?, five?];
    println!("{}", Report { polled_by_mistake, squares, unanswered: Abandoned, took });
    Ok(())
}
