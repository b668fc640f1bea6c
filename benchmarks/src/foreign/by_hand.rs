//! C, called without a trait: the same views, then a plain call, whose answer comes through a
//! pointer and can be neither refused nor an error.

use std::ffi::c_void;

use foreign_call::ToRef;
use foreign_call::convert::Buffer;

use super::in_c::{DemoComplicatedRequest, DemoUser};
use super::{Now, Payload};
use crate::ffi;

pub struct ByHand;

impl Payload for ByHand {
    const NAME: &'static str = "by hand";
    type User = DemoUser;
    type Request = DemoComplicatedRequest;

    fn user(name: String, age: u8) -> DemoUser {
        DemoUser { name, age }
    }

    fn request(users: Vec<DemoUser>, balabala: Vec<u8>) -> DemoComplicatedRequest {
        DemoComplicatedRequest { users, balabala }
    }
}

impl Now for ByHand {
    fn open() -> ByHand {
        ByHand
    }

    fn empty(&self) {
        // SAFETY: it takes nothing.
        unsafe { ffi::foreign_empty() };
    }

    fn one_way(&self, user: &DemoUser) {
        // SAFETY: the view is of the function's type, and lives through the call.
        with_view(user, |view| unsafe { ffi::foreign_one_way(view) });
    }

    fn told(&self) -> u64 {
        <super::in_c::InCImpl as super::in_c::InC>::told().ages
    }

    fn flat(&self, user: &DemoUser) -> bool {
        asked(user, ffi::foreign_flat)
    }

    fn nested(&self, request: &DemoComplicatedRequest) -> bool {
        asked(request, ffi::foreign_nested)
    }
}

#[inline(always)]
fn with_view<T: ToRef>(value: &T, call: impl FnOnce(*const c_void)) {
    let mut buffer = Buffer::for_value(value);
    let view = value.to_ref(&mut buffer.writer());
    call((&raw const view).cast());
}

#[inline(always)]
fn asked<T: ToRef>(value: &T, ask: unsafe extern "C" fn(*const c_void, *mut bool)) -> bool {
    let mut pass = false;
    // SAFETY: the view is of the function's type, and lives through the call, as `pass` does.
    with_view(value, |view| unsafe { ask(view, &raw mut pass) });
    pass
}
