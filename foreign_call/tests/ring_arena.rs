//! Messages that are longer than a slot, through an arena.

use std::collections::VecDeque;
use std::thread;

use foreign_call::ring::{
    Disconnected, Notify, Options, Receiver, SendError, Sender, TryRecvError, TrySendError, channel,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// Message `number`, of so many bytes.
fn message(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|byte| (number * 31 + byte) as u8).collect()
}

#[test]
fn a_message_is_as_long_as_the_arena_at_most() {
    let options = Options::new(2, 8).arena(1001);
    let (mut sender, mut receiver) = channel(&options);
    assert_eq!([options.longest(), sender.longest(), receiver.longest()], [1008; 3], "rounded up");
    let longest = message(1, 1008);
    assert_eq!(sender.try_send(&longest), Ok(()));
    assert_eq!(receiver.recv(), Ok(&*longest));
    let error = TrySendError::TooLong { longest: 1008 };
    assert_eq!(sender.try_send(&message(2, 1009)), Err(error));
}

#[test]
fn a_ring_counts_its_arena_and_a_slot_has_room_for_a_place_in_it() {
    assert_eq!(
        Options::new(4, 24).arena(1000).ring_bytes(),
        640 + (4 * 32 + 1000_usize).next_multiple_of(128)
    );
    assert_eq!(Options::new(16, 0).arena(128).ring_bytes(), 640 + 16 * 16 + 128);
    assert_eq!(Options::new(16, 0).arena(0), Options::new(16, 0));
    assert_eq!(Options::new(4, 64).arena(8).longest(), 64, "a slot is longer than that arena");
}

#[test]
#[should_panic(expected = "an arena of 2305843009213693952 bytes is too large")]
#[cfg(target_pointer_width = "64")]
fn an_arena_that_can_not_be_is_refused() {
    let _ = Options::new(16, 8).arena(1 << 61);
}

#[test]
#[should_panic(expected = "messages of one length lie in their slots, and need no arena")]
fn messages_of_one_length_have_no_arena() {
    let _ = Options::fixed(16, 8).arena(1024);
}

#[test]
fn a_full_arena_refuses_long_messages_and_no_short_ones() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8).arena(48));
    sender.try_send(&message(1, 24)).expect("room");
    sender.try_send(&message(2, 17)).expect("room");
    assert_eq!(sender.try_send(&message(3, 9)), Err(TrySendError::Full));
    assert_eq!(sender.try_send(b"short"), Ok(()));
    assert_eq!(receiver.recv(), Ok(&*message(1, 24)));
    assert_eq!(sender.try_send(&message(4, 25)), Err(TrySendError::Full), "24 bytes are free");
    assert_eq!(sender.try_send(&message(4, 24)), Ok(()));
    assert_eq!(receiver.recv(), Ok(&*message(2, 17)));
    assert_eq!(receiver.recv(), Ok(&b"short"[..]));
    assert_eq!(receiver.recv(), Ok(&*message(4, 24)));
}

#[test]
fn a_short_message_does_not_overtake_a_long_one_in_the_spill() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8).arena(32).spill(2));
    sender.try_send(&message(1, 32)).expect("room");
    sender.try_send(&message(2, 32)).expect("room in the spill");
    sender.try_send(b"short").expect("room in the spill");
    assert_eq!((sender.spilled(), sender.try_send(b"more")), (2, Err(TrySendError::Full)));
    assert_eq!(receiver.try_recv(), Ok(&*message(1, 32)));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(sender.try_flush(), Ok(true));
    assert_eq!(receiver.try_recv(), Ok(&*message(2, 32)));
    assert_eq!(receiver.try_recv(), Ok(&b"short"[..]));
}

/// Half of them wait for bytes of the arena, and never for a slot.
#[test]
fn messages_of_every_length_arrive_once_and_in_order_between_threads() {
    const COUNT: usize = 20_000;
    let length = |number: usize| number * 7 % 200;
    let (mut sender, mut receiver) = channel(&Options::new(64, 8).arena(200));
    let sending = thread::spawn(move || {
        for number in 0..COUNT {
            sender.send(&message(number, length(number))).expect("the receiver is there");
        }
    });
    for number in 0..COUNT {
        assert_eq!(receiver.recv(), Ok(&*message(number, length(number))));
    }
    assert_eq!(receiver.recv(), Err(Disconnected::Closed));
    sending.join().expect("no panic");
}

#[test]
fn messages_of_every_length_arrive_once_and_in_order_between_tasks() {
    const COUNT: usize = 5_000;
    let length = |number: usize| number * 7 % 200;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    runtime.expect("a runtime").block_on(async {
        let (mut sender, mut receiver) = channel(&Options::new(64, 8).arena(200).spill(3));
        let sending = tokio::spawn(async move {
            for number in 0..COUNT {
                let message = message(number, length(number));
                sender.send_async(&message).await.expect("the receiver is there");
            }
            sender.flush_async().await
        });
        for number in 0..COUNT {
            assert_eq!(receiver.recv_async().await, Ok(&*message(number, length(number))));
        }
        assert_eq!(receiver.recv_async().await, Err(Disconnected::Closed));
        assert_eq!(receiver.lost(), 0);
        assert_eq!(sending.await.expect("no panic"), Ok(()));
    });
}

#[test]
fn of_many_at_once_those_are_accepted_that_have_room() {
    let (mut sender, mut receiver) = channel(&Options::new(8, 8).arena(48));
    let messages: Vec<_> = [24, 4, 17, 9, 3].map(|length| message(length, length)).into();
    assert_eq!(sender.try_send_many(&messages), Ok(3), "48 bytes are used");
    assert_eq!(sender.try_send_many(&messages[3..]), Ok(0), "they stay in order");
    let mut came = Vec::new();
    assert_eq!(receiver.try_recv_many(9, |message| came.push(message.to_vec())), Ok(3));
    assert_eq!(sender.try_send_many(&messages[3..]), Ok(2));
    assert_eq!(receiver.try_recv_many(9, |message| came.push(message.to_vec())), Ok(2));
    assert_eq!(came, messages);
    let too_long = [message(1, 8), message(2, 49)];
    assert_eq!(sender.try_send_many(&too_long), Err(SendError::TooLong { longest: 48 }));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty), "none of them");
}

/// Dozens of them at once, where the arena has room for a few.
#[test]
fn many_at_once_of_every_length_arrive_once_and_in_order_between_threads() {
    const COUNT: usize = 20_000;
    let messages: Vec<_> = (0..COUNT).map(|number| message(number, number * 7 % 200)).collect();
    let (mut sender, mut receiver) = channel(&Options::new(64, 8).arena(500).spill(2));
    thread::scope(|scope| {
        scope.spawn(|| {
            for many in messages.chunks(50) {
                sender.send_many(many).expect("the receiver is there");
            }
            sender.flush().expect("the receiver is there");
        });
        let mut expected = messages.iter();
        while expected.len() > 0 {
            let each = |message: &[u8]| assert_eq!(Some(message), expected.next().map(|m| &**m));
            receiver.recv_many(20, each).expect("the sender is there");
        }
    });
}

#[cfg(unix)]
#[test]
fn a_reactor_asks_for_the_room_that_its_next_message_needs() {
    let options = Options::new(4, 8).arena(32).spill(1);
    let ends = foreign_call::ring::Connection::with_descriptors(&options);
    let (one, two) = ends.expect("descriptors");
    let (mut sender, mut receiver) = (one.sender, two.receiver);
    sender.try_send(&message(1, 20)).expect("room");
    assert!(sender.ready() && sender.ready_for(8), "there are slots");
    assert!(!sender.ready_for(9), "24 of 32 bytes are used");
    assert!(sender.ready_for(33), "try_send says that it is too long");
    sender.try_send(&message(2, 20)).expect("room in the spill");
    assert!(!sender.ready(), "what was spilled comes first");
    assert_eq!(receiver.try_recv(), Ok(&*message(1, 20)));
    assert_eq!(receiver.wake_ups(), 1);
    assert!(sender.ready());
}

#[derive(Clone, Debug)]
enum Step {
    /// A message of so many bytes.
    Send(usize),
    SendMany(Vec<usize>),
    Receive,
    /// At most so many.
    ReceiveMany(usize),
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..130).prop_map(Step::Send),
        2 => vec(0usize..60, 0..12).prop_map(Step::SendMany),
        3 => Just(Step::Receive),
        2 => (0usize..12).prop_map(Step::ReceiveMany),
        1 => Just(Step::Flush),
    ];
    vec(step, 0..300)
}

/// What both ends must do. How much fits into the arena also depends on where its blocks lie: what is
/// asserted is that they have room there, and that a message is only refused where they may not.
struct Expected {
    slots: usize,
    longest_in_slot: usize,
    arena: usize,
    /// What was accepted and not received. The last ones may be in the spill.
    messages: VecDeque<Vec<u8>>,
}

impl Expected {
    /// How many of the first `count` messages are in the arena, and how many bytes they have there.
    fn in_arena(&self, count: usize) -> (usize, usize) {
        let long = |length: &usize| *length > self.longest_in_slot;
        let lengths = self.messages.iter().take(count).map(Vec::len).filter(long);
        lengths
            .fold((0, 0), |(count, bytes), length| (count + 1, bytes + length.next_multiple_of(8)))
    }

    /// So many messages are spilled, and then one of `length` bytes was refused.
    fn assert_full(&self, spilled: usize, length: usize) {
        let ring = self.messages.len() - spilled;
        let next = self.messages.get(ring).map_or(length, Vec::len);
        assert!(self.may_be_full(ring, next), "there was room");
    }

    /// So many messages are in the ring. Whether it may have no room for one of `length` bytes.
    fn may_be_full(&self, count: usize, length: usize) -> bool {
        let (blocks, bytes) = self.in_arena(count);
        // What is free is in two pieces at most, or else a piece is left at the end that was too short
        // for one of the messages.
        let may_not_fit = blocks > 0 && bytes + usize::max(bytes, length) + length > self.arena;
        count == self.slots || length > self.longest_in_slot && may_not_fit
    }
}

fn follow<N: Notify>(
    (mut sender, mut receiver): (Sender<N>, Receiver<N>),
    mut expected: Expected,
    spill: usize,
    steps: &[Step],
) {
    for (number, step) in steps.iter().enumerate() {
        match step.clone() {
            Step::Send(length) if length > sender.longest() => {
                let error = TrySendError::TooLong { longest: sender.longest() };
                assert_eq!(sender.try_send(&vec![0; length]), Err(error));
            }
            Step::Send(length) => {
                let message = message(number, length);
                match sender.try_send(&message) {
                    Ok(()) => expected.messages.push_back(message),
                    Err(error) => {
                        assert_eq!((error, sender.spilled()), (TrySendError::Full, spill));
                        expected.assert_full(spill, length);
                    }
                }
            }
            Step::SendMany(lengths) if lengths.iter().any(|length| *length > sender.longest()) => {
                let messages: Vec<_> = lengths.iter().map(|length| vec![0; *length]).collect();
                let error = SendError::TooLong { longest: sender.longest() };
                assert_eq!(sender.try_send_many(&messages), Err(error));
            }
            Step::SendMany(lengths) => {
                let messages: Vec<_> =
                    lengths.iter().map(|length| message(number, *length)).collect();
                let accepted = sender.try_send_many(&messages).expect("the receiver is there");
                expected.messages.extend(messages[..accepted].iter().cloned());
                if let Some(next) = lengths.get(accepted) {
                    assert_eq!(sender.spilled(), spill);
                    expected.assert_full(spill, *next);
                }
            }
            Step::Receive => {
                let in_ring = expected.messages.len() > sender.spilled();
                let message = in_ring.then(|| expected.messages.pop_front()).flatten();
                assert_eq!(receiver.try_recv().ok(), message.as_deref());
            }
            Step::ReceiveMany(most) => {
                let in_ring = expected.messages.len() - sender.spilled();
                let each = |message: &[u8]| {
                    assert_eq!(Some(message), expected.messages.pop_front().as_deref());
                };
                match receiver.try_recv_many(most, each) {
                    Ok(count) => assert!(count <= most.min(in_ring) && (count > 0 || most == 0)),
                    Err(error) => assert_eq!((error, in_ring), (TryRecvError::Empty, 0)),
                }
            }
            Step::Flush => {
                let flushed = sender.try_flush();
                assert_eq!(flushed, Ok(sender.spilled() == 0));
                let ring = expected.messages.len() - sender.spilled();
                if let Some(first) = expected.messages.get(ring) {
                    assert!(expected.may_be_full(ring, first.len()), "there was room");
                }
            }
        }
        let ring = expected.messages.len() - sender.spilled();
        assert!(ring <= expected.slots && expected.in_arena(ring).1 <= expected.arena);
    }
    assert_eq!((sender.wake_ups(), receiver.wake_ups()), (0, 0), "nobody slept");
    let _ = sender.try_flush();
    let spilled = sender.spilled();
    drop(sender);
    for _ in spilled..expected.messages.len() {
        let message = expected.messages.pop_front().expect("there are more");
        assert_eq!(receiver.try_recv(), Ok(&*message));
    }
    let end = TryRecvError::Disconnected(Disconnected::Closed);
    assert_eq!(receiver.try_recv(), Err(end));
    assert_eq!(receiver.lost(), spilled as u64);
}

proptest! {
    #[test]
    fn a_ring_with_an_arena_is_a_bounded_queue(
        slots in 0usize..9,
        longest in 0usize..25,
        arena in 1usize..200,
        spill in 0usize..5,
        steps in steps(),
    ) {
        let options = Options::new(slots, longest).arena(arena).spill(spill);
        let expected = Expected {
            slots: options.slots(),
            longest_in_slot: longest.next_multiple_of(8).max(8),
            arena: arena.next_multiple_of(8),
            messages: VecDeque::new(),
        };
        follow(channel(&options), expected, spill, &steps);
    }
}
