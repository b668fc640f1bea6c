//! The experiment with `foreign_call`'s rings, whose other end is a program in Go.

#[cfg(all(go, target_os = "linux"))]
#[expect(clippy::print_stdout, reason = "printing is what a main is for")]
fn main() -> anyhow::Result<()> {
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::process::Command;
    use std::thread;

    use anyhow::anyhow;
    use bridge_with_ring::Report;
    use foreign_call::ring::{Connection, Disconnected, Options};

    let (here, there) = UnixStream::pair()?;
    let mut go = Command::new(env!("SQUARES_IN_GO")).stdin(OwnedFd::from(there)).spawn()?;
    let Connection { mut sender, mut receiver } = Connection::offer(&here, &Options::new(64, 8))?;

    let sending = thread::spawn(move || {
        let mut sent = 0;
        for number in 1..=100_000_i64 {
            sender.send(&number.to_le_bytes())?;
            sent += 1;
        }
        anyhow::Ok((sent, sender.wake_ups()))
    });
    let (mut received, mut wrong, mut sum) = (0, 0, 0);
    let end = loop {
        match receiver.recv() {
            Ok(square) => {
                let square = i64::from_le_bytes(square.try_into()?);
                received += 1;
                wrong += u32::from(square != i64::from(received).pow(2));
                sum += square;
            }
            Err(end) => break end,
        }
    };
    anyhow::ensure!(end == Disconnected::Closed, "{end}");
    let (sent, rung) = sending.join().map_err(|_| anyhow!("the sender panicked"))??;
    let status = go.wait()?;
    anyhow::ensure!(status.success(), "the program in Go ended with {status}");
    println!("{}", Report { sent, received, wrong, sum, rung: rung + receiver.wake_ups() });
    Ok(())
}

#[cfg(not(all(go, target_os = "linux")))]
fn main() -> std::process::ExitCode {
    eprintln!("this takes Go 1.19 or newer when it is built, and Linux");
    std::process::ExitCode::from(3)
}
