//! A ring against a queue that is known to be right.

use std::collections::VecDeque;

use foreign_call::ring::{
    Disconnected, Notify, Options, Receiver, Sender, TryRecvError, TrySendError, channel,
};
use proptest::collection::vec;
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    /// A message of so many bytes.
    Send(usize),
    Receive,
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..30).prop_map(Step::Send),
        3 => Just(Step::Receive),
        1 => Just(Step::Flush),
    ];
    vec(step, 0..300)
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

fn follow<N: Notify>(
    (mut sender, mut receiver): (Sender<N>, Receiver<N>),
    (options, spill): (&Options, usize),
    steps: &[Step],
) {
    let mut expected = Expected::default();
    for (number, step) in steps.iter().enumerate() {
        match *step {
            Step::Send(length) if length > options.longest() => {
                let error = TrySendError::TooLong { longest: options.longest() };
                assert_eq!(sender.try_send(&vec![0; length]), Err(error));
            }
            Step::Send(length) => {
                let message: Vec<u8> = (0..length).map(|byte| (number + byte) as u8).collect();
                let sent = sender.try_send(&message);
                let accepted = expected.send(options, spill, message);
                assert_eq!(sent, if accepted { Ok(()) } else { Err(TrySendError::Full) });
            }
            Step::Receive => {
                let message = expected.ring.pop_front();
                assert_eq!(receiver.try_recv().ok(), message.as_deref());
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
        slots in 0usize..9,
        longest in 0usize..25,
        spill in 0usize..5,
        steps in steps(),
    ) {
        let options = Options::new(slots, longest).spill(spill);
        follow(channel(&options), (&options, spill), &steps);
    }

    #[cfg(unix)]
    #[test]
    fn a_ring_with_descriptors_is_a_bounded_queue(
        slots in 0usize..9,
        longest in 0usize..25,
        spill in 0usize..5,
        steps in steps(),
    ) {
        let options = Options::new(slots, longest).spill(spill);
        let (one, two) = foreign_call::ring::Connection::with_descriptors(&options).unwrap();
        let other_direction = (two.sender, one.receiver);
        follow((one.sender, two.receiver), (&options, spill), &steps);
        drop(other_direction);
    }
}
