//! What a peer may write into the memory of a connection, between the steps of ends in Rust and in C.
//! libFuzzer chooses it by the code that it reaches.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| foreign_call_ring_peer::fuzzed::judge(bytes));
