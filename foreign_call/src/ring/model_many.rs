//! Many messages at once, and messages of one length, as in [`model`](super::model).

use loom::thread;

use super::fault::Fault;
use super::model::{bytes, check, ring_of};
use super::{Local, Options, Receiver};

/// Takes messages until the number `end` was taken, and checks that each is the next one.
fn take_until(receiver: &mut Receiver, end: u64) {
    let mut last = 0;
    while last < end {
        let each = |message: &[u8]| {
            last += 1;
            assert_eq!(message, bytes(last));
        };
        receiver.recv_many(2, each).expect("the sender is there");
    }
}

/// Two at once against a receiver that falls asleep. The sender stays, so that only they can wake it.
fn many_against_sleeping() {
    let (mut sender, mut receiver) = ring_of::<Local>(&Options::fixed(4, 8));
    let sending = thread::spawn(move || {
        sender.send_many(&[bytes(1), bytes(2)]).expect("room");
        sender
    });
    take_until(&mut receiver, 2);
    drop(sending.join());
}

#[test]
fn many_at_once_wake_a_receiver_that_falls_asleep() {
    check(3, None, many_against_sleeping);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_senders_fence_the_wake_up_for_many_is_lost() {
    check(3, Some(Fault::PublishWithoutFence), many_against_sleeping);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn slots_that_are_published_before_they_are_written_are_read_too_early() {
    check(3, Some(Fault::PublishBeforeWrite), many_against_sleeping);
}

/// More than there is room for, against a receiver that takes two at once and stays, so that only room
/// can wake the sender.
fn more_than_room_against_taking() {
    let (mut sender, mut receiver) = ring_of::<Local>(&Options::fixed(4, 8));
    sender.try_send_many(&[bytes(1), bytes(2), bytes(3)]).expect("the receiver is there");
    let receiving = thread::spawn(move || {
        take_until(&mut receiver, 5);
        receiver
    });
    sender.send_many(&[bytes(4), bytes(5)]).expect("the receiver is there");
    drop(receiving.join());
}

#[test]
fn a_sender_of_many_gets_room_for_all() {
    check(2, None, more_than_room_against_taking);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_of_taken_messages_a_sender_of_many_waits_for_ever() {
    check(2, Some(Fault::ReleaseWithoutFence), more_than_room_against_taking);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn slots_that_are_given_back_before_they_are_read_are_written_too_early() {
    check(2, Some(Fault::ReleaseBeforeCopy), more_than_room_against_taking);
}
