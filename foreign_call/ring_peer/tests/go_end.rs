//! A connection whose other end is in Go, in a process of its own. And Go's own tests.
#![cfg(target_os = "linux")]

use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::OnceLock;

use foreign_call::ring::{Connection, Disconnected, Events, Options};
use foreign_call_ring_peer::OK;
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

/// Starts the echo, with a socket to it.
fn echo(role: &str) -> (UnixStream, Child) {
    let (here, there) = UnixStream::pair().expect("sockets");
    let child = Command::new(program()).arg(role).stdin(OwnedFd::from(there)).spawn();
    (here, child.expect("it was built"))
}

fn offered_to_go() -> (Connection<Events>, Child) {
    let (socket, child) = echo("accept");
    (Connection::offer(&socket, &Options::new(16, 24)).expect("an offer"), child)
}

fn with_arena() -> Options {
    Options::new(16, 24).arena(1000)
}

/// The same with messages of up to 1000 bytes.
fn offered_with_arenas() -> [(Connection<Events>, Child); 2] {
    let (socket, child) = echo("accept");
    let to_go = (Connection::offer(&socket, &with_arena()).expect("an offer"), child);
    let (socket, child) = echo("arena");
    [to_go, (Connection::accept(&socket, &with_arena()).expect("Go's offer"), child)]
}

fn offered_by_go() -> (Connection<Events>, Child) {
    let (socket, child) = echo("offer");
    (Connection::accept(&socket, &Options::new(16, 24)).expect("Go's offer"), child)
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn go_in_another_process_echoes_one_at_a_time_and_many_at_once() {
    let without = [offered_to_go(), offered_by_go()];
    for (connection, mut child) in without.into_iter().chain(offered_with_arenas()) {
        let mut receiver = echoed(connection);
        assert_eq!(receiver.recv(), Err(Disconnected::Closed));
        assert_eq!(child.wait().expect("it is ours").code(), Some(0));
    }
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn go_that_is_killed_is_missed() {
    for (connection, mut child) in [offered_to_go(), offered_by_go()] {
        let Connection { mut sender, mut receiver } = connection;
        sender.send(b"hello").expect("Go is there");
        assert_eq!(receiver.recv(), Ok(&b"hello"[..]));
        child.kill().expect("it is ours");
        assert_eq!(receiver.recv(), Err(Disconnected::Gone));
        child.wait().expect("it is ours");
    }
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn go_accepts_what_c_offers() {
    let (socket, mut go) = echo("accept");
    let c = Command::new(env!("C_PROCESS"))
        .args(["ask", "16", "24"])
        .stdin(OwnedFd::from(socket))
        .status();
    assert_eq!(c.expect("it was built").code(), Some(OK));
    assert_eq!(go.wait().expect("it is ours").code(), Some(0));
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn rust_refuses_of_go_what_is_more_than_it_accepts() {
    for (most, expected) in [
        (Options::new(8, 24), "the shared memory is empty or too large"),
        (Options::new(64, 16), "a longer message than is accepted"),
    ] {
        let (socket, mut child) = echo("offer");
        let refused = Connection::accept(&socket, &most).expect_err("Go offers more");
        assert_eq!(refused.to_string(), expected);
        // Its sockets are closed, and nobody said so before.
        assert_eq!(child.wait().expect("it is ours").code(), Some(3));
    }
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
