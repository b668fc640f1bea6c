//! A trait whose ring can't be made. (With a peer that serves: `conformance/` and `conformance_go/`.)
#![cfg(unix)]

use std::future::Future;
use std::io::ErrorKind;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

use foreign_call::call::mem::End;
use foreign_call::call::{CallError, Interface};
use foreign_call::{kept_calls, r2g};

#[r2g]
trait Refusing {
    #[mem]
    fn tell(text: String);
    #[mem]
    #[drop_safe_ret]
    async fn ask(text: String) -> Result<u8, CallError>;
}

static ASKED_TO_SERVE: AtomicU32 = AtomicU32::new(0);

#[unsafe(no_mangle)]
extern "C" fn foreign_call_serve_Refusing(_end: *const End) -> i32 {
    ASKED_TO_SERVE.fetch_add(1, Ordering::Relaxed);
    1
}

#[unsafe(no_mangle)]
static Refusing_interface: Interface = Interface { number: 0x7476_fb75_d25a_3862, notify: None };

fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}

#[test]
fn a_peer_that_does_not_serve_is_an_error_and_is_asked_again_by_the_next_call() {
    for asked in 1..4 {
        let (answer, back) = at_once(RefusingImpl::ask("back".into()));
        assert_eq!(answer, Err(CallError::NoRing(ErrorKind::Other)));
        assert_eq!(back, "back");
        assert_eq!(ASKED_TO_SERVE.load(Ordering::Relaxed), asked);
    }
    let told = std::panic::catch_unwind(|| RefusingImpl::tell("lost".into()));
    let panic = told.expect_err("a one-way call has no other way to say so");
    let said = panic.downcast_ref::<String>().map(String::as_str);
    assert_eq!(said, Some("`Refusing::tell`: no ring to the peer: other error"));
    assert_eq!(kept_calls(), 0, "nothing is kept for a call that was not made");
}
