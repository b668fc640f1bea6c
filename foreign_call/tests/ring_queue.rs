//! A ring against a queue that is known to be right.

use std::collections::VecDeque;

use foreign_call::ring::{
    Disconnected, Notify, Options, Receiver, SendError, Sender, TryRecvError, TrySendError, channel,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A message of so many bytes.
    Send(usize),
    /// So many messages of as many bytes, at once.
    SendMany(usize, usize),
    Receive,
    /// So many at once, if they are there.
    ReceiveMany(usize),
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..30).prop_map(Step::Send),
        2 => (0usize..7, 0usize..30).prop_map(|(count, length)| Step::SendMany(count, length)),
        3 => Just(Step::Receive),
        2 => (0usize..7).prop_map(Step::ReceiveMany),
        1 => Just(Step::Flush),
    ];
    vec(step, 0..300)
}

/// A ring of which each kind of message is tried.
fn options() -> impl Strategy<Value = (Options, usize)> {
    let framed = (0usize..9, 0usize..25).prop_map(|(slots, longest)| Options::new(slots, longest));
    let fixed = (0usize..9, 1usize..25).prop_map(|(slots, bytes)| Options::fixed(slots, bytes));
    (prop_oneof![framed, fixed], 0usize..5)
        .prop_map(|(options, spill)| (options.spill(spill), spill))
}

/// What both ends must do: what lies in the ring, what lies in the spill.
#[derive(Default)]
struct Expected {
    ring: VecDeque<Vec<u8>>,
    spill: VecDeque<Vec<u8>>,
}

impl Expected {
    fn flush(&mut self, options: &Options) {
        while self.ring.len() < options.slots()
            && let Some(message) = self.spill.pop_front()
        {
            self.ring.push_back(message);
        }
    }

    fn send(&mut self, options: &Options, spill: usize, message: Vec<u8>) -> bool {
        self.flush(options);
        if self.ring.len() < options.slots() {
            self.ring.push_back(message);
        } else if self.spill.len() < spill {
            self.spill.push_back(message);
        } else {
            return false;
        }
        true
    }
}

/// Of a ring whose messages have one length, most have it.
fn length_of(options: &Options, length: usize) -> usize {
    options.message_bytes().filter(|_| length < 26).unwrap_or(length)
}

fn message(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|byte| (number + byte) as u8).collect()
}

/// Why a message of so many bytes is not accepted.
fn refusal(options: &Options, length: usize) -> Option<SendError> {
    let longest = options.longest();
    match options.message_bytes() {
        None => (length > longest).then_some(SendError::TooLong { longest }),
        Some(each) => (length != each).then_some(SendError::WrongLength { length, each }),
    }
}

fn follow<N: Notify>(
    (mut sender, mut receiver): (Sender<N>, Receiver<N>),
    (options, spill): (&Options, usize),
    steps: &[Step],
) {
    let mut expected = Expected::default();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Send(length) => {
                let length = length_of(options, length);
                let message = message(number, length);
                let sent = sender.try_send(&message);
                if let Some(error) = refusal(options, length) {
                    assert_eq!(sent, Err(error.into()));
                } else {
                    let accepted = expected.send(options, spill, message);
                    assert_eq!(sent, if accepted { Ok(()) } else { Err(TrySendError::Full) });
                }
            }
            Step::SendMany(count, length) => {
                let length = length_of(options, length);
                let messages: Vec<_> =
                    (0..count).map(|more| message(number + more, length)).collect();
                let sent = sender.try_send_many(&messages);
                let refusal = refusal(options, length).filter(|_| count > 0);
                if let Some(error) = refusal {
                    assert_eq!(sent, Err(error));
                } else {
                    expected.flush(options);
                    let send = |message| expected.send(options, spill, message);
                    let accepted = messages.into_iter().map(send).take_while(|&accepted| accepted);
                    assert_eq!(sent, Ok(accepted.count()));
                }
            }
            Step::Receive => {
                let message = expected.ring.pop_front();
                assert_eq!(receiver.try_recv().ok(), message.as_deref());
            }
            Step::ReceiveMany(most) => {
                let mut messages = Vec::new();
                let taken = receiver.try_recv_many(most, |message| messages.push(message.to_vec()));
                if expected.ring.is_empty() {
                    assert_eq!(taken, Err(TryRecvError::Empty));
                } else {
                    // What came since the last look may be left for the next one.
                    let least = usize::from(most > 0);
                    let greatest = most.min(options.slots().div_ceil(2)).min(expected.ring.len());
                    assert_eq!(taken, Ok(messages.len()));
                    assert!((least..=greatest).contains(&messages.len()), "{}", messages.len());
                }
                let first: Vec<_> = expected.ring.drain(..messages.len()).collect();
                assert_eq!(messages, first);
            }
            Step::Flush => {
                expected.flush(options);
                assert_eq!(sender.try_flush(), Ok(expected.spill.is_empty()));
            }
        }
        assert_eq!(sender.spilled(), expected.spill.len());
    }
    assert_eq!((sender.wake_ups(), receiver.wake_ups()), (0, 0), "nobody slept");
    drop(sender);
    expected.flush(options);
    for message in expected.ring {
        assert_eq!(receiver.try_recv(), Ok(&*message));
    }
    let end = TryRecvError::Disconnected(Disconnected::Closed);
    assert_eq!(receiver.try_recv(), Err(end));
    assert_eq!(receiver.lost(), expected.spill.len() as u64);
}

proptest! {
    #[test]
    fn a_ring_is_a_bounded_queue(
        (options, spill) in options(),
        steps in steps(),
    ) {
        follow(channel(&options), (&options, spill), &steps);
    }

    #[cfg(unix)]
    #[test]
    fn a_ring_with_descriptors_is_a_bounded_queue(
        (options, spill) in options(),
        steps in steps(),
    ) {
        let (one, two) = foreign_call::ring::Connection::with_descriptors(&options).unwrap();
        let other_direction = (two.sender, one.receiver);
        follow((one.sender, two.receiver), (&options, spill), &steps);
        drop(other_direction);
    }
}
