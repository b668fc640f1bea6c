//! Numbered messages through rings of random sizes, with random stalls on both sides: none is lost,
//! none comes twice, all come in order, and each is what was sent.
//!
//! ```text
//! cargo run --release -p foreign_call --example ring_soak -- 1000000000 1
//! ```
//!
//! The arguments: how many messages, and a seed.

use std::fmt;
use std::hint;
use std::thread;
use std::time::{Duration, Instant};

use foreign_call::ring::{
    Block, Disconnected, Local, Options, Receiver, Sender, TryRecvError, TrySendError, channel,
};

/// Small, fast and the same everywhere (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % end
    }

    /// Now and then one side does something else.
    fn stall(&mut self) {
        match self.below(50_000) {
            0 => thread::sleep(Duration::from_micros(self.below(300))),
            1..50 => (0..self.below(3_000)).for_each(|_| hint::spin_loop()),
            _ => {}
        }
    }
}

/// Sums over all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many rings were made.
    pub(crate) rounds: u64,
    /// How many messages were sent, and received.
    pub(crate) messages: u64,
    /// How often a message was accepted while others waited in the spill.
    pub(crate) spilled: u64,
    /// How often a sleeping receiver was woken.
    pub(crate) wake_ups: u64,
    /// How often a sender that waited for room was woken.
    pub(crate) room_wake_ups: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rounds, messages, spilled, wake_ups, room_wake_ups } = self;
        writeln!(f, "rings           {rounds:>14}")?;
        writeln!(f, "messages        {messages:>14}")?;
        writeln!(f, "spilled         {spilled:>14}")?;
        writeln!(f, "wake-ups        {wake_ups:>14}")?;
        write!(f, "wake-ups (room) {room_wake_ups:>14}")
    }
}

/// Message `number`, in front of the buffer: the number, and filling that follows from it.
fn message(buffer: &mut [u8], number: u64) -> &[u8] {
    let length = 8 + (number % (buffer.len() as u64 - 7)) as usize;
    buffer[..8].copy_from_slice(&number.to_ne_bytes());
    buffer[8..length].fill(number as u8);
    &buffer[..length]
}

/// Waiting in a task, where an end can.
trait Task {
    fn wait_to_send(sender: &mut Sender<Self>, message: &[u8])
    where
        Self: Block + Sized,
    {
        sender.send(message).expect("the receiver is there");
    }

    fn wait_to_receive(receiver: &mut Receiver<Self>) -> Result<&[u8], Disconnected>
    where
        Self: Block + Sized,
    {
        receiver.recv()
    }
}

#[cfg(unix)]
impl Task for foreign_call::ring::Events {}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

impl Task for Local {
    fn wait_to_send(sender: &mut Sender<Local>, message: &[u8]) {
        run(sender.send_async(message)).expect("the receiver is there");
    }

    fn wait_to_receive(receiver: &mut Receiver<Local>) -> Result<&[u8], Disconnected> {
        run(receiver.recv_async())
    }
}

/// Sends `count` messages, in ever other ways. How many were spilled, and the wake-ups.
fn send<N: Block + Task>(mut sender: Sender<N>, count: u64, mut dice: Dice) -> (u64, u64) {
    let mut buffer = vec![0; sender.longest()];
    let mut spilled = 0;
    for number in 0..count {
        let message = message(&mut buffer, number);
        match dice.below(512) {
            0 => N::wait_to_send(&mut sender, message),
            1..64 => loop {
                match sender.try_send(message) {
                    Ok(()) => break,
                    Err(TrySendError::Full) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            },
            _ => sender.send(message).expect("the receiver is there"),
        }
        spilled += u64::from(sender.spilled() > 0);
        dice.stall();
    }
    sender.flush().expect("the receiver is there");
    (spilled, sender.wake_ups())
}

/// Receives up to the end, in ever other ways. How many, and the wake-ups.
fn receive<N: Block + Task>(mut receiver: Receiver<N>, mut dice: Dice) -> (u64, u64) {
    let mut buffer = vec![0; receiver.longest()];
    let mut number = 0;
    loop {
        let received = match dice.below(512) {
            0 => N::wait_to_receive(&mut receiver),
            1..64 => match receiver.try_recv() {
                Err(TryRecvError::Empty) => {
                    thread::yield_now();
                    continue;
                }
                Err(TryRecvError::Disconnected(end)) => Err(end),
                Err(error) => panic!("{error}"),
                Ok(message) => Ok(message),
            },
            _ => receiver.recv(),
        };
        match received {
            Ok(received) => assert_eq!(received, message(&mut buffer, number)),
            Err(end) => {
                assert_eq!((end, receiver.lost()), (Disconnected::Closed, 0));
                return (number, receiver.wake_ups());
            }
        }
        number += 1;
        dice.stall();
    }
}

fn round<N: Block + Task + Send + 'static>(
    (sender, receiver): (Sender<N>, Receiver<N>),
    count: u64,
    dice: &mut Dice,
    report: &mut Report,
) {
    let sending_dice = Dice::new(dice.below(u64::MAX));
    let sending = thread::spawn(move || send(sender, count, sending_dice));
    let (received, room_wake_ups) = receive(receiver, Dice::new(dice.below(u64::MAX)));
    let (spilled, wake_ups) = sending.join().expect("no panic");
    assert_eq!(received, count);
    report.rounds += 1;
    report.messages += received;
    report.spilled += spilled;
    report.wake_ups += wake_ups;
    report.room_wake_ups += room_wake_ups;
}

/// Sends and receives at least so many messages.
///
/// # Panics
///
/// If one of them is not what it should be.
pub(crate) fn soak(messages: u64, seed: u64) -> Report {
    let mut dice = Dice::new(seed);
    let mut report = Report::default();
    while report.messages < messages {
        let options = Options::new(1 << dice.below(11), 8 + dice.below(60) as usize);
        let options = options.spill(if dice.below(2) == 0 { 0 } else { dice.below(64) as usize });
        // A long run has long rounds too.
        let count = dice.below(u64::max(messages / 20, 1000)) + 1;
        #[cfg(unix)]
        if dice.below(2) == 0 {
            let ends = foreign_call::ring::Connection::with_descriptors(&options);
            let (one, two) = ends.expect("descriptors");
            round((one.sender, two.receiver), count, &mut dice, &mut report);
            continue;
        }
        round(channel(&options), count, &mut dice, &mut report);
    }
    report
}

#[allow(clippy::print_stdout, reason = "a program says what it found")]
#[allow(dead_code, reason = "the test has its own")]
fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let messages = arguments.next().unwrap_or(10_000_000);
    let start = Instant::now();
    let report = soak(messages, arguments.next().unwrap_or(1));
    println!("{report}");
    println!(
        "ns a message    {:>14.1}",
        start.elapsed().as_nanos() as f64 / report.messages as f64
    );
}
