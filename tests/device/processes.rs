//! Standard input, descriptors, and what else needs a process of its own: each test here runs its
//! own binary again, with nothing but itself in it.

#[cfg(target_os = "linux")]
use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use device::{Config, Device, Source};
use support::PATIENCE;

use crate::recordings::{flat_out, raw, samples};
use crate::stage::{Stage, try_record};
use crate::wav::{self, bytes_of};

/// Set in the child; what it is to do.
const TASK: &str = "DEVICE_TEST_TASK";

fn task() -> Option<String> {
    env::var(TASK).ok()
}

/// The test of that name, to be run alone, in a process of its own.
fn child(test: &str, task: &str) -> Command {
    let mut command = Command::new(env::current_exe().expect("this test's own path"));
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(TASK, task);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Waits for it, and kills it where it hangs.
fn finish(mut child: Child) -> Output {
    let begun = Instant::now();
    while child.try_wait().expect("a child to wait for").is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().expect("a child to kill");
        }
        thread::sleep(Duration::from_millis(2));
    }
    child.wait_with_output().expect("its output")
}

/// What a child says, between marks that nothing else prints.
fn say(what: &str) {
    writeln!(std::io::stdout(), "\n<<<{what}>>>").expect("standard output");
}

#[track_caller]
fn said(output: &Output) -> String {
    let text = support::stdout(output);
    assert!(output.status.success(), "{}\n{text}\n{}", output.status, support::stderr(output));
    let (_, rest) = text.split_once("<<<").unwrap_or_else(|| panic!("it said nothing: {text}"));
    rest.split_once(">>>").expect("the end of what it said").0.to_owned()
}

/// What came of a recording, in words that a parent can compare.
fn outcome(config: &Config) -> String {
    match try_record(config) {
        Err(error) => format!("refused: {:?}: {error}", error.status()),
        Ok(recording) => {
            let ended =
                recording.ended.as_ref().map_err(|error| (error.status(), error.to_string()));
            format!("{:?}, {ended:?}, {:?}", recording.samples(), recording.notice)
        }
    }
}

fn arrived(samples: &[i16]) -> String {
    format!("{samples:?}, Ok(true), None")
}

const STANDARD_INPUT: &str = "processes::standard_input_is_read_as_file_and_as_pipe";

#[test]
fn standard_input_is_read_as_file_and_as_pipe() {
    if let Some(task) = task() {
        let path = Path::new("-");
        let source = if task == "wav" { Source::Wav(path.to_owned()) } else { raw(path, 2) };
        return say(&outcome(&flat_out(source)));
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("input");
    let good = wav::simple(2, &samples());
    let truncated = "standard input: is truncated: its data chunk claims 1200 bytes, but only 402 \
                     are there";
    let cases = [
        ("wav", good.clone(), arrived(&samples())),
        ("raw", bytes_of(&samples()), arrived(&samples())),
        ("wav", Vec::new(), "refused: Empty: standard input: is empty".into()),
        (
            "wav",
            b"not a recording".to_vec(),
            "refused: NotWav: standard input: is not a WAV file: it does not begin with RIFF and \
             WAVE"
                .into(),
        ),
        (
            "wav",
            good[..44 + 402].to_vec(),
            format!("{:?}, Ok(true), Some({truncated:?})", &samples()[..200]),
        ),
    ];
    for (task, bytes, expected) in cases {
        fs::write(&path, &bytes).expect("a file");
        let file = File::open(&path).expect("a file");
        let from_file = child(STANDARD_INPUT, task).stdin(file).spawn().expect("a child");
        assert_eq!(said(&finish(from_file)), expected, "{task} from a file");

        for portion in [100, 1_000_000] {
            let mut command = child(STANDARD_INPUT, task);
            let mut from_pipe = command.stdin(Stdio::piped()).spawn().expect("a child");
            let mut pipe = from_pipe.stdin.take().expect("its standard input");
            for part in bytes.chunks(portion) {
                pipe.write_all(part).expect("the child reads");
            }
            drop(pipe);
            assert_eq!(said(&finish(from_pipe)), expected, "{task} from a pipe");
        }
    }
    let nothing = child(STANDARD_INPUT, "raw").spawn().expect("a child");
    let words = "standard input: holds no samples";
    assert_eq!(said(&finish(nothing)), format!("[], Err((Empty, {words:?})), Some({words:?})"));
    let folder = File::open(folder.path()).expect("a folder");
    let from_folder = child(STANDARD_INPUT, "raw").stdin(folder).spawn().expect("a child");
    let expected = "refused: NotReadable: standard input: is a directory";
    assert_eq!(said(&finish(from_folder)), expected);
}

#[test]
#[cfg(target_os = "linux")] // elsewhere such a socket may just end
fn a_read_that_fails_in_the_middle_is_reported_after_what_came_before() {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    let (ours, mut theirs) = UnixStream::pair().expect("a pair of sockets");
    (&ours).write_all(b"never read").expect("room");
    theirs.write_all(&bytes_of(&samples())).expect("room");
    drop(theirs); // with something unread: the other end sees a reset
    let mut command = child(STANDARD_INPUT, "raw");
    let reading = command.stdin(OwnedFd::from(ours)).spawn().expect("a child");
    let words = "standard input: reading failed after 1200 bytes: Connection reset by peer";
    let expected = format!("{:?}, Err((ReadFailed, {words:?})), Some({words:?})", samples());
    assert_eq!(said(&finish(reading)), expected);
}

#[test]
fn a_file_without_permission_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    if let Some(path) = task() {
        // SAFETY: takes no pointer. Root may read everything, so this process is root no more.
        unsafe { libc::setuid(65_534) };
        let error =
            Device::open(&Config::new(Source::Wav(path.into()))).expect_err("no permission");
        return say(&format!("{:?}: {error}", error.status()));
    }
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o000)).expect("our file");
    let path = file.path().to_str().expect("UTF-8");
    let mut command = child("processes::a_file_without_permission_is_refused", path);
    command.env("ASAN_OPTIONS", "detect_leaks=0"); // it can't look, once the user has changed
    let expected = format!("NotReadable: {path}: can't be opened: Permission denied");
    assert_eq!(said(&finish(command.spawn().expect("a child"))), expected);
}

#[test]
fn a_device_dropped_inside_its_callback_says_so_and_goes_on() {
    use std::sync::{Arc, Mutex, mpsc};

    if task().is_some() {
        let device = Arc::new(Mutex::new(None::<Device>));
        let (blocks, received) = mpsc::channel();
        let _stage = Stage::set({
            let device = Arc::clone(&device);
            move |_| {
                drop(device.lock().map(|mut device| device.take()));
                let _ = blocks.send(());
            }
        });
        // Endless: once it has been dropped there is no way to stop it.
        let config = Config { frames: None, ..Config::signal(0) };
        let mut slot = device.lock().expect("no panic");
        let opened = slot.insert(Device::open(&config).expect("it opens"));
        _stage.start(opened).expect("it starts");
        drop(slot);
        for _ in 0..3 {
            received.recv_timeout(PATIENCE).expect("a callback");
        }
        assert!(device.lock().expect("no panic").is_none(), "it was dropped");
        return say("three blocks came");
    }
    let test = "processes::a_device_dropped_inside_its_callback_says_so_and_goes_on";
    let output = finish(child(test, "drop").spawn().expect("a child"));
    assert_eq!(said(&output), "three blocks came");
    let words = support::stderr(&output);
    let expected = "device: not closed: not possible inside the device's callback\n";
    assert!(words.contains(expected), "{words}");
}

/// The open descriptors, and whether a child would inherit them.
#[cfg(target_os = "linux")] // where a process can list them
fn descriptors() -> BTreeMap<i32, bool> {
    let entries = fs::read_dir("/proc/self/fd").expect("this process's descriptors");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let numbers: Vec<i32> = names
        .map(|name| name.to_str().and_then(|name| name.parse().ok()).expect("a number"))
        .collect();
    let mut found = BTreeMap::new();
    for number in numbers {
        // SAFETY: F_GETFD takes no pointer, and any number.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
        if flags != -1 {
            // else: the listing's own, which is closed by now
            found.insert(number, flags & libc::FD_CLOEXEC == 0);
        }
    }
    found
}

#[test]
#[cfg(target_os = "linux")]
fn descriptors_are_given_back_and_no_child_inherits_them() {
    let test = "processes::descriptors_are_given_back_and_no_child_inherits_them";
    let Some(path) = task() else {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), wav::simple(1, &samples())).expect("a file");
        let path = file.path().to_str().expect("UTF-8");
        let output = finish(child(test, path).spawn().expect("a child"));
        return assert_eq!(said(&output), "as before");
    };
    let before = descriptors();
    let stage = Stage::set(|_| {});
    for path in [path.as_str(), "-"] {
        let source = if path == "-" { raw(path.as_ref(), 1) } else { Source::Wav(path.into()) };
        let device = Device::open(&flat_out(source)).expect("it opens");
        stage.start(&device).expect("it starts");
        let mut open = descriptors();
        open.retain(|number, _| !before.contains_key(number));
        let inherited: Vec<_> = open.into_values().collect();
        assert_eq!(inherited, [false; 3], "the input, and both ends of what wakes a read");
    }
    for bad in ["/", "/proc/self/status", "/nowhere"] {
        Device::open(&Config::new(Source::Wav(bad.into()))).expect_err("not a recording");
    }
    drop(stage);
    assert_eq!(descriptors(), before);
    say("as before");
}
