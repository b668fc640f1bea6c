//! What the peer offers to Rust.

/// Called by Rust when something happens to a call that the peer has: on any thread, also for a
/// handle that the peer has forgotten.
pub type Notify = unsafe extern "C" fn(handle: usize, event: u32);

/// What the peer offers to Rust beside its functions, a constant for each trait:
/// `foreign_call_interface` in C.
#[derive(Debug)]
#[repr(C)]
pub struct Interface {
    /// Of all names, their order, and the layout of all views.
    pub number: u64,
    /// May be missing: then the peer asks.
    pub notify: Option<Notify>,
}

/// Nobody waits for the answer any more.
const DROPPED: u32 = 1;
/// A stream that was full has room.
const ROOM: u32 = 2;

/// A call of the peer's, and how to tell the peer about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    pub(super) handle: usize,
    /// `None`: the peer does not want to be told, or can't.
    pub(super) notify: Option<Notify>,
}

impl Told {
    pub(super) fn dropped(self) {
        self.tell(DROPPED);
    }

    pub(super) fn room(self) {
        self.tell(ROOM);
    }

    fn tell(self, event: u32) {
        if let Some(notify) = self.notify {
            // SAFETY: the peer's promise: any handle, any event, any thread.
            unsafe { notify(self.handle, event) };
        }
    }
}
