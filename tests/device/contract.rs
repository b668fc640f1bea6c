//! C and Rust say the same, and the built-in signal is what the header says.

use std::collections::HashSet;
use std::ffi::{CStr, c_int};
use std::mem::offset_of;
use std::{fs, ptr};

use device::ffi::{self, DeviceConfig, DeviceStats};
use device::{Status, signal};

const PERIOD: u64 = 131_070;

fn header() -> String {
    fs::read_to_string(support::workspace().join("device/csrc/device.h")).expect("the header")
}

/// The names in `typedef enum NAME { ... }`, in order.
fn enumerators(name: &str) -> Vec<String> {
    let header = header();
    let (_, rest) = header.split_once(&format!("typedef enum {name} {{")).expect("the enum");
    let (body, _) = rest.split_once('}').expect("its end");
    let names = body.lines().filter_map(|line| line.trim().split([',', ' ']).next());
    names.filter(|name| name.starts_with("DEVICE_")).map(str::to_owned).collect()
}

/// `DEVICE_NOT_FOUND` as Rust writes it: `NotFound`.
fn in_camel_case(name: &str) -> String {
    let words = name.trim_start_matches("DEVICE_").split('_');
    words.map(|word| word[..1].to_owned() + &word[1..].to_lowercase()).collect()
}

/// What Rust takes for true about the header, as pairs of a C expression and its value.
fn beliefs() -> Vec<(String, usize)> {
    macro_rules! layout {
        ($c:literal, $rust:ty, $($field:ident),*) => {
            [
                (concat!("sizeof(", $c, ")"), size_of::<$rust>()),
                $((concat!("offsetof(", $c, ", ", stringify!($field), ")"),
                    offset_of!($rust, $field)),)*
            ]
        };
    }
    #[rustfmt::skip]
    let config = layout!(
        "device_config", DeviceConfig, source, pace, path, block_length, fifo_length, sample_rate,
        channels, message, message_size
    );
    #[rustfmt::skip]
    let stats = layout!(
        "device_stats", DeviceStats, blocks, samples, overruns, longest_callback_ns, thread_id
    );
    let mut beliefs: Vec<(String, usize)> = Vec::new();
    beliefs.extend(config.into_iter().chain(stats).map(|(c, rust)| (c.to_owned(), rust)));
    for name in ["device_status", "device_source_kind", "device_pace"] {
        beliefs.extend(enumerators(name).into_iter().zip(0..));
    }
    beliefs.push((String::from("DEVICE_MESSAGE_SIZE"), ffi::DEVICE_MESSAGE_SIZE));
    beliefs.push((String::from("DEVICE_SIGNAL_PERIOD"), PERIOD as usize));
    beliefs
}

/// Whether the C compiler that builds the device takes these for true as well.
fn c_agrees(beliefs: &[(String, usize)]) -> bool {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut source = String::from("#include \"device.h\"\n");
    for (c, rust) in beliefs {
        source += &format!("_Static_assert({c} == {rust}, \"{c}\");\n");
    }
    fs::write(folder.path().join("beliefs.c"), source).expect("a file");
    let mut compiler = support::c_compiler().to_command();
    compiler.current_dir(folder.path()).arg("-I").arg(support::workspace().join("device/csrc"));
    compiler.args(["-c", "beliefs.c"]).output().expect("a C compiler").status.success()
}

#[test]
fn c_and_rust_agree_on_every_layout_and_number() {
    let mut beliefs = beliefs();
    assert!(c_agrees(&beliefs), "C sees it otherwise: {beliefs:?}");
    for index in 0..beliefs.len() {
        beliefs[index].1 += 1;
        if index % 8 == 0 {
            assert!(!c_agrees(&beliefs), "C believes that {:?}", beliefs[index]);
        }
        beliefs[index].1 -= 1;
    }
}

#[test]
fn every_status_of_the_header_is_the_rust_status_of_its_number() {
    let names = enumerators("device_status");
    assert_eq!(names.len(), 16, "{names:?}");
    for (number, name) in (0..).zip(&names).skip(1) {
        assert_eq!(format!("{:?}", Status::from_number(number)), in_camel_case(name));
    }
    let beyond = c_int::try_from(names.len()).expect("few");
    for number in [-1, 0, beyond, c_int::MAX] {
        assert_eq!(Status::from_number(number), Status::Unknown(number));
    }
}

fn words(status: c_int) -> String {
    // SAFETY: the header promises a static, terminated string for every number.
    let words = unsafe { CStr::from_ptr(ffi::device_strerror(status)) };
    words.to_str().expect("ASCII").to_owned()
}

#[test]
fn every_status_has_words_of_its_own() {
    let statuses: HashSet<String> = (0..16).map(words).collect();
    assert_eq!(statuses.len(), 16, "{statuses:?}");
    assert_eq!(words(0), "success");
    for number in [-1, 16, c_int::MIN, c_int::MAX] {
        assert_eq!(words(number), "not a status of the device");
    }
}

#[test]
fn null_is_refused_by_every_function() {
    let null = Status::NullArgument;
    let mut handle = ptr::null_mut();
    // SAFETY: the header allows null, here and in all that follows; nothing is read or written.
    let open = unsafe { ffi::device_open(ptr::null(), &raw mut handle) };
    assert_eq!((Status::from_number(open), handle), (null, ptr::null_mut()));
    // SAFETY: as above.
    let start = unsafe { ffi::device_start(ptr::null_mut(), None) };
    // SAFETY: as above.
    let limit = unsafe { ffi::device_limit(ptr::null_mut(), 1) };
    // SAFETY: as above.
    let wait = unsafe { ffi::device_wait(ptr::null_mut(), 0) };
    // SAFETY: as above.
    let stop = unsafe { ffi::device_stop(ptr::null_mut()) };
    // SAFETY: as above.
    let statistics = unsafe { ffi::device_statistics(ptr::null(), ptr::null_mut()) };
    assert_eq!([start, limit, wait, stop, statistics].map(Status::from_number), [null; 5]);
    // SAFETY: as above.
    assert_eq!(unsafe { ffi::device_close(ptr::null_mut()) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { ffi::device_sample_rate(ptr::null()) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { ffi::device_channels(ptr::null()) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { ffi::device_notice(ptr::null(), ptr::null_mut(), 0) }, 0);
}

#[test]
fn the_signal_rises_and_falls_by_one_between_the_ends_of_the_range() {
    let known = [(0, 0), (1, 1), (32_767, i16::MAX), (32_768, 32_766), (65_534, 0)];
    for (index, value) in known.into_iter().chain([(98_302, i16::MIN), (98_303, -32_767)]) {
        assert_eq!(signal(index), value, "sample {index}");
    }
    for index in 0..2 * PERIOD {
        let step = i32::from(signal(index + 1)) - i32::from(signal(index));
        assert_eq!(step.abs(), 1, "after sample {index}");
        assert_eq!(signal(index + PERIOD), signal(index), "sample {index}");
    }
    assert_eq!(signal(u64::MAX), signal(u64::MAX % PERIOD));
}

#[test]
fn two_samples_in_a_row_tell_where_in_the_signal_they_are() {
    // So a receiver that counts sees every gap, repeat or swap that is shorter than the period.
    let pairs: HashSet<_> = (0..PERIOD).map(|index| (signal(index), signal(index + 1))).collect();
    assert_eq!(pairs.len() as u64, PERIOD);
}
