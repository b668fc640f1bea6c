//! The other process of the tests: an end of a connection, offered or accepted over standard input.
//!
//! `other_process offer|accept` sends the numbers from 0 on and receives them, until the other side is
//! gone. Exits with 0 if it learned so in both directions and nothing stayed behind, with 2 if there
//! never was a connection.

use std::io;
use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> io::Result<ExitCode> {
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;
    use std::thread;

    use foreign_call::ring::{Connection, Disconnected, SendError};
    use foreign_call_ring_peer::process::{descriptors, guard, numbered, numbers, options};

    guard(60);
    let before = descriptors();
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let role = std::env::args().nth(1);
    let connection = match role.as_deref() {
        Some("offer") => Connection::offer(&socket, &options()),
        Some("accept") => Connection::accept(&socket, &options()),
        _ => return Err(io::Error::other("say `offer` or `accept`")),
    };
    let Ok(Connection { mut sender, mut receiver }) = connection else {
        return Ok(ExitCode::from(2));
    };
    drop(socket);
    let receiving = thread::spawn(move || numbers(&mut receiver, |_| ()));
    let end = (0_u64..).find_map(|number| {
        let (message, length) = numbered(number, sender.longest());
        sender.send(&message[..length]).err()
    });
    drop(sender);
    let received = receiving.join().expect("no panic");
    let gone =
        end == Some(SendError::Disconnected(Disconnected::Gone)) && received == Disconnected::Gone;
    Ok(if gone && descriptors() == before { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(not(target_os = "linux"))]
fn main() -> io::Result<ExitCode> {
    Err(io::Error::other("connections between processes are made on Linux only"))
}
