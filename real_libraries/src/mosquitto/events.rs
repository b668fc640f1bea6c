//! What a client's callbacks hand off: bytes, and what they mean.

use std::ffi::c_int;

use callback_bridge::handoff::Block;

/// What a client tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The broker has answered; 0 means that it agrees.
    Connected(i32),
    /// The connection is gone; 0 means that it was our wish. The library tries again every second.
    Disconnected(i32),
    /// A message has arrived.
    Message(Message),
}

/// A message, copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it was published.
    pub topic: String,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// How many messages were lost just before it.
    pub lost_before: u64,
}

/// The producer of messages; the other one is for the connection.
pub(super) const MESSAGES: usize = 0;

const CONNECTED: u8 = 0;
const DISCONNECTED: u8 = 1;

/// What a record begins with: of a message the length of its topic, else the kind and the code.
const HEAD: usize = size_of::<u32>();

/// The longest record of a message whose topic and payload have so many bytes.
pub(super) const fn record_size(bytes: usize) -> usize {
    HEAD + bytes
}

/// What stands before topic and payload in the record of a message.
pub(super) fn head(topic: &[u8]) -> [u8; HEAD] {
    // A topic has at most 65535 bytes.
    (topic.len() as u32).to_ne_bytes()
}

/// The record of an answer of the broker's.
pub(super) fn connected(code: c_int) -> [u8; 5] {
    with_code(CONNECTED, code)
}

/// The record of the end of a connection.
pub(super) fn disconnected(code: c_int) -> [u8; 5] {
    with_code(DISCONNECTED, code)
}

fn with_code(kind: u8, code: c_int) -> [u8; 5] {
    let [a, b, c, d] = code.to_ne_bytes();
    [kind, a, b, c, d]
}

impl Event {
    /// Reads a record.
    pub(super) fn read(block: &Block<'_, u8>) -> Option<Event> {
        if block.producer() != MESSAGES {
            let (kind, code) = block.split_first()?;
            let code = i32::from_ne_bytes(code.try_into().ok()?);
            let connected = *kind == CONNECTED;
            return Some(if connected {
                Event::Connected(code)
            } else {
                Event::Disconnected(code)
            });
        }
        let (length, rest) = block.split_first_chunk::<HEAD>()?;
        let (topic, payload) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
        Some(Event::Message(Message {
            topic: String::from_utf8_lossy(topic).into_owned(),
            payload: payload.to_vec(),
            lost_before: block.lost_blocks(),
        }))
    }
}
