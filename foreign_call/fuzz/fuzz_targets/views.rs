//! What a hostile C peer may answer: views of every shape, made of bytes that libFuzzer chooses by the
//! code that they reach. Each is a value, or an error that names the first thing that is wrong.

#![no_main]

use foreign_call_conformance::{All, Row, offered};
use libfuzzer_sys::fuzz_target;

#[path = "../../conformance/tests/fuzzed/mod.rs"]
mod fuzzed;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, rest)) = bytes.split_first() else { return };
    match first % 3 {
        0 => fuzzed::judge::<All>(rest),
        1 => fuzzed::judge::<Row>(rest),
        _ => fuzzed::judge::<offered::Page>(rest),
    }
});
