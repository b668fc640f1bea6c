//! What experiments 8 and 9 draw in a terminal, which is a pseudo-terminal here, as Unix has them.

use std::ffi::{CStr, OsStr};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Command, Stdio};
use std::thread;

use crate::ctrl_c::Guarded;
use crate::{built, workspace};

/// A new terminal: the end that shows what is written, and the end that programs write to. No other
/// child inherits them: it would keep the terminal open.
fn terminal() -> (File, File) {
    // SAFETY: takes no pointer.
    let shows = unsafe { libc::posix_openpt(libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC) };
    assert!(shows >= 0, "a pseudo-terminal");
    // SAFETY: the descriptor is new, so it is ours alone.
    let owned = unsafe { OwnedFd::from_raw_fd(shows) };
    // SAFETY: takes no pointer; the descriptor is open.
    assert_eq!(unsafe { libc::grantpt(shows) }, 0);
    // SAFETY: as above.
    assert_eq!(unsafe { libc::unlockpt(shows) }, 0);
    // SAFETY: as above; one test of a process asks, so nobody overwrites the answer meanwhile.
    let name = unsafe { libc::ptsname(shows) };
    assert!(!name.is_null(), "the terminal's name");
    // SAFETY: a terminated string, which is good until `ptsname` is called again.
    let name = OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes());
    let writes = OpenOptions::new().write(true).custom_flags(libc::O_NOCTTY).open(name);
    (owned.into(), writes.expect("the terminal's other end"))
}

/// Runs a binary to its end and gives back what it wrote to the terminal on its standard error.
fn written(binary: &str, arguments: &[&str]) -> String {
    let (mut shows, writes) = terminal();
    let mut command = Command::new(built().binary(binary));
    command.args(arguments).current_dir(workspace());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(writes);
    let mut child = Guarded(command.spawn().expect("the binary starts"));
    drop(command); // and with it our copy of the end that the child writes to
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        // On Linux it fails when the last one that could write is gone; elsewhere it ends.
        let _ = shows.read_to_end(&mut bytes);
        String::from_utf8(bytes).expect("UTF-8 in the terminal")
    });
    let status = child.wait(|_| ());
    let written = reader.join().expect("no panic");
    assert_eq!(status.code(), Some(0), "{written}");
    written
}

/// The level meter is one line. Each new one takes the place of the one before, and at the end the
/// line is empty.
pub fn the_meter_is_redrawn_in_its_place_and_erased(binary: &str) {
    let written = written(binary, &[]);
    let (mut line, mut meters) = (Vec::new(), Vec::new());
    for part in written.split('\r') {
        // The cursor is at the line's beginning. What is shorter than the line leaves the rest of it.
        let part: Vec<_> = part.chars().collect();
        line.splice(..part.len().min(line.len()), part.iter().copied());
        let shown: String = line.iter().collect();
        if shown.contains(" dBFS ") {
            assert_eq!(line, part, "something is left of the line before: {written:?}");
            meters.push(shown);
        }
    }
    meters.dedup();
    assert!(meters.len() > 1, "it never changed: {written:?}");
    assert!(!written.contains('\n'), "more than one line: {written:?}");
    assert!(line.iter().all(|&cell| cell == ' '), "left behind: {line:?}");
}
