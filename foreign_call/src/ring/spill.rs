//! Messages that found the ring full, on the sender's side.

use std::collections::VecDeque;

/// In the order in which they were sent. At most `limit`; it allocates for each, and nothing for none.
#[derive(Debug)]
pub(super) struct Spill {
    messages: VecDeque<Box<[u8]>>,
    limit: usize,
}

impl Spill {
    pub(super) fn new(limit: usize) -> Spill {
        Spill { messages: VecDeque::new(), limit }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether one more may come.
    pub(super) fn has_room(&self) -> bool {
        self.messages.len() < self.limit
    }

    pub(super) fn push(&mut self, message: &[u8]) {
        debug_assert!(self.has_room());
        self.messages.push_back(message.into());
    }

    /// How long the message is that has waited longest.
    pub(super) fn first_length(&self) -> Option<usize> {
        self.messages.front().map(|message| message.len())
    }

    pub(super) fn pop(&mut self) -> Option<Box<[u8]>> {
        self.messages.pop_front()
    }
}
