//! Messages in an arena, checked as in [`model`](super::model): when their bytes are used again, and
//! who waits for them.

use loom::thread;

use super::fault::Fault;
use super::model::{Keep, check, keep};
use super::{Local, Options, Receiver, Sender, ends};

/// Two slots, and an arena with room for one message.
fn ring() -> (Keep<Sender>, Keep<Receiver>) {
    let (sender, receiver) = ends(&Options::new(2, 8).arena(16), Local::pair());
    (keep(sender), keep(receiver))
}

/// Longer than a slot.
fn long(number: u8) -> [u8; 16] {
    [number; 16]
}

/// Two long messages with slots for both: the second one waits for the bytes of the first one. The
/// receiver stays, so that only they can wake the sender.
fn one_after_the_other() {
    let (mut sender, mut receiver) = ring();
    sender.try_send(&long(1)).expect("room");
    let receiving = thread::spawn(move || {
        assert_eq!(receiver.recv(), Ok(&long(1)[..]));
        assert_eq!(receiver.recv(), Ok(&long(2)[..]));
        receiver
    });
    sender.send(&long(2)).expect("the receiver is there");
    drop(receiving.join());
}

#[test]
fn bytes_of_the_arena_are_used_again_once_their_message_is_taken() {
    check(3, None, one_after_the_other);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn bytes_that_are_used_again_before_their_message_is_taken_are_read_too_late() {
    check(3, Some(Fault::ReuseBeforeTaken), one_after_the_other);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn bytes_that_are_given_back_before_they_are_read_are_written_too_early() {
    check(3, Some(Fault::ReleaseBeforeCopy), one_after_the_other);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn a_message_that_is_published_before_its_bytes_are_written_is_read_too_early() {
    check(3, Some(Fault::PublishBeforeWrite), one_after_the_other);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_sender_waits_for_the_arena_for_ever() {
    check(3, Some(Fault::WaitWithoutFence), one_after_the_other);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_second_look_a_sender_waits_for_the_arena_for_ever() {
    check(3, Some(Fault::WaitWithoutLook), one_after_the_other);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_of_a_taken_message_the_sender_waits_for_the_arena_for_ever() {
    check(3, Some(Fault::ReleaseWithoutFence), one_after_the_other);
}

/// A long message that is spilled, with a short one behind it for which there is room.
fn spilled() {
    let (mut sender, mut receiver) = {
        let (sender, receiver) = ends(&Options::new(2, 8).arena(16).spill(2), Local::pair());
        (keep(sender), keep(receiver))
    };
    let sending = thread::spawn(move || {
        sender.try_send(&long(1)).expect("room");
        sender.try_send(&long(2)).expect("room, at least in the spill");
        sender.try_send(&[3]).expect("room, at least in the spill");
        sender.flush().expect("the receiver is there");
    });
    assert_eq!(receiver.recv(), Ok(&long(1)[..]));
    assert_eq!(receiver.recv(), Ok(&long(2)[..]));
    assert_eq!(receiver.recv(), Ok(&[3][..]));
    sending.join().expect("no panic");
}

#[test]
fn what_waits_for_the_arena_is_not_overtaken() {
    check(2, None, spilled);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn a_short_message_that_passes_the_spill_comes_too_early() {
    check(2, Some(Fault::SpillOvertaken), spilled);
}
