//! A call that answers later, as a future.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::oneshot;

use crate::Request;
use crate::call::{Error, Verdict, verdict};
use crate::ffi;
use crate::views::Views;

/// What Go needs until it has answered. Go's call owns it, and no future does: so a future may be
/// dropped at any time.
struct Loan {
    request: NonNull<Request>,
    /// Of `request`.
    views: NonNull<Views<'static>>,
    answer: oneshot::Sender<Result<Verdict, Error>>,
}

/// How many requests Go has at this moment. Nothing else depends on it, so it is `Relaxed`.
static LENT: AtomicUsize = AtomicUsize::new(0);

/// How many requests Go has, in this process: lent to it, and not answered yet.
pub fn lent() -> usize {
    LENT.load(Ordering::Relaxed)
}

/// Whether these users pass, asked at the first poll, and answered after a delay in milliseconds.
///
/// The future may be dropped at any time. Go then works on, and its answer is dropped too.
///
/// # Errors
///
/// Where Go panics: it does so where the request has fewer than two limits.
pub async fn check_later(request: Request, delay_ms: u32) -> Result<Verdict, Error> {
    let (answer, answered) = oneshot::channel();
    Loan::lend(request, delay_ms, answer);
    answered.await.unwrap_or(Err(Error::Unanswered))
}

impl Loan {
    fn lend(request: Request, delay_ms: u32, sender: oneshot::Sender<Result<Verdict, Error>>) {
        unsafe extern "C" fn answer(
            slot: *mut c_void,
            status: u32,
            words: *const u8,
            length: usize,
        ) {
            // SAFETY: the loan's box, from `lend`. Go answers once, and reads nothing any more, so
            // it is ours again. This is a thread of Go's, and all that is in it may be sent there.
            let loan = unsafe { Box::from_raw(slot.cast::<Loan>()) };
            // SAFETY: Go lends them until this returns.
            let verdict = unsafe { verdict(status, words, length) };
            let _nobody_waits = loan.take_back().send(verdict);
        }

        // First to its place, then the views: they point there.
        let request = NonNull::from(Box::leak(Box::new(request)));
        // SAFETY: nobody changes it or frees it before `take_back`, which drops the views first.
        let views = Views::new(unsafe { request.as_ref() });
        let views = NonNull::from(Box::leak(Box::new(views)));
        // SAFETY: likewise.
        let lent = &raw const *unsafe { views.as_ref() }.request();
        let loan = Box::into_raw(Box::new(Loan { request, views, answer: sender }));
        LENT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: all of it stays where it is until `answer` takes it back, and only there. From
        // here on the loan is Go's: it may have been answered already when this returns.
        unsafe { ffi::bridge_with_go_check_later(lent, delay_ms, answer, loan.cast()) };
    }

    /// Frees what was lent.
    fn take_back(self) -> oneshot::Sender<Result<Verdict, Error>> {
        // SAFETY: from `lend`. Go has answered, so nobody reads it any more.
        drop(unsafe { Box::from_raw(self.views.as_ptr()) });
        // SAFETY: likewise, and there are no views of it any more.
        drop(unsafe { Box::from_raw(self.request.as_ptr()) });
        LENT.fetch_sub(1, Ordering::Relaxed);
        self.answer
    }
}
