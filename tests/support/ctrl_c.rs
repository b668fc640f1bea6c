//! What experiments 8 and 9 do when they are interrupted. Signals are sent as Unix sends them.

use std::io::{Write, read_to_string};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::bridge::{as_bytes, losses, melody, number};
use crate::{PATIENCE, built, workspace};

/// A child that is killed when the test is through with it.
#[derive(Debug)]
pub(crate) struct Guarded(pub(crate) Child);

impl Guarded {
    fn spawn(binary: &str, arguments: &[&str]) -> Guarded {
        let mut command = Command::new(built().binary(binary));
        command.args(arguments).current_dir(workspace());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Guarded(command.spawn().expect("the binary starts"))
    }

    /// Writes more than fits into the pipe and the device's buffer: when this returns, the device
    /// has been started, and Ctrl-C is caught.
    fn feed_until_it_runs(&mut self) -> usize {
        let samples = melody(512 * 1024);
        let stdin = self.0.stdin.as_mut().expect("a pipe");
        stdin.write_all(&as_bytes(&samples)).expect("the child reads");
        samples.len()
    }

    fn send(&self, signal: libc::c_int) {
        let id = libc::pid_t::try_from(self.0.id()).expect("a process id");
        // SAFETY: `kill` touches no memory of ours; the child is ours and not yet waited for.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0);
    }

    pub(crate) fn wait(&mut self, mut meanwhile: impl FnMut(&Self)) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().expect("a child") {
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it hangs");
            meanwhile(self);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn printed(&mut self) -> String {
        let stdout = self.0.stdout.take().expect("a pipe");
        read_to_string(stdout).expect("UTF-8")
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // Fails where it has ended, as it should have.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ctrl-C stops a device that waits for input, drains what is there, and prints the report.
pub fn ctrl_c_stops_drains_and_reports(binary: &str, signal: libc::c_int) {
    let mut child = Guarded::spawn(binary, &["--pace", "flat-out", "--json", "--raw", "-"]);
    let fed = child.feed_until_it_runs();
    child.send(signal);
    let status = child.wait(|_| ());
    let printed = child.printed();
    assert_eq!(status.code(), Some(0), "{printed}");
    let report: Value = serde_json::from_str(&printed).expect("a report");
    assert_eq!(report["interrupted"], true);
    assert_eq!(losses(&report), (0, 0));
    let samples = number(&report, "samples");
    // What is still in the pipe or in the device's buffer was not acquired. All else was drained.
    let (pipe, buffer, fed) = (64 * 1024 / 2, 64 * 1024 / 2, fed as u64);
    assert!(samples >= fed - pipe - buffer && samples <= fed, "{samples} of {fed}");
}

/// The second Ctrl-C ends the process, however much there is to drain.
pub fn a_second_ctrl_c_ends_at_once(binary: &str) {
    let an_hour_a_block = ["--strategy", "unbounded", "--workers", "1", "--work", "3600000000"];
    let flat_out = ["--pace", "flat-out", "--raw", "-"];
    let mut child = Guarded::spawn(binary, &[&an_hour_a_block[..], &flat_out].concat());
    child.feed_until_it_runs();
    let status = child.wait(|child| child.send(libc::SIGINT));
    assert_eq!(status.code(), Some(130));
    assert_eq!(child.printed(), "", "no report: it ended at once");
}

/// A reader that goes away is no reason to panic.
pub fn a_closed_standard_output_is_no_reason_to_panic(binary: &str) {
    let mut child = Guarded::spawn(binary, &["--pace", "flat-out", "--raw", "-"]);
    child.feed_until_it_runs();
    drop(child.0.stdout.take());
    drop(child.0.stdin.take()); // the recording ends only now, and then the report is printed
    let status = child.wait(|_| ());
    let words = read_to_string(child.0.stderr.take().expect("a pipe")).expect("UTF-8");
    assert_eq!(status.code(), Some(1), "{words}");
    assert_eq!(words, "", "who closes the pipe knows why");
}

/// What came before the failure counts, and the exit status says that it is not all.
pub fn a_recording_that_fails_in_the_middle_is_status_1(binary: &str) {
    // A connection that its peer resets is the one input that fails to be read on purpose.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut peer = TcpStream::connect(listener.local_addr().expect("its address")).expect("a peer");
    let (input, _) = listener.accept().expect("the connection");
    let mut command = Command::new(built().binary(binary));
    command.args(["--pace", "flat-out", "--json", "--raw", "-"]).current_dir(workspace());
    command.stdin(OwnedFd::from(input)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Guarded(command.spawn().expect("the binary starts"));
    drop(command); // and with it our end of the child's standard input
    let samples = melody(4 * 1024 * 1024);
    peer.write_all(&as_bytes(&samples)).expect("the child reads");
    let now = libc::linger { l_onoff: 1, l_linger: 0 }; // closing resets
    // SAFETY: the descriptor is ours, and `now` is read for its size.
    let set = unsafe {
        libc::setsockopt(
            peer.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_LINGER,
            (&raw const now).cast(),
            size_of_val(&now) as libc::socklen_t,
        )
    };
    assert_eq!(set, 0);
    drop(peer);
    let status = child.wait(|_| ());
    let report: Value = serde_json::from_str(&child.printed()).expect("a report");
    let words = read_to_string(child.0.stderr.take().expect("a pipe")).expect("UTF-8");
    assert_eq!(status.code(), Some(1), "{words}");
    assert_eq!(report["failed"], true, "{report}");
    assert!(number(&report, "samples") > 0, "{report}");
    assert!(words.starts_with("note: standard input: reading failed after"), "{words}");
    assert!(words.contains("error: the recording could not be read to its end"), "{words}");
}
