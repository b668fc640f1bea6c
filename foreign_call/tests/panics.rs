//! A panic in Rust while C is below it: it ends there, and is the caller's error.

#[path = "peer/call.rs"]
mod call;

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use call::{Call, TAKEN};
use foreign_call::call::Interface;
use foreign_call::{CallError, ConvertError, FromRef, MemType, ToRef, Writer, r2g};

/// A value that nobody can make.
#[derive(Debug, PartialEq)]
struct Bomb;

// SAFETY: `AS_IS` is false.
unsafe impl ToRef for Bomb {
    const MEM_TYPE: MemType = MemType::Primitive;
    const AS_IS: bool = false;
    const SHAPE: u64 = 0;
    type Ref<'a> = u8;

    fn to_size(&self, _: &mut usize) {}

    fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> u8 {
        0
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl FromRef for Bomb {
    const PLAIN: bool = false;

    fn from_ref(view: &u8) -> Result<Bomb, ConvertError> {
        panic!("boom {view}");
    }
}

#[r2g]
trait Panics {
    fn now() -> Result<Bomb, CallError>;
    async fn later() -> Result<Bomb, CallError>;
}

#[unsafe(no_mangle)]
extern "C" fn Panics_now(call: Call) {
    assert_eq!(call.answer(&7_u8), TAKEN);
}

#[unsafe(no_mangle)]
extern "C" fn Panics_later(call: Call) {
    assert_eq!(call.answer(&7_u8), TAKEN);
}

#[unsafe(no_mangle)]
static Panics_interface: Interface = Interface { number: 0x829b_67e7_600b_8978, notify: None };

#[test]
fn a_panic_below_c_is_an_error_of_the_caller() {
    let panicked = Err(CallError::Panicked("boom 7".into()));
    assert_eq!(PanicsImpl::now(), panicked);
    let polled = pin!(PanicsImpl::later()).poll(&mut Context::from_waker(Waker::noop()));
    assert_eq!(polled, Poll::Ready(panicked));
}
