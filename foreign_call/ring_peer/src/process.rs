//! What both processes of the tests do.

use std::fs;
use std::thread;

use foreign_call::ring::{Connection, Disconnected, Events, Options, Receiver};

/// Of the connections between them.
pub fn options() -> Options {
    Options::new(64, 8)
}

/// Receives until the end, which it returns, and asserts that what comes are the numbers from 0 on.
pub fn numbers(receiver: &mut Receiver<Events>, mut each: impl FnMut(u64)) -> Disconnected {
    let mut expected = 0_u64;
    loop {
        match receiver.recv() {
            Ok(message) => assert_eq!(message, expected.to_ne_bytes()),
            Err(end) => return end,
        }
        each(expected);
        expected += 1;
    }
}

/// Sends to an echo messages of up to 24 bytes, one at a time and then many at once, asserts that they
/// come back, and closes the direction to it.
pub fn echoed(connection: Connection<Events>) -> Receiver<Events> {
    let Connection { mut sender, mut receiver } = connection;
    for round in 0..2_000_usize {
        let message: Vec<u8> = (0..round % 25).map(|byte| (round + byte) as u8).collect();
        sender.send(&message).expect("the echo is there");
        assert_eq!(receiver.recv(), Ok(&*message));
    }
    let sending = thread::spawn(move || {
        for number in 0..50_000_u64 {
            sender.send(&number.to_ne_bytes()).expect("the echo is there");
        }
    });
    for number in 0..50_000_u64 {
        assert_eq!(receiver.recv(), Ok(&number.to_ne_bytes()[..]));
    }
    sending.join().expect("no panic");
    receiver
}

/// How many descriptors this process has.
pub fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").expect("Linux has it").count()
}

/// Memory that is mapped into this process.
#[derive(Clone, Copy, Debug)]
pub struct Mapped {
    /// How many rings.
    pub rings: usize,
    /// How much of all kinds, in pages.
    pub pages: u64,
}

/// What is mapped into this process now.
pub fn mapped() -> Mapped {
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux has it");
    let rings = maps.lines().filter(|line| line.contains("foreign_call ring")).count();
    let sizes = fs::read_to_string("/proc/self/statm").expect("Linux has it");
    let pages = sizes.split(' ').next().and_then(|pages| pages.parse().ok());
    Mapped { rings, pages: pages.expect("a number") }
}

/// Ends this process by a signal after so many seconds, should it hang.
pub fn guard(seconds: u32) {
    // SAFETY: it takes a number.
    unsafe { libc::alarm(seconds) };
}
