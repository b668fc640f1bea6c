//! Numbered messages through rings of random sizes, with random stalls on both sides: none is lost,
//! none comes twice, all come in order, and each is what was sent.
//!
//! ```text
//! cargo run --release -p foreign_call --example ring_soak -- 1000000000 1
//! ```
//!
//! The arguments: how many messages, and a seed. It says from time to time how far it is. Ctrl-C ends
//! it with the round that runs, and the report is of what was done; a second one ends it at once.

use std::fmt;
use std::hint;
use std::process;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use foreign_call::ring::{
    Block, Disconnected, Local, Options, Receiver, Sender, TryRecvError, TrySendError, channel,
};
use tokio::runtime::Runtime;

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

    /// Now and then one side does something else. Whether it did.
    ///
    /// Seldom enough that the rings run at their full speed in between: a message takes tens of
    /// nanoseconds, and a stall as much as a thousand of them.
    fn stall(&mut self) -> bool {
        match self.below(500_000) {
            0 => thread::sleep(Duration::from_micros(self.below(300))),
            1..50 => (0..self.below(3_000)).for_each(|_| hint::spin_loop()),
            _ => return false,
        }
        true
    }
}

/// Sums over all rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many rings were made.
    pub(crate) rounds: u64,
    /// How many messages were sent, and received.
    pub(crate) messages: u64,
    /// How many of them were longer than a slot.
    pub(crate) in_arena: u64,
    /// How often a message was accepted while others waited in the spill.
    pub(crate) spilled: u64,
    /// How often a sleeping receiver was woken.
    pub(crate) wake_ups: u64,
    /// How often a sender that waited for room was woken.
    pub(crate) room_wake_ups: u64,
    /// How often a side was held up on purpose.
    pub(crate) stalls: u64,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { rounds, messages, in_arena, spilled, wake_ups, room_wake_ups, stalls } = self;
        writeln!(f, "rings           {rounds:>14}")?;
        writeln!(f, "messages        {messages:>14}")?;
        writeln!(f, "in an arena     {in_arena:>14}")?;
        writeln!(f, "spilled         {spilled:>14}")?;
        writeln!(f, "wake-ups        {wake_ups:>14}")?;
        writeln!(f, "wake-ups (room) {room_wake_ups:>14}")?;
        write!(f, "stalls          {stalls:>14}")
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
trait Task: Block + Sized {
    fn wait_to_send(sender: &mut Sender<Self>, message: &[u8], _: &Runtime) {
        sender.send(message).expect("the receiver is there");
    }

    fn wait_to_receive<'a>(
        receiver: &'a mut Receiver<Self>,
        _: &Runtime,
    ) -> Result<&'a [u8], Disconnected> {
        receiver.recv()
    }
}

#[cfg(unix)]
impl Task for foreign_call::ring::Events {}

impl Task for Local {
    fn wait_to_send(sender: &mut Sender<Local>, message: &[u8], runtime: &Runtime) {
        runtime.block_on(sender.send_async(message)).expect("the receiver is there");
    }

    fn wait_to_receive<'a>(
        receiver: &'a mut Receiver<Local>,
        runtime: &Runtime,
    ) -> Result<&'a [u8], Disconnected> {
        runtime.block_on(receiver.recv_async())
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

/// Sends `count` messages, in ever other ways.
fn send<N: Task>(mut sender: Sender<N>, count: u64, mut dice: Dice) -> Report {
    let (runtime, mut buffer) = (runtime(), vec![0; sender.longest()]);
    let mut report = Report::default();
    for number in 0..count {
        let message = message(&mut buffer, number);
        match dice.below(512) {
            0 => N::wait_to_send(&mut sender, message, &runtime),
            1..64 => loop {
                match sender.try_send(message) {
                    Ok(()) => break,
                    Err(TrySendError::Full) => thread::yield_now(),
                    Err(error) => panic!("{error}"),
                }
            },
            _ => sender.send(message).expect("the receiver is there"),
        }
        report.spilled += u64::from(sender.spilled() > 0);
        report.stalls += u64::from(dice.stall());
    }
    sender.flush().expect("the receiver is there");
    report.wake_ups = sender.wake_ups();
    report
}

/// Receives up to the end, in ever other ways.
fn receive<N: Task>(mut receiver: Receiver<N>, in_slot: usize, mut dice: Dice) -> Report {
    let (runtime, mut buffer) = (runtime(), vec![0; receiver.longest()]);
    let mut report = Report::default();
    loop {
        let received = match dice.below(512) {
            0 => N::wait_to_receive(&mut receiver, &runtime),
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
            Ok(received) => {
                assert_eq!(received, message(&mut buffer, report.messages));
                report.in_arena += u64::from(received.len() > in_slot);
            }
            Err(end) => {
                assert_eq!((end, receiver.lost()), (Disconnected::Closed, 0));
                report.room_wake_ups = receiver.wake_ups();
                return report;
            }
        }
        report.messages += 1;
        report.stalls += u64::from(dice.stall());
    }
}

fn round<N: Task + Send + 'static>(
    (sender, receiver): (Sender<N>, Receiver<N>),
    (count, in_slot): (u64, usize),
    dice: &mut Dice,
    report: &mut Report,
) {
    let sending_dice = Dice::new(dice.below(u64::MAX));
    let sending = thread::spawn(move || send(sender, count, sending_dice));
    let received = receive(receiver, in_slot, Dice::new(dice.below(u64::MAX)));
    let sent = sending.join().expect("no panic");
    assert_eq!(received.messages, count);
    report.rounds += 1;
    report.messages += count;
    report.in_arena += received.in_arena;
    report.spilled += sent.spilled;
    report.wake_ups += sent.wake_ups;
    report.room_wake_ups += received.room_wake_ups;
    report.stalls += sent.stalls + received.stalls;
}

/// Sends and receives at least so many messages, or fewer if `go_on`, asked after each round, says no.
///
/// # Panics
///
/// If one of them is not what it should be.
pub(crate) fn soak(messages: u64, seed: u64, mut go_on: impl FnMut(&Report) -> bool) -> Report {
    let mut dice = Dice::new(seed);
    let mut report = Report::default();
    while report.messages < messages && go_on(&report) {
        let slots = 1 << dice.below(11);
        let options = Options::new(slots, 8 + dice.below(60) as usize);
        let in_slot = options.longest();
        let options =
            options.arena(if dice.below(4) == 0 { dice.below(2_000) as usize } else { 0 });
        let options = options.spill(if dice.below(2) == 0 { 0 } else { dice.below(64) as usize });
        // In a small ring each message costs a wake-up or two, so its rounds are shorter; and so in an
        // arena, where two of them fit. And a short run has many rounds too.
        let fitting = if options.longest() > in_slot { 2 } else { slots as u64 };
        let longest = u64::min(4_000 * fitting, u64::max(messages / 20, 1_000));
        let count = dice.below(longest) + 1;
        #[cfg(unix)]
        if dice.below(2) == 0 {
            let ends = foreign_call::ring::Connection::with_descriptors(&options);
            let (one, two) = ends.expect("descriptors");
            round((one.sender, two.receiver), (count, in_slot), &mut dice, &mut report);
            continue;
        }
        round(channel(&options), (count, in_slot), &mut dice, &mut report);
    }
    report
}

#[allow(clippy::print_stdout, reason = "a program says what it found")]
#[allow(dead_code, reason = "the test has its own")]
fn main() {
    const TELL: Duration = Duration::from_secs(10);
    static STOP: AtomicBool = AtomicBool::new(false);
    let mut arguments = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let messages = arguments.next().unwrap_or(10_000_000);
    let seed = arguments.next().unwrap_or(1);
    ctrlc::set_handler(|| {
        // Relaxed: it says only whether to begin another round.
        if STOP.swap(true, Ordering::Relaxed) {
            process::exit(130);
        }
    })
    .expect("Ctrl-C can be caught");
    let start = Instant::now();
    let mut told = start;
    let report = soak(messages, seed, |report| {
        if told.elapsed() >= TELL {
            told = Instant::now();
            let percent = 100.0 * report.messages as f64 / messages as f64;
            let seconds = start.elapsed().as_secs();
            eprintln!("{:>14} messages, {percent:4.1} %, after {seconds} s", report.messages);
        }
        !STOP.load(Ordering::Relaxed)
    });
    println!("{report}");
    let seconds = start.elapsed().as_secs_f64();
    println!("ns a message    {:>14.1}", seconds * 1e9 / report.messages.max(1) as f64);
    let how = if report.messages < messages { "stopped" } else { "ended" };
    println!("{how} after {seconds:.1} s; none lost, none twice, all in order and whole");
}
