//! The experiment with `foreign_call`'s rings. The other end is in another process, which is this
//! program once more; where the system is not Linux, on another thread.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

use std::thread;

use anyhow::anyhow;
use bridge_with_ring::Report;
use foreign_call::ring::{Block, Connection, Disconnected, Options};

const NUMBERS: u32 = 100_000;

/// Room for 64 messages of 8 bytes, in each direction.
fn options() -> Options {
    Options::new(64, 8)
}

/// Our end: one thread sends all numbers, this one receives.
fn ask<N: Block + Send + 'static>(end: Connection<N>) -> anyhow::Result<Report> {
    let Connection { mut sender, mut receiver } = end;
    let sending = thread::spawn(move || {
        let mut sent = 0;
        for number in 1..=i64::from(NUMBERS) {
            sender.send(&number.to_ne_bytes())?;
            sent += 1;
        }
        anyhow::Ok((sent, sender.wake_ups()))
    });
    let (mut received, mut wrong, mut sum) = (0, 0, 0);
    loop {
        match receiver.recv() {
            Ok(square) => {
                // Not in the shared memory any more, so it stays what it is while we look at it.
                let square = i64::from_ne_bytes(square.try_into()?);
                received += 1;
                wrong += u32::from(square != i64::from(received).pow(2));
                sum += square;
            }
            Err(Disconnected::Closed) => break,
            Err(error) => return Err(error.into()),
        }
    }
    let (sent, rung) = sending.join().map_err(|_| anyhow!("the sender panicked"))??;
    Ok(Report { sent, received, wrong, sum, rung: rung + receiver.wake_ups() })
}

/// The other end: squares, until no more numbers come.
fn answer<N: Block>(end: Connection<N>) -> anyhow::Result<()> {
    let Connection { mut sender, mut receiver } = end;
    loop {
        match receiver.recv() {
            Ok(number) => {
                let number = i64::from_ne_bytes(number.try_into()?);
                sender.send(&number.wrapping_mul(number).to_ne_bytes())?;
            }
            Err(Disconnected::Closed) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    use std::os::fd::{AsFd, OwnedFd};
    use std::os::unix::net::UnixStream;
    use std::process::Command;
    use std::{env, io};

    const OTHER_END: &str = "the-other-end";
    if env::args().nth(1).is_some_and(|argument| argument == OTHER_END) {
        let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
        return answer(Connection::accept(&socket, &options())?);
    }
    let (here, there) = UnixStream::pair()?;
    let mut other_end = Command::new(env::current_exe()?);
    let mut other_end = other_end.arg(OTHER_END).stdin(OwnedFd::from(there)).spawn()?;
    let report = ask(Connection::offer(&here, &options())?)?;
    let status = other_end.wait()?;
    anyhow::ensure!(status.success(), "the other process ended with {status}");
    println!("{report}");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() -> anyhow::Result<()> {
    let (here, there) = Connection::pair(&options());
    let other_end = thread::spawn(|| answer(there));
    let report = ask(here)?;
    other_end.join().map_err(|_| anyhow!("the other end panicked"))??;
    println!("{report}");
    Ok(())
}
