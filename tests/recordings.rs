//! Compares recordings, as they come out of both bridges, with an independent reading.
//!
//! `cargo run -p tests --example recordings -- /usr/share/sounds/alsa/*.wav`
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::path::Path;

use support::bridge::{Expected, report, report_of_pipe};

const BRIDGES: [(&str, &[&str]); 2] = [
    ("bridge_with_tokio", &["blocking-send", "spawn", "unbounded"]),
    ("bridge_with_sync", &["send", "unbounded", "fan-out"]),
];

fn main() {
    let recordings: Vec<String> = std::env::args().skip(1).collect();
    assert!(!recordings.is_empty(), "name the recordings to compare: 16-bit WAV files");
    for recording in &recordings {
        let expected = Expected::of_wav(Path::new(recording));
        let bytes = std::fs::read(recording).expect("the recording");
        for (bridge, strategies) in BRIDGES {
            for strategy in strategies {
                let flat_out = ["--pace", "flat-out", "--strategy", strategy];
                let by_path = report(bridge, &[&flat_out[..], &[recording]].concat());
                let by_pipe = report_of_pipe(bridge, &bytes, &flat_out);
                expected.assert_in(&by_path);
                expected.assert_in(&by_pipe);
                assert_eq!(by_path["checksum"], by_pipe["checksum"], "{recording}");
            }
        }
        let Expected { samples, minimum, maximum, rms } = expected;
        println!("{recording}: {samples} samples, {minimum} to {maximum}, RMS {rms:.1}: equal");
    }
}
