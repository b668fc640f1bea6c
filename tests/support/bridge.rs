//! What experiments 8 and 9 have in common, asserted from where their users sit: the command line.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::{command, run, stderr, stdout};

/// What an independent reading of a recording says about it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Expected {
    /// Samples, of all channels.
    pub samples: u64,
    /// The lowest.
    pub minimum: i16,
    /// The highest.
    pub maximum: i16,
    /// The root of the mean square.
    pub rms: f64,
}

impl Expected {
    /// Of these samples.
    pub fn of(samples: impl IntoIterator<Item = i16>) -> Expected {
        let samples: Vec<_> = samples.into_iter().collect();
        let squares: f64 = samples.iter().map(|&sample| f64::from(sample).powi(2)).sum();
        Expected {
            samples: samples.len() as u64,
            minimum: samples.iter().copied().min().expect("samples"),
            maximum: samples.iter().copied().max().expect("samples"),
            rms: (squares / samples.len() as f64).sqrt(),
        }
    }

    /// Of a WAV file, read by a library that this project has no hand in.
    pub fn of_wav(path: &Path) -> Expected {
        let mut reader = hound::WavReader::open(path).expect("a WAV file");
        Expected::of(reader.samples().map(|sample| sample.expect("a sample")))
    }

    /// Asserts that a report says the same.
    #[track_caller]
    pub fn assert_in(&self, report: &Value) {
        assert_eq!(report["samples"], self.samples, "{report}");
        assert_eq!(report["minimum"], self.minimum, "{report}");
        assert_eq!(report["maximum"], self.maximum, "{report}");
        let rms = report["rms"].as_f64().expect("a number");
        assert!((rms - self.rms).abs() < 1e-6 * self.rms.max(1.0), "{rms} is not {}", self.rms);
    }
}

/// Writes a 16-bit WAV with these interleaved samples.
pub fn write_wav(path: &Path, channels: u16, samples: &[i16]) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(path, spec).expect("a file");
    for &sample in samples {
        writer.write_sample(sample).expect("room for a sample");
    }
    writer.finalize().expect("room for the header");
}

/// The samples as bytes, little-endian.
pub fn as_bytes(samples: &[i16]) -> Vec<u8> {
    samples.iter().flat_map(|sample| sample.to_le_bytes()).collect()
}

/// Samples whose order, extremes and number are all their own.
pub fn melody(count: usize) -> Vec<i16> {
    let mut state = 12_345_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as i16
    };
    (0..count).map(|_| next()).collect()
}

/// Runs a bridge with `--json` and gives back its report and the whole output.
pub fn report_and_output(binary: &str, arguments: &[&str]) -> (Value, Output) {
    let output = run(binary, &[arguments, &["--json"]].concat());
    (parse(&output), output)
}

/// Runs a bridge that has to succeed, and gives back its report.
#[track_caller]
pub fn report(binary: &str, arguments: &[&str]) -> Value {
    let (report, output) = report_and_output(binary, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
    report
}

fn parse(output: &Output) -> Value {
    let text = stdout(output);
    serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!("{error} in {text:?}; {}; {}", output.status, stderr(output))
    })
}

/// Runs a bridge on bytes that come through a pipe.
pub fn report_of_pipe(binary: &str, bytes: &[u8], arguments: &[&str]) -> Value {
    let output = command(binary)
        .args(arguments)
        .args(["--json", "-"])
        .stdin(bytes)
        .output()
        .expect("the binary starts");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    parse(&output)
}

pub(crate) fn number(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("{name} in {report}"))
}

/// Samples lost in the device, and in the hand-off.
pub fn losses(report: &Value) -> (u64, u64) {
    (number(&report["lost"], "device"), number(&report["lost"], "handoff"))
}

/// Two seconds in real time, without arguments: lossless, and as a table.
pub fn without_arguments_two_seconds_arrive(binary: &str, strategy: &str) {
    let output = run(binary, &[]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "", "no meter where there is no terminal");
    let table = stdout(&output);
    for line in [
        "source            built-in signal",
        "rate              48000 Hz, 1 channel, real-time",
        &format!("strategy          {strategy}"),
        "blocks            94",
        "samples           96000, each one checked",
        "lost              0 in the device, 0 in the hand-off",
        "order             kept",
        "minimum           -30465",
        "maximum           32767",
    ] {
        assert!(table.lines().any(|have| have == line), "no line {line:?} in\n{table}");
    }
}

/// Ten million samples flat out, each one checked, in order where order is promised.
pub fn ten_million_samples_arrive(binary: &str, strategies: &[&str]) {
    for strategy in strategies {
        let ten_million = ["--rate", "10000000", "--seconds", "1", "--pace", "flat-out"];
        let report = report(binary, &[&ten_million[..], &["--strategy", strategy]].concat());
        assert_eq!(number(&report, "samples"), 10_000_000, "{strategy}");
        assert_eq!(losses(&report), (0, 0), "{strategy}");
        assert_eq!(number(&report, "altered"), 0, "{strategy}");
        if *strategy != "spawn" {
            assert_eq!(number(&report, "out_of_order"), 0, "{strategy}");
        }
    }
}

/// What doesn't fit is dropped, and what is dropped is counted; the exit status stays 0.
pub fn try_send_counts_what_it_drops(binary: &str) {
    let full = ["--strategy", "try-send", "--capacity", "1", "--work", "20000", "--workers", "1"];
    let flat_out = ["--pace", "flat-out", "--seconds", "1", "--block", "480"];
    let report = report(binary, &[&full[..], &flat_out].concat());
    let (device, handoff) = losses(&report);
    assert_eq!(device, 0);
    assert!(handoff > 0, "{report}");
    assert_eq!(number(&report, "samples") + handoff, 48_000);
    assert_eq!(number(&report, "blocks") + number(&report, "dropped_blocks"), 100);
    assert_eq!(number(&report, "altered"), 0, "what arrives is in its place all the same");
}

/// A full bounded channel makes the device wait: it overruns, and the promise is broken.
pub fn back_pressure_makes_the_device_overrun(binary: &str, strategy: &str) {
    let slow = ["--strategy", strategy, "--capacity", "1", "--workers", "1", "--work", "400000"];
    let (report, output) = report_and_output(binary, &slow);
    let (device, handoff) = losses(&report);
    assert!(device > 0, "{report}");
    assert_eq!(handoff, 0);
    assert_eq!(number(&report, "samples") + device, 96_000);
    assert!(number(&report, "longest_callback_ns") > 250_000_000, "longer than the FIFO: {report}");
    assert_eq!(output.status.code(), Some(1));
    let cause = "while a callback took too long";
    let sentence = format!("error: the device overran: it lost {device} samples {cause}\n");
    assert_eq!(stderr(&output), sentence);
}

/// Without a bound, blocks pile up as fast as the device delivers; with one they don't.
pub fn without_a_bound_memory_grows(binary: &str, bounded: &str) {
    let slow = ["--capacity", "4", "--workers", "1", "--work", "5000", "--pace", "flat-out"];
    let most_waiting = |strategy| {
        let report = report(binary, &[&slow[..], &["--strategy", strategy]].concat());
        assert_eq!(losses(&report), (0, 0));
        number(&report, "most_waiting")
    };
    // Four in the channel, one in the callback's hands, one that just came out.
    assert!(most_waiting(bounded) <= 6);
    assert!(most_waiting("unbounded") > 2 * 6, "of the 94 blocks, most");
}

/// The callback has a thread of its own: the device's.
pub fn the_callback_runs_on_no_thread_of_ours(binary: &str, strategies: &[&str]) {
    for strategy in strategies {
        let report = report(binary, &["--pace", "flat-out", "--strategy", strategy]);
        let threads = report["consumer_threads"].as_array().expect("a list");
        let callback = number(&report, "callback_thread");
        assert!(callback > 0 && !threads.is_empty(), "{report}");
        assert!(threads.iter().all(|thread| thread.as_u64() != Some(callback)), "{report}");
    }
}

/// Several consumers work at the same time.
pub fn consumers_work_at_the_same_time(binary: &str, strategies: &[&str]) {
    for strategy in strategies {
        let work = ["--workers", "3", "--work", "5000", "--pace", "flat-out"];
        let report = report(binary, &[&work[..], &["--strategy", strategy]].concat());
        assert_eq!(report["most_working"], 3, "{strategy}: {report}");
    }
}

/// Every lossless strategy makes the same of a recording as an independent reading does: from a
/// path and through a pipe, mono and interleaved, WAV and raw.
pub fn recordings_come_out_equal(binary: &str, lossless: &[&str]) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for channels in [1_u16, 2, 6] {
        let samples = melody(4_800 * usize::from(channels) + 6 * 37);
        let wav = folder.path().join(format!("melody-{channels}.wav"));
        write_wav(&wav, channels, &samples);
        let raw = folder.path().join(format!("melody-{channels}.raw"));
        std::fs::write(&raw, as_bytes(&samples)).expect("a file");
        let expected = Expected::of_wav(&wav);
        let wav_bytes = std::fs::read(&wav).expect("the file");
        let (wav, raw) = (wav.to_str().expect("UTF-8"), raw.to_str().expect("UTF-8"));
        let channels = channels.to_string();
        let as_raw = ["--raw", "--channels", &channels];

        let mut checksums = BTreeSet::new();
        for strategy in lossless {
            let flat_out = ["--pace", "flat-out", "--block", "100", "--strategy", strategy];
            for report in [
                report(binary, &[&flat_out[..], &[wav]].concat()),
                report_of_pipe(binary, &wav_bytes, &flat_out),
                report(binary, &[&flat_out[..], &as_raw, &[raw]].concat()),
                report_of_pipe(binary, &as_bytes(&samples), &[&flat_out[..], &as_raw].concat()),
            ] {
                expected.assert_in(&report);
                checksums.insert(report["checksum"].as_str().expect("text").to_owned());
            }
        }
        assert_eq!(checksums.len(), 1, "a sample changed its value or its place: {checksums:?}");
    }
}

/// Each bad input gives its sentence on one line, and status 2.
pub fn bad_input_gets_a_sentence_and_status_2(binary: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        path.to_str().expect("UTF-8").to_owned()
    };
    let good = folder.path().join("good.wav");
    write_wav(&good, 1, &melody(100));
    let good = std::fs::read(good).expect("the file");
    let altered = |name: &str, at: usize, bytes: &[u8]| {
        let mut wav = good.clone();
        wav[at..at + bytes.len()].copy_from_slice(bytes);
        file(name, &wav)
    };
    let missing = folder.path().join("missing.wav").to_str().expect("UTF-8").to_owned();
    let directory = folder.path().to_str().expect("UTF-8").to_owned();
    for (path, cause) in [
        (missing, "there is no such file"),
        (directory, "is a directory"),
        (file("empty.wav", b""), "is empty"),
        (file("text.wav", b"This is not a recording."), "RIFF and WAVE (bare samples? say --raw)"),
        (altered("compressed.wav", 20, &[2, 0]), "is compressed (format 0x0002)"),
        (altered("float.wav", 20, &[3, 0]), "floating point"),
        (altered("8-bit.wav", 34, &[8, 0]), "holds 8-bit PCM"),
        (altered("no-channels.wav", 22, &[0, 0]), "says it has 0 channels"),
        (altered("no-rate.wav", 24, &[0, 0, 0, 0]), "says its sample rate is 0"),
        (altered("overlong.wav", 36, b"LIST\xff\xff\xff\x00"), "claims 16777215 bytes"),
    ] {
        let output = run(binary, &[&path]);
        let words = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{path}: {words}");
        assert_eq!(stdout(&output), "", "{path}");
        assert_eq!(words.lines().count(), 1, "{words}");
        assert!(words.starts_with(&format!("error: {path}: ")), "{words}");
        assert!(words.contains(cause), "{words} does not say {cause}");

        // The same bytes through a pipe have the same cause. A path has no bytes.
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let output = command(binary).arg("-").stdin(bytes).output().expect("it starts");
        let words = stderr(&output);
        assert_eq!((output.status.code(), words.lines().count()), (Some(2), 1), "{words}");
        assert!(words.starts_with("error: standard input: ") && words.contains(cause), "{words}");
    }
    for (arguments, cause) in [
        (&["--block", "0"][..], "the block length is 0 frames"),
        (&["--block", "4294967295"], "is longer than 16777216 samples"),
        (&["--rate", "0"], "the sample rate is 0"),
        (&["--strategy", "hope"], "invalid value 'hope'"),
        (&["--seconds", "-1"], "not a number of seconds"),
        (&["--capacity", "0"], "0 is not in 1..=65536"),
        (&["--rate", "8000", "x.wav"], "a WAV file says its rate"),
        (&["--raw"], "INPUT"),
    ] {
        let output = run(binary, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).starts_with("error: "), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(cause), "{arguments:?}: {}", stderr(&output));
    }
    let output = command(binary).args(["--raw", "-"]).stdin(&b""[..]).output().expect("it starts");
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
    assert_eq!(stderr(&output), "error: standard input: holds no samples\n");
}

/// A truncated recording delivers what is there and says so; that is no failure.
pub fn a_truncated_recording_says_so(binary: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("cut.wav");
    let samples = melody(10_000);
    write_wav(&path, 1, &samples);
    let bytes = std::fs::read(&path).expect("the file");
    std::fs::write(&path, &bytes[..bytes.len() - 8_001]).expect("a file");
    let path = path.to_str().expect("UTF-8");
    let (report, output) = report_and_output(binary, &["--pace", "flat-out", path]);
    Expected::of(samples[..5_999].iter().copied()).assert_in(&report);
    assert_eq!(output.status.code(), Some(0));
    let sentence = "is truncated: its data chunk claims 20000 bytes, but only 11999 are there";
    assert_eq!(report["notice"], format!("{path}: {sentence}"));
    assert_eq!(stderr(&output), format!("note: {path}: {sentence}\n"));
}

/// `--seconds` ends a recording early, at its own rate.
pub fn seconds_limit_a_recording_too(binary: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("long.wav");
    let samples = melody(2 * 48_000);
    write_wav(&path, 2, &samples);
    let path = path.to_str().expect("UTF-8");
    let report = report(binary, &["--pace", "flat-out", "--seconds", "0.25", path]);
    Expected::of(samples[..2 * 12_000].iter().copied()).assert_in(&report);
    assert_eq!(report["notice"], Value::Null);
}

/// `--help` names every strategy and option; status 0.
pub fn help_names_every_option(binary: &str, strategies: &[&str]) {
    let output = run(binary, &["--help"]);
    assert_eq!(output.status.code(), Some(0));
    let help = stdout(&output);
    let options = "--strategy --pace --block --fifo --seconds --capacity --workers --work --raw \
        --rate --channels --json --version [INPUT] 130";
    for word in options.split_whitespace().chain(strategies.iter().copied()) {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}
