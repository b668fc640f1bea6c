//! What a C header declares, in Rust: for peers that are written in Rust, but speak the C ABI.
#![allow(dead_code, reason = "each test uses some of it")]

use std::ffi::c_void;
use std::ptr;

pub(crate) const TAKEN: u32 = 0;
pub(crate) const REFUSED: u32 = 1;
pub(crate) const FULL: u32 = 2;

pub(crate) const ROOM: u32 = 0;
pub(crate) const NEVER: u32 = 1;
pub(crate) const TIME_IS_UP: u32 = 2;

/// `foreign_call`, as a C header declares it.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Call {
    pub(crate) handle: usize,
    rust: *const Functions,
}

#[repr(C)]
struct Functions {
    answer: unsafe extern "C" fn(usize, u32, *const c_void) -> u32,
    state: extern "C" fn(usize) -> u32,
    wait_for_room: Option<extern "C" fn(usize, u32) -> u32>,
}

// SAFETY: a number and a constant.
unsafe impl Send for Call {}

#[derive(Clone, Copy)]
#[repr(u32)]
pub(crate) enum Status {
    Answered = 0,
    Failed = 1,
    GivenUp = 2,
    Item = 3,
    End = 4,
    Unknown = 77,
}

#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Text {
    pointer: *const u8,
    length: usize,
}

impl Text {
    pub(crate) fn new(bytes: &[u8]) -> Text {
        Text { pointer: bytes.as_ptr(), length: bytes.len() }
    }

    pub(crate) fn get(&self) -> &[u8] {
        match self.length {
            0 => &[],
            // SAFETY: as the interface says, so many bytes lie there.
            length => unsafe { std::slice::from_raw_parts(self.pointer, length) },
        }
    }
}

#[repr(C)]
struct Failure {
    code: i32,
    message: Text,
}

impl Call {
    pub(crate) fn answer_at(self, status: Status, view: *const c_void) -> u32 {
        // SAFETY: the table is constant.
        let answer = unsafe { (*self.rust).answer };
        // SAFETY: the view is what the status says, or null; Rust checks the rest.
        unsafe { answer(self.handle, status as u32, view) }
    }

    pub(crate) fn answer<T>(self, view: &T) -> u32 {
        self.answer_at(Status::Answered, ptr::from_ref(view).cast())
    }

    pub(crate) fn fail(self, code: i32, message: &[u8]) -> u32 {
        let failure = Failure { code, message: Text::new(message) };
        self.answer_at(Status::Failed, (&raw const failure).cast())
    }

    pub(crate) fn give_up(self) -> u32 {
        self.answer_at(Status::GivenUp, ptr::null())
    }

    pub(crate) fn send<T>(self, view: &T) -> u32 {
        self.answer_at(Status::Item, ptr::from_ref(view).cast())
    }

    pub(crate) fn end(self) -> u32 {
        self.answer_at(Status::End, ptr::null())
    }

    /// `None`: it is no stream.
    pub(crate) fn wait_for_room(self, milliseconds: u32) -> Option<u32> {
        // SAFETY: the table is constant.
        let wait = unsafe { (*self.rust).wait_for_room };
        wait.map(|wait| wait(self.handle, milliseconds))
    }

    pub(crate) fn is_wanted(self) -> bool {
        // SAFETY: the table is constant.
        let state = unsafe { (*self.rust).state };
        state(self.handle) == 0
    }

    pub(crate) fn forged(self) -> Call {
        Call { handle: self.handle ^ (1 << 40), ..self }
    }

    /// Another call's handle, and this one's functions.
    pub(crate) fn with_handle_of(self, other: Call) -> Call {
        Call { handle: other.handle, ..self }
    }
}
