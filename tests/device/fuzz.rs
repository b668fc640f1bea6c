//! Thousands of broken recordings. What is to come of each a second reader says, written for this
//! test, that has the whole file in memory.

use std::collections::BTreeMap;
use std::{fs, ops::Range};

use device::{Source, Status};

use crate::recordings::{flat_out, samples};
use crate::stage::try_record;
use crate::wav::{self, bytes_of, extensible, file, pcm};

const ROUNDS: u32 = 4_000;

/// xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end as u64) as usize
    }

    fn range(&mut self, length: usize) -> Range<usize> {
        let (a, b) = (self.below(length + 1), self.below(length + 1));
        a.min(b)..a.max(b)
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let few = || (b"data", bytes_of(&samples()[..60]));
    vec![
        wav::simple(1, &samples()[..60]),
        file(&[(b"fmt ", extensible(1, 6, 16)), few(), (b"LIST", vec![7; 9])]),
        file(&[(b"JUNK", vec![1; 5]), (b"fmt ", pcm(2)), (b"fact", vec![0; 4]), few()]),
        file(&[(b"fmt ", [pcm(3), vec![0; 3]].concat()), (b"note", Vec::new()), few()]),
    ]
}

fn mutate(random: &mut Random, bytes: &mut Vec<u8>) {
    const LENGTHS: [u32; 12] =
        [0, 1, 2, 15, 16, 17, 40, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, u32::MAX, 0x0001_0001];
    const TAGS: [&[u8; 4]; 6] = [b"data", b"fmt ", b"RIFF", b"WAVE", b"LIST", b"RIFX"];
    let length = bytes.len();
    let word = |random: &mut Random| match length.checked_sub(3) {
        Some(places) => random.below(places),
        None => 0,
    };
    match random.below(8) {
        _ if length < 4 => bytes.push(b'R'),
        0 => bytes.truncate(random.below(length)),
        1 => drop(bytes.drain(random.range(length))),
        2 => {
            let part = bytes[random.range(length)].to_vec();
            let at = random.below(length);
            bytes.splice(at..at, part);
        }
        3 => {
            // A length: anywhere, or that of the samples.
            let data = bytes.windows(4).position(|window| window == b"data");
            let at = match data.filter(|at| at + 8 <= length) {
                Some(at) if random.below(2) == 0 => at + 4,
                _ => word(random),
            };
            let value = LENGTHS[random.below(LENGTHS.len())];
            bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        }
        4 => {
            let at = word(random);
            bytes[at..at + 4].copy_from_slice(TAGS[random.below(TAGS.len())]);
        }
        5 => bytes[random.below(length.min(64))] = random.below(256) as u8,
        6 => bytes[random.below(length)] ^= 1 << random.below(8),
        _ => {
            // Somewhere a length, one more or one less.
            let at = word(random);
            bytes[at] = bytes[at].wrapping_add([1, 255][random.below(2)]);
        }
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

/// The number of channels of a `fmt ` chunk, where the device should take it.
fn channels_of(format: &[u8], size: usize) -> Option<usize> {
    let mut tag = u16_at(format, 0);
    if tag == 0xFFFE {
        if size < 40 || format[26..40] != extensible(1, 1, 16)[26..40] {
            return None;
        }
        tag = u16_at(format, 24);
    }
    let channels = usize::from(u16_at(format, 2));
    let is_good = tag == 1 && channels > 0 && u32_at(format, 4) > 0 && u16_at(format, 14) == 16;
    (is_good && usize::from(u16_at(format, 12)) == 2 * channels).then_some(channels)
}

/// The samples of whole frames in a WAV file; `None` where it should not be opened.
fn expected(bytes: &[u8]) -> Option<Vec<i16>> {
    if bytes.len() < 12 || !bytes.starts_with(b"RIFF") || &bytes[8..12] != b"WAVE" {
        return None;
    }
    let (mut at, mut channels) = (12, None);
    loop {
        let header = bytes.get(at..at + 8)?;
        let size = u32_at(header, 4) as usize;
        let body = &bytes[at + 8..];
        if header.starts_with(b"data") {
            let frame = 2 * channels?;
            if size == 0 {
                return None;
            }
            let whole = size.min(body.len()) / frame * frame;
            return Some(body[..whole].chunks(2).map(|pair| u16_at(pair, 0) as i16).collect());
        }
        if header.starts_with(b"fmt ") {
            if channels.is_some() || size < 16 {
                return None;
            }
            channels = Some(channels_of(body.get(..size.min(40))?, size)?);
        }
        at += 8 + size + size % 2;
    }
}

#[test]
fn of_thousands_of_broken_recordings_none_does_more_than_it_may() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("broken.wav");
    let name = format!("{}: ", path.display());
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut outcomes: BTreeMap<String, u32> = BTreeMap::new();
    for round in 0..ROUNDS {
        let mut bytes = seeds().swap_remove(random.below(4));
        for _ in 0..=random.below(3) {
            mutate(&mut random, &mut bytes);
        }
        fs::write(&path, &bytes).expect("a file");
        let expected = expected(&bytes);
        let outcome = match try_record(&flat_out(Source::Wav(path.clone()))) {
            Ok(recording) => {
                let samples = recording.samples();
                assert_eq!(Some(&samples), expected.as_ref(), "round {round}: {bytes:?}");
                assert!(2 * samples.len() <= bytes.len(), "round {round}");
                let status = recording.ended.map_err(|error| error.status());
                let right = if samples.is_empty() { Err(Status::Empty) } else { Ok(true) };
                assert_eq!(status, right, "round {round}: {bytes:?}");
                String::from(if recording.notice.is_some() { "noticed" } else { "whole" })
            }
            Err(error) => {
                assert_eq!(expected, None, "round {round}: {error}: {bytes:?}");
                let sentence = error.to_string();
                let cause = sentence.strip_prefix(&name).unwrap_or_default();
                assert!(cause.len() > 5 && !cause.contains('\n'), "round {round}: {sentence}");
                assert!(error.is_bad_input(), "round {round}: {sentence}");
                format!("{:?}", error.status())
            }
        };
        *outcomes.entry(outcome).or_default() += 1;
    }
    // Each way to end was taken often enough, or the mutations have become useless.
    for outcome in ["whole", "noticed", "Empty", "NotWav", "Unsupported", "Malformed"] {
        assert!(outcomes.get(outcome) > Some(&20), "{outcome}: {outcomes:?}");
    }
}
