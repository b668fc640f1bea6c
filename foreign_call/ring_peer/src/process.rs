//! What both processes of the tests do.

use std::fs;
use std::thread;

use foreign_call::ring::{Connection, Disconnected, Events, Options, Receiver};

/// Of the connections between them.
pub fn options() -> Options {
    Options::new(64, 8).arena(1000)
}

/// Message `number`, of at most `longest` bytes: that number, in a slot or, at the beginning of a longer
/// one, in the arena.
pub fn numbered(number: u64, longest: usize) -> ([u8; 208], usize) {
    let mut message = [number as u8; 208];
    message[..8].copy_from_slice(&number.to_ne_bytes());
    let length = if number.is_multiple_of(3) { 8 + (number % 200) as usize } else { 8 };
    (message, length.min(longest))
}

/// Receives until the end, which it returns, and asserts that what comes are the numbers from 0 on.
pub fn numbers(receiver: &mut Receiver<Events>, mut each: impl FnMut(u64)) -> Disconnected {
    let longest = receiver.longest();
    let mut expected = 0_u64;
    loop {
        match receiver.recv() {
            Ok(message) => {
                let (expected, length) = numbered(expected, longest);
                assert_eq!(message, &expected[..length]);
            }
            Err(end) => return end,
        }
        each(expected);
        expected += 1;
    }
}

/// Sends to an echo messages of every length, one at a time and then many at once, asserts that they
/// come back, and closes the direction to it.
pub fn echoed(connection: Connection<Events>) -> Receiver<Events> {
    let Connection { mut sender, mut receiver } = connection;
    let lengths = sender.longest() + 1;
    let message = move |number: usize| -> Vec<u8> {
        (0..number % lengths).map(|byte| (number + byte) as u8).collect()
    };
    for round in 0..2_000 {
        let message = message(round);
        sender.send(&message).expect("the echo is there");
        assert_eq!(receiver.recv(), Ok(&*message));
    }
    // As many bytes, whatever the lengths.
    let count = 1_200_000 / lengths;
    let sending = thread::spawn(move || {
        for number in 0..count {
            sender.send(&message(number * 7)).expect("the echo is there");
        }
    });
    for number in 0..count {
        assert_eq!(receiver.recv(), Ok(&*message(number * 7)));
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
