//! Steps made of bytes: those that libFuzzer kept, and others.
//!
//! `PROPTEST_CASES=1000000 cargo test --release -p foreign_call_ring_peer --test fuzz` goes on for
//! longer. With libFuzzer, which looks at the code that bytes reach: `foreign_call/fuzz`.
#![cfg(unix)]

use std::fs;

use foreign_call_ring_peer::fuzzed::judge;
use proptest::collection::vec;
use proptest::prelude::*;

#[test]
fn what_libfuzzer_kept_ends_as_it_may() {
    let corpus = fs::read_dir("../fuzz/corpus/ring").expect("the corpus");
    let inputs: Vec<_> = corpus.map(|input| input.expect("a file").path()).collect();
    assert!(!inputs.is_empty());
    for input in inputs {
        judge(&fs::read(input).expect("an input"));
    }
}

proptest! {
    #[test]
    fn whatever_is_written_each_step_ends_as_it_may(bytes in vec(any::<u8>(), 0..400)) {
        judge(&bytes);
    }
}
