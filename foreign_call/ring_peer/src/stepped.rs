//! An end in C that takes one step at a time, and never waits.

use std::ffi::c_void;
use std::ptr::NonNull;

use foreign_call::ring::Meta;

mod ffi {
    use std::ffi::c_void;

    use foreign_call::ring::Meta;

    #[repr(C)]
    pub(super) struct End {
        _private: [u8; 0],
    }

    unsafe extern "C" {
        // foreign_call_ring_peer_stepped *foreign_call_ring_peer_step_in(
        //     const foreign_call_ring_meta *end);
        pub(super) fn foreign_call_ring_peer_step_in(end: *const Meta) -> *mut End;
        // int foreign_call_ring_peer_step_send(
        //     foreign_call_ring_peer_stepped *end, const void *message, size_t length);
        pub(super) fn foreign_call_ring_peer_step_send(
            end: *mut End,
            message: *const c_void,
            length: usize,
        ) -> i32;
        // int foreign_call_ring_peer_step_receive(
        //     foreign_call_ring_peer_stepped *end, const unsigned char **message, size_t *length);
        pub(super) fn foreign_call_ring_peer_step_receive(
            end: *mut End,
            message: *mut *const u8,
            length: *mut usize,
        ) -> i32;
        // void foreign_call_ring_peer_step_out(foreign_call_ring_peer_stepped *end);
        pub(super) fn foreign_call_ring_peer_step_out(end: *mut End);
    }
}

/// C, attached to an end. Dropping it closes that in both directions.
#[derive(Debug)]
pub struct Stepped(NonNull<ffi::End>);

impl Stepped {
    /// Unless what lies there is no ring.
    ///
    /// # Safety
    ///
    /// The end is lent for as long as this is there.
    pub unsafe fn attach(meta: &Meta) -> Option<Stepped> {
        // SAFETY: C copies what it needs of the description; what that leads to is alive.
        NonNull::new(unsafe { ffi::foreign_call_ring_peer_step_in(meta) }).map(Stepped)
    }

    /// Sends without waiting. Returns C's status.
    pub fn try_send(&mut self, message: &[u8]) -> i32 {
        let start: *const c_void = message.as_ptr().cast();
        // SAFETY: the message lives across the call, and the end is alive.
        unsafe { ffi::foreign_call_ring_peer_step_send(self.0.as_ptr(), start, message.len()) }
    }

    /// Receives without waiting. Or C's status, if there is no message.
    pub fn try_receive(&mut self) -> Result<&[u8], i32> {
        let (mut message, mut length) = (std::ptr::null(), 0);
        let end = self.0.as_ptr();
        // SAFETY: both results are written to, and the end is alive.
        let status = unsafe {
            ffi::foreign_call_ring_peer_step_receive(end, &raw mut message, &raw mut length)
        };
        if status != super::OK {
            return Err(status);
        }
        // SAFETY: it lies in C's own buffer until the next one is received.
        Ok(unsafe { std::slice::from_raw_parts(message, length) })
    }
}

impl Drop for Stepped {
    fn drop(&mut self) {
        // SAFETY: it is alive, and not used afterwards.
        unsafe { ffi::foreign_call_ring_peer_step_out(self.0.as_ptr()) };
    }
}
