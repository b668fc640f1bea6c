//! The second way: memory that both see, and a flag in it.

use std::cell::UnsafeCell;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{hint, thread};

use anyhow::ensure;

use super::serialise::serialise;
use crate::ffi::{self, turn};
use crate::{Request, views};

/// Memory that Go looks at, all the time, from a thread of its own.
#[derive(Debug)]
pub struct Shared {
    memory: NonNull<views::Shared>,
    buffer: Vec<u8>,
}

impl Shared {
    /// Makes Go look.
    pub fn new() -> Shared {
        let memory = Box::leak(Box::new(views::Shared {
            turn: AtomicU32::new(turn::RUST),
            answer: UnsafeCell::new(0),
            length: UnsafeCell::new(0),
            request: UnsafeCell::new([0; 4096]),
        }));
        let memory = NonNull::from(memory);
        // SAFETY: it stays there until Go has stored `CLOSED`, as `drop` waits for that.
        unsafe { ffi::bridge_with_go_share(memory.as_ptr()) };
        Shared { memory, buffer: Vec::new() }
    }

    /// All ages together, as Go adds them.
    ///
    /// # Errors
    ///
    /// Where the request is too long for the memory.
    pub fn sum_of_ages(&mut self, request: &Request) -> anyhow::Result<u32> {
        self.buffer.clear();
        serialise(request, &mut self.buffer);
        // SAFETY: it is ours until `drop`. Nobody makes an exclusive reference to it.
        let memory = unsafe { self.memory.as_ref() };
        let room = size_of_val(&memory.request);
        let length = self.buffer.len();
        ensure!(length <= room, "the request has {length} bytes, there is room for {room}");
        // SAFETY: it is our turn, as the last call or `new` left it. There is room.
        unsafe { memory.request.get().cast::<u8>().copy_from(self.buffer.as_ptr(), length) };
        // SAFETY: it is our turn.
        unsafe { memory.length.get().write(length as u32) };
        self.hand_over(turn::GO, turn::RUST);
        // SAFETY: it is our turn again.
        Ok(unsafe { memory.answer.get().read() })
    }

    /// Makes it Go's turn, and waits until it is ours again.
    fn hand_over(&self, theirs: u32, ours: u32) {
        // SAFETY: as above.
        let turn = &unsafe { self.memory.as_ref() }.turn;
        turn.store(theirs, Ordering::Release); // to Go's load: it sees the request
        let mut looks = 0;
        while turn.load(Ordering::Acquire) != ours {
            // From Go's store: we see its answer. Nobody wakes us, so we look again.
            looks += 1;
            if looks % 1000 == 0 { thread::yield_now() } else { hint::spin_loop() }
        }
    }
}

impl Default for Shared {
    fn default() -> Shared {
        Shared::new()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.hand_over(turn::CLOSE, turn::CLOSED);
        // SAFETY: from the box in `new`, and Go does not look any more.
        drop(unsafe { Box::from_raw(self.memory.as_ptr()) });
    }
}
