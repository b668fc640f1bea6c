//! What is in a recording arrives: all of it, once, in order, and nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use device::{Config, Pace, Source, Status};
use tempfile::TempDir;

use crate::stage::{Recording, record};
use crate::wav::{self, bytes_of, claiming, extensible, file, pcm};

/// 600 samples: whole frames of 1, 2, 3 and 6 channels, with both ends of the range.
pub(crate) fn samples() -> Vec<i16> {
    let mut samples: Vec<i16> = (0..600).map(|index| device::signal(index * 97)).collect();
    samples[..4].copy_from_slice(&[i16::MIN, i16::MAX, -1, 0x0102]);
    samples
}

/// WAV files that all hold [`samples`], and the number of their channels.
pub(crate) fn good_files() -> Vec<(&'static str, Vec<u8>, u32)> {
    let data = || (b"data", bytes_of(&samples()));
    let with_size = {
        let mut format = pcm(2);
        format.extend([0, 0]); // the length of an extension that isn't there
        format
    };
    let odd_format = [pcm(2), vec![0, 0, 7]].concat();
    let plain = wav::simple(2, &samples());
    vec![
        ("mono", wav::simple(1, &samples()), 1),
        ("plain", plain.clone(), 2),
        ("three channels", wav::simple(3, &samples()), 3),
        ("six channels", wav::simple(6, &samples()), 6),
        ("a longer fmt", file(&[(b"fmt ", with_size), data()]), 2),
        ("an odd fmt", file(&[(b"fmt ", odd_format), data()]), 2),
        ("extensible", file(&[(b"fmt ", extensible(1, 6, 16)), data()]), 6),
        ("first a note", file(&[(b"LIST", vec![1; 26]), (b"fmt ", pcm(2)), data()]), 2),
        ("an odd note", file(&[(b"fmt ", pcm(2)), (b"note", vec![b'd'; 7]), data()]), 2),
        ("an empty note", file(&[(b"fmt ", pcm(2)), (b"note", Vec::new()), data()]), 2),
        ("a long note", file(&[(b"fmt ", pcm(2)), (b"note", vec![0; 200_001]), data()]), 2),
        ("unprintable", file(&[(b"\0\xFF\n%", vec![0; 3]), (b"fmt ", pcm(2)), data()]), 2),
        ("a note behind", file(&[(b"fmt ", pcm(2)), data(), (b"LIST", vec![1; 5])]), 2),
        ("a RIFF of no length", claiming(plain.clone(), b"RIFF", 0), 2),
        ("a RIFF of any length", claiming(plain.clone(), b"RIFF", u32::MAX), 2),
        ("data until the end", claiming(plain, b"data", u32::MAX), 2),
    ]
}

pub(crate) fn flat_out(source: Source) -> Config {
    Config { pace: Pace::FlatOut, block_length: 64, ..Config::new(source) }
}

pub(crate) fn raw(path: &Path, channels: u32) -> Source {
    Source::Raw { path: path.to_owned(), sample_rate: 48_000, channels }
}

#[track_caller]
fn assert_whole(recording: &Recording, name: &str) {
    assert_eq!(recording.samples(), samples(), "{name}");
    assert_eq!(recording.ended, Ok(true), "{name}");
    assert_eq!(recording.notice, None, "{name}");
}

struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join("recording");
        fs::write(&path, bytes).expect("a file");
        path
    }
}

#[test]
fn a_wav_file_arrives_however_its_chunks_are_arranged() {
    let files = Files::new();
    for (name, bytes, channels) in good_files() {
        let recording = record(&flat_out(Source::Wav(files.write(&bytes))));
        assert_whole(&recording, name);
        assert_eq!((recording.channels, recording.sample_rate), (channels, 48_000), "{name}");
        let block = 64 * channels as usize;
        let lengths: Vec<_> = recording.blocks.iter().map(Vec::len).collect();
        let expected: Vec<_> = samples().chunks(block).map(<[i16]>::len).collect();
        assert_eq!(lengths, expected, "{name}");
    }
}

#[test]
fn what_another_library_writes_is_read() {
    let files = Files::new();
    for (channels, sample_rate) in [(1, 8_000), (2, 44_100), (6, 192_000)] {
        let path = files.write(b"");
        let spec = hound::WavSpec {
            channels,
            sample_rate,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut writer = hound::WavWriter::create(&path, spec).expect("a file");
        for sample in samples() {
            writer.write_sample(sample).expect("room for a sample");
        }
        writer.finalize().expect("a whole file");
        let recording = record(&flat_out(Source::Wav(path)));
        assert_whole(&recording, "hound");
        assert_eq!(recording.channels, u32::from(channels));
        assert_eq!(recording.sample_rate, sample_rate);
    }
}

#[test]
fn a_raw_file_is_samples_and_nothing_else() {
    let files = Files::new();
    let path = files.write(&bytes_of(&samples()));
    for channels in [1, 2, 3, 6] {
        let recording = record(&flat_out(raw(&path, channels)));
        assert_whole(&recording, "raw");
        assert_eq!((recording.channels, recording.sample_rate), (channels, 48_000));
    }
}

#[test]
fn a_recording_longer_than_every_buffer_arrives() {
    let files = Files::new();
    let long: Vec<i16> = (0..300_000).map(device::signal).collect();
    let path = files.write(&wav::simple(2, &long));
    for block_length in [1, 1024, 1_000_000] {
        let config = Config { block_length, ..flat_out(Source::Wav(path.clone())) };
        assert!(record(&config).samples() == long, "blocks of {block_length}");
    }
}

#[test]
fn a_recording_in_real_time_arrives_whole() {
    let files = Files::new();
    let config = Config {
        block_length: 7,
        fifo_length: Some(480_000),
        ..Config::new(Source::Wav(files.write(&wav::simple(2, &samples()))))
    };
    assert_whole(&record(&config), "real time");
}

#[test]
fn a_limit_ends_a_recording_early_without_a_notice() {
    let files = Files::new();
    let config = flat_out(Source::Wav(files.write(&wav::simple(2, &samples()))));
    let recording = record(&Config { frames: Some(100), ..config });
    assert_eq!(recording.samples(), samples()[..200]);
    assert_eq!((recording.ended, recording.notice), (Ok(true), None));
}

#[test]
fn a_truncated_data_chunk_delivers_what_is_there_and_says_so() {
    let files = Files::new();
    let whole = wav::simple(2, &samples());
    // 44 bytes of header, then 1,200 of data.
    for (bytes, frames) in [(4, 1), (7, 1), (1_198, 299), (1_199, 299)] {
        let path = files.write(&whole[..44 + bytes]);
        let recording = record(&flat_out(Source::Wav(path.clone())));
        assert_eq!(recording.samples(), samples()[..2 * frames]);
        assert_eq!(recording.ended, Ok(true), "it has given what is there");
        let notice = format!(
            "{}: is truncated: its data chunk claims 1200 bytes, but only {bytes} are there",
            path.display()
        );
        assert_eq!(recording.notice, Some(notice));
    }
}

#[test]
fn a_frame_that_is_cut_in_half_is_left_out_and_said() {
    let files = Files::new();
    let whole = bytes_of(&samples());
    for (cut, words) in [(1, "3 bytes are"), (2, "2 bytes are"), (3, "1 byte is")] {
        let part = whole[..whole.len() - cut].to_vec();
        let chunks = file(&[(b"fmt ", pcm(2)), (b"data", part.clone())]);
        let wav = Source::Wav(files.write(&chunks));
        let path = files.0.path().join("raw");
        fs::write(&path, part).expect("a file");
        for source in [wav, raw(&path, 2)] {
            let recording = record(&flat_out(source.clone()));
            assert_eq!(recording.samples(), samples()[..598]);
            assert_eq!(recording.ended, Ok(true));
            let notice = recording.notice.expect("a notice");
            let sentence = format!(": ends within a frame; its last {words} left out");
            assert!(notice.ends_with(&sentence), "{notice}");
        }
    }
}

#[test]
fn a_recording_without_one_whole_frame_ends_as_empty() {
    let files = Files::new();
    let whole = wav::simple(2, &samples());
    let claims = "is truncated: its data chunk claims 1200 bytes, but only";
    let cases = [
        (whole[..44].to_vec(), true, format!("{claims} 0 are there")),
        (whole[..47].to_vec(), true, format!("{claims} 3 are there")),
        (claiming(whole, b"data", u32::MAX)[..44].to_vec(), true, "holds no samples".into()),
        (vec![1], false, "holds no samples: a frame has 4 bytes, it has 1".into()),
    ];
    for (bytes, is_wav, cause) in cases {
        let path = files.write(&bytes);
        let sentence = format!("{}: {cause}", path.display());
        let recording = record(&flat_out(if is_wav { Source::Wav(path) } else { raw(&path, 2) }));
        assert_eq!(recording.stats.blocks, 0);
        assert_eq!(recording.notice.as_ref(), Some(&sentence));
        let error = recording.ended.expect_err("it holds nothing");
        assert_eq!((error.status(), error.to_string()), (Status::Empty, sentence));
    }
}
