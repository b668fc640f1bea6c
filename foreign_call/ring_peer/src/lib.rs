//! The ring's other end: in C (`csrc/ring_peer.c`), and in another process, which is Rust
//! (`src/bin/other_process.rs`), C (`csrc/other_process.c`) or Go (`go/echo`).
#![cfg(unix)]

use std::sync::atomic::AtomicU64;

use foreign_call::ring::Peer;

pub mod fuzzed;
pub mod hostile;
#[cfg(target_os = "linux")]
pub mod process;
pub mod stepped;

mod ffi {
    use std::sync::atomic::AtomicU64;

    use foreign_call::ring::Meta;

    unsafe extern "C" {
        // int foreign_call_ring_peer_produce(const foreign_call_ring_meta *end, uint64_t count);
        pub(super) fn foreign_call_ring_peer_produce(end: *const Meta, count: u64) -> i32;
        // int foreign_call_ring_peer_consume(const foreign_call_ring_meta *end, uint64_t *count);
        pub(super) fn foreign_call_ring_peer_consume(end: *const Meta, count: *mut u64) -> i32;
        // int foreign_call_ring_peer_echo(const foreign_call_ring_meta *end);
        pub(super) fn foreign_call_ring_peer_echo(end: *const Meta) -> i32;
        // int foreign_call_ring_peer_publish_in_turn(
        //     const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);
        pub(super) fn foreign_call_ring_peer_publish_in_turn(
            end: *const Meta,
            turn: *const AtomicU64,
            rounds: u64,
        ) -> i32;
        // int foreign_call_ring_peer_receive_in_turn(
        //     const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);
        pub(super) fn foreign_call_ring_peer_receive_in_turn(
            end: *const Meta,
            turn: *const AtomicU64,
            rounds: u64,
        ) -> i32;
        // int foreign_call_ring_peer_send_in_turn(
        //     const foreign_call_ring_meta *end, _Atomic(uint64_t) *turn, uint64_t rounds);
        pub(super) fn foreign_call_ring_peer_send_in_turn(
            end: *const Meta,
            turn: *const AtomicU64,
            rounds: u64,
        ) -> i32;
    }
}

/// What C returns if all went well.
pub const OK: i32 = 0;
/// What C returns if there is no message, or no room, now.
pub const NOT_NOW: i32 = 1;
/// What C returns of a message that is longer than a slot.
pub const TOO_LONG: i32 = 2;
/// What C returns if the other side closed its end.
pub const CLOSED: i32 = 3;
/// What C returns if the other process is gone.
pub const GONE: i32 = 4;
/// What C returns if the other side broke the ring.
pub const CORRUPT: i32 = 5;
/// What C returns if what it was lent is not a ring.
pub const NOT_A_RING: i32 = 7;
/// What C returns if all messages of the ring have another length.
pub const WRONG_LENGTH: i32 = 12;

/// C sends the numbers below `count`, 8 bytes each. Returns C's status.
pub fn produce(end: &Peer, count: u64) -> i32 {
    // SAFETY: C uses the end, which is alive, until it returns.
    unsafe { ffi::foreign_call_ring_peer_produce(&end.meta(), count) }
}

/// C receives the numbers from 0 on, until the end. Returns C's status, and how many came.
pub fn consume(end: &Peer) -> (i32, u64) {
    let mut count = 0;
    // SAFETY: C uses the end, which is alive, until it returns; and the count likewise.
    let status = unsafe { ffi::foreign_call_ring_peer_consume(&end.meta(), &raw mut count) };
    (status, count)
}

/// C sends back what it receives, until the end. Returns C's status.
pub fn echo(end: &Peer) -> i32 {
    // SAFETY: C uses the end, which is alive, until it returns.
    unsafe { ffi::foreign_call_ring_peer_echo(&end.meta()) }
}

/// C publishes the numbers below `rounds`: each once `turn` is odd, and makes it even then. Returns
/// C's status.
pub fn publish_in_turn(end: &Peer, turn: &AtomicU64, rounds: u64) -> i32 {
    // SAFETY: C uses the end and the turn, which are alive, until it returns; the turn as an atomic.
    unsafe { ffi::foreign_call_ring_peer_publish_in_turn(&end.meta(), turn, rounds) }
}

/// C receives so many messages, waiting for them: each once `turn` is odd, and makes it even then.
/// Returns C's status.
pub fn receive_in_turn(end: &Peer, turn: &AtomicU64, rounds: u64) -> i32 {
    // SAFETY: C uses the end and the turn, which are alive, until it returns; the turn as an atomic.
    unsafe { ffi::foreign_call_ring_peer_receive_in_turn(&end.meta(), turn, rounds) }
}

/// C sends 0, and then the numbers up to `rounds`, waiting for room: each once `turn` is odd, and makes
/// it even then. Returns C's status.
pub fn send_in_turn(end: &Peer, turn: &AtomicU64, rounds: u64) -> i32 {
    // SAFETY: C uses the end and the turn, which are alive, until it returns; the turn as an atomic.
    unsafe { ffi::foreign_call_ring_peer_send_in_turn(&end.meta(), turn, rounds) }
}
