//! A connection whose other end is in Go, in a process of its own. And Go's own tests.
#![cfg(target_os = "linux")]

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;

use foreign_call::ring::{Connection, Disconnected, Events, Options};
use foreign_call_ring_peer::process::echoed;

fn go(folder: &str) -> Command {
    let mut go = Command::new("go");
    go.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    go
}

/// The echo in Go, built once.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign_call_ring_go_echo");
        let built = go("go").args(["build", "-o"]).arg(&program).arg("./echo").status();
        assert!(built.expect("go is there").success());
        program
    })
}

/// Starts the echo, and is its other end.
fn echo() -> (Connection<Events>, Child) {
    let (here, there) = UnixStream::pair().expect("sockets");
    let child = Command::new(program()).stdin(OwnedFd::from(there)).spawn().expect("it was built");
    (Connection::offer(&here, &Options::new(16, 24)).expect("an offer"), child)
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn go_in_another_process_echoes_one_at_a_time_and_many_at_once() {
    let (connection, mut child) = echo();
    let mut receiver = echoed(connection);
    assert_eq!(receiver.recv(), Err(Disconnected::Closed));
    assert_eq!(child.wait().expect("it is ours").code(), Some(0));
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn go_that_is_killed_is_missed() {
    let (Connection { mut sender, mut receiver }, mut child) = echo();
    sender.send(b"hello").expect("Go is there");
    assert_eq!(receiver.recv(), Ok(&b"hello"[..]));
    child.kill().expect("it is ours");
    assert_eq!(receiver.recv(), Err(Disconnected::Gone));
    child.wait().expect("it is ours");
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn gos_own_tests_pass() {
    let vetted = go("../go/ring").args(["vet", "./..."]).status();
    assert!(vetted.expect("go is there").success());
    let tested = go("../go/ring").args(["test", "-count=1", "-timeout=120s", "./..."]).output();
    let tested = tested.expect("go is there");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
}
