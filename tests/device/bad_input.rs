//! Bad input gives a status, and a sentence that names the file and the cause.

use std::ffi::{CStr, CString, c_char};
use std::path::{Path, PathBuf};
use std::{fs, ptr};

use device::ffi::{self, DeviceConfig};
use device::{Config, Device, Error, Pace, Source, Status};

use crate::wav::{self, bytes_of, claiming, extensible, file, format, pcm};

fn open_wav(path: &Path) -> Error {
    let opened = Device::open(&Config::new(Source::Wav(path.to_owned())));
    opened.expect_err("bad input, but it opens")
}

#[track_caller]
fn assert_refused(error: &Error, status: Status, sentence: &str) {
    assert_eq!((error.status(), error.to_string().as_str()), (status, sentence));
    assert!(error.is_bad_input(), "{error}");
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_refused_with_its_name_and_the_cause() {
    use Status::{Empty, Malformed, NotWav, Unsupported};
    let data = || (b"data", bytes_of(&[1, 2, 3, 4]));
    let of_format = |format: Vec<u8>| file(&[(b"fmt ", format), data()]);
    let patched = |at: usize, bytes: &[u8]| {
        let mut format = pcm(2);
        format[at..at + bytes.len()].copy_from_slice(bytes);
        of_format(format)
    };
    let good = || wav::simple(2, &[1, 2, 3, 4]);
    let named = |name: &[u8; 4]| [name, &good()[4..]].concat();
    let other_format = {
        let mut format = extensible(1, 2, 16);
        format[39] ^= 1;
        format
    };
    let not_wav = "is not a WAV file: it does not begin with RIFF and WAVE";
    #[rustfmt::skip]
    let cases = [
        (Vec::new(), Empty, "is empty"),
        (b"R".to_vec(), NotWav, not_wav),
        (good()[..11].to_vec(), NotWav, not_wav),
        (named(b"FORM"), NotWav, not_wav),
        (b"RIFF\x04\0\0\0AVI LIST".to_vec(), NotWav, not_wav),
        (b"A text that was given the wrong name".to_vec(), NotWav, not_wav),
        (named(b"RIFX"), Unsupported, "is RIFX; only RIFF is supported"),
        (named(b"RF64"), Unsupported, "is RF64; only RIFF is supported"),
        (of_format(format(1, 2, 48_000, 8)), Unsupported,
            "holds 8-bit PCM; only 16-bit is supported"),
        (of_format(format(1, 2, 48_000, 24)), Unsupported,
            "holds 24-bit PCM; only 16-bit is supported"),
        (of_format(format(3, 2, 48_000, 32)), Unsupported,
            "holds 32-bit floating point; only 16-bit PCM is supported"),
        (of_format(extensible(3, 2, 64)), Unsupported,
            "holds 64-bit floating point; only 16-bit PCM is supported"),
        (of_format(extensible(1, 2, 24)), Unsupported,
            "holds 24-bit PCM; only 16-bit is supported"),
        (of_format(format(0x0011, 2, 48_000, 4)), Unsupported,
            "is compressed (format 0x0011); only 16-bit PCM is supported"),
        (of_format(format(0x0055, 2, 48_000, 0)), Unsupported,
            "is compressed (format 0x0055); only 16-bit PCM is supported"),
        (of_format(other_format), Unsupported, "holds a sub-format that is not PCM"),
        (of_format(extensible(1, 2, 16)[..18].to_vec()), Malformed,
            "says it is WAVE_FORMAT_EXTENSIBLE, but its fmt chunk has 18 bytes instead of 40"),
        (of_format(pcm(2)[..14].to_vec()), Malformed,
            "has a fmt chunk of 14 bytes, too few to describe the samples"),
        (patched(2, &[0, 0]), Malformed, "says it has 0 channels"),
        (patched(4, &[0; 4]), Malformed, "says its sample rate is 0"),
        (patched(12, &[0, 0]), Malformed, "says a frame of 2 channels has 0 bytes"),
        (patched(12, &[2, 0]), Malformed, "says a frame of 2 channels has 2 bytes"),
        (patched(2, &[0xFF, 0xFF]), Malformed, "says a frame of 65535 channels has 4 bytes"),
        (file(&[(b"fmt ", pcm(2)), (b"fmt ", pcm(1)), data()]), Malformed, "has two fmt chunks"),
        (file(&[data(), (b"fmt ", pcm(2))]), Malformed, "has its data before its fmt chunk"),
        (file(&[]), Malformed, "has no fmt and no data chunk"),
        (file(&[(b"note", vec![0; 9])]), Malformed, "has no fmt and no data chunk"),
        (file(&[(b"fmt ", pcm(2))]), Malformed, "has no data chunk"),
        (file(&[(b"fmt ", pcm(2)), (b"note", vec![1; 3])])[..47].to_vec(), Malformed,
            "has no data chunk"),
        (file(&[(b"fmt ", pcm(2)), (b"data", Vec::new())]), Empty,
            "holds no samples: its data chunk is empty"),
        (good()[..30].to_vec(), Malformed,
            "its 'fmt ' chunk claims 16 bytes, but the file ends after 10 of them"),
        (claiming(good(), b"fmt ", 60)[..40].to_vec(), Malformed,
            "its 'fmt ' chunk claims 60 bytes, but the file ends after 20 of them"),
        (claiming(good(), b"fmt ", u32::MAX), Malformed,
            "its 'fmt ' chunk claims 4294967295 bytes, but the file ends after 32 of them"),
        (claiming(file(&[(b"note", vec![0; 9])]), b"note", 11), Malformed,
            "its 'note' chunk claims 11 bytes, but the file ends after 10 of them"),
        (file(&[(b"\n\x1B\0%", vec![0; 4])])[..22].to_vec(), Malformed,
            "its '???%' chunk claims 4 bytes, but the file ends after 2 of them"),
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("input.wav");
    for (bytes, status, cause) in cases {
        fs::write(&path, bytes).expect("a file");
        assert_refused(&open_wav(&path), status, &format!("{}: {cause}", path.display()));
    }
}

#[test]
fn what_is_no_file_is_refused_with_its_name_and_the_cause() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("a file");
    fs::write(&file, "hm").expect("a file");
    let missing = folder.path().join("missing.wav");
    for path in [missing, folder.path().join("no folder/a.wav"), file.join("inside.wav")] {
        let sentence = format!("{}: there is no such file", path.display());
        assert_refused(&open_wav(&path), Status::NotFound, &sentence);
    }
    let sentence = format!("{}: is a directory", folder.path().display());
    assert_refused(&open_wav(folder.path()), Status::NotReadable, &sentence);
    let raw = crate::recordings::raw(folder.path(), 1);
    let error = Device::open(&Config::new(raw)).expect_err("a folder");
    assert_refused(&error, Status::NotReadable, &sentence);
    assert_refused(&open_wav(Path::new("")), Status::NotFound, "\"\": there is no such file");
    let sentence = "\"a\\0b\": C can't be given this name";
    assert_refused(&open_wav(Path::new("a\0b")), Status::NotFound, sentence);
}

#[test]
fn an_empty_raw_file_is_refused() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let raw = crate::recordings::raw(file.path(), 1);
    let error = Device::open(&Config::new(raw)).expect_err("nothing in it");
    assert_refused(&error, Status::Empty, &format!("{}: is empty", file.path().display()));
}

#[test]
fn a_name_keeps_a_sentence_to_one_line_and_a_bearable_length() {
    let error = open_wav(Path::new("evil\n\x1B[31mname.wav"));
    assert_refused(&error, Status::NotFound, "evil??[31mname.wav: there is no such file");
    // Of a long name the end is shown, and begins with a whole letter.
    let long: PathBuf = (0..400).map(|_| "ü/").collect::<String>().into();
    let sentence = open_wav(&long).to_string();
    let (name, cause) = sentence.split_once(": ").expect("a name and a cause");
    assert_eq!(cause, "there is no such file");
    assert_eq!(name, "ü/".repeat(200));
    assert_eq!(open_wav(&PathBuf::from("ü".repeat(601) + "x")).to_string().find('ü'), Some(0));
}

#[test]
fn a_configuration_that_makes_no_sense_is_refused() {
    let signal = |sample_rate, channels| Source::Signal { sample_rate, channels };
    let with = |block_length, fifo_length, source| Config {
        block_length,
        fifo_length,
        ..Config::new(source)
    };
    let usual = || signal(48_000, 1);
    #[rustfmt::skip]
    let cases = [
        (with(0, None, usual()), "the block length is 0 frames"),
        (with(u32::MAX, None, usual()),
            "a block of 4294967295 frames of 1 channels is longer than 16777216 samples"),
        (with(16_777_217, None, usual()),
            "a block of 16777217 frames of 1 channels is longer than 16777216 samples"),
        (with(1024, None, signal(48_000, 65_535)),
            "a block of 1024 frames of 65535 channels is longer than 16777216 samples"),
        (with(1024, Some(0), usual()), "the FIFO holds 0 frames"),
        (with(1024, Some(1023), usual()), "the FIFO is shorter than a block"),
        (with(1024, Some(u32::MAX), usual()), "the FIFO is longer than the device's memory"),
        (with(1024, None, signal(0, 1)), "the sample rate is 0"),
        (with(1024, None, signal(48_000, 0)), "the number of channels is 0"),
        (with(1024, None, signal(48_000, 65_536)), "there are more than 65535 channels"),
        (with(1024, None, signal(48_000, u32::MAX)), "there are more than 65535 channels"),
    ];
    for pace in [Pace::RealTime, Pace::FlatOut] {
        for (config, cause) in cases.clone() {
            let error = Device::open(&Config { pace, ..config }).expect_err(cause);
            let sentence = format!("device configuration: {cause}");
            assert_refused(&error, Status::BadConfig, &sentence);
        }
    }
    let largest = with(16_777_216, None, usual());
    assert!(Device::open(&largest).is_ok(), "the longest block that the header allows");
}

/// Opens by the C function itself: its status, and what it wrote into a message of `size` bytes.
fn open_by_hand(config: DeviceConfig, size: usize) -> (Status, String) {
    let mut message = vec![b'x'; size + 1];
    let message_at: *mut c_char = message.as_mut_ptr().cast();
    let config = DeviceConfig { message: message_at, message_size: size, ..config };
    let mut handle = ptr::null_mut();
    // SAFETY: `config` and what it points to outlive the call, and the message has its size.
    let status = unsafe { ffi::device_open(&raw const config, &raw mut handle) };
    assert!(handle.is_null(), "a device, in spite of status {status}");
    assert_eq!(message[size], b'x', "written behind the message");
    let text = CStr::from_bytes_until_nul(&message).unwrap_or_default();
    (Status::from_number(status), text.to_string_lossy().into_owned())
}

#[test]
fn what_rust_can_not_ask_for_c_refuses_as_well() {
    let path = CString::new("missing.wav").expect("a name");
    let good = DeviceConfig {
        source: 1,
        pace: 0,
        path: path.as_ptr(),
        block_length: 1,
        fifo_length: 0,
        sample_rate: 1,
        channels: 1,
        message: ptr::null_mut(),
        message_size: 0,
    };
    let refused = |cause: &str| (Status::BadConfig, format!("device configuration: {cause}"));
    let no_source = DeviceConfig { source: 3, ..good };
    assert_eq!(open_by_hand(no_source, 1024), refused("there is no such source"));
    let no_pace = DeviceConfig { pace: u32::MAX, ..good };
    assert_eq!(open_by_hand(no_pace, 1024), refused("there is no such pace"));
    let no_path = DeviceConfig { path: ptr::null(), ..good };
    let sentence = String::from("device configuration: a recording has no path");
    assert_eq!(open_by_hand(no_path, 1024), (Status::NullArgument, sentence));
    // A message is cut to what there is room for; without room nothing is written.
    let not_found = |words: &str| (Status::NotFound, words.to_owned());
    assert_eq!(open_by_hand(good, 10), not_found("missing.w"));
    assert_eq!(open_by_hand(good, 1), not_found(""));
    assert_eq!(open_by_hand(good, 0), not_found(""));
}
