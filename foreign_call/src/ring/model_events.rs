//! The same where the ends wake each other through descriptors, which are modelled too: as something
//! that stays readable until what made it so is taken back.

use loom::thread;

use super::descriptors::Descriptors;
use super::fault::Fault;
use super::model::{
    Wakes, bytes, check, end_against_sleeping, end_against_waiting, full_against_taking,
    messages_against_sleeping, ring,
};
use super::{Disconnected, Events, TryRecvError, TrySendError};

impl Wakes for Events {
    fn pair() -> (Events, Events) {
        let (one, two) = Descriptors::sockets();
        (Events::new(one), Events::new(two))
    }
}

#[test]
fn a_message_wakes_a_receiver_that_falls_asleep() {
    check(3, None, messages_against_sleeping::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutFence), messages_against_sleeping::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_second_look_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutLook), messages_against_sleeping::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_senders_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::PublishWithoutFence), messages_against_sleeping::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_wake_up_that_is_taken_back_before_sleeping_is_lost() {
    check(3, Some(Fault::ClearBeforeSleep), messages_against_sleeping::<Events>);
}

#[test]
fn a_sender_that_waits_for_room_gets_it() {
    check(3, None, full_against_taking::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_waiting_sender_waits_for_ever() {
    check(3, Some(Fault::WaitWithoutFence), full_against_taking::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_second_look_a_waiting_sender_waits_for_ever() {
    check(3, Some(Fault::WaitWithoutLook), full_against_taking::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_of_a_taken_message_the_sender_waits_for_ever() {
    check(3, Some(Fault::ReleaseWithoutFence), full_against_taking::<Events>);
}

#[test]
fn the_end_wakes_whoever_falls_asleep() {
    check(3, None, end_against_sleeping::<Events>);
    check(3, None, end_against_waiting::<Events>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_the_end_is_missed() {
    check(3, Some(Fault::CloseWithoutWake), end_against_sleeping::<Events>);
}

/// A reactor that asks `ready`, and waits for the descriptor if it says no. `careless`: in between it
/// takes back what made the descriptor readable.
fn reactor(careless: bool) {
    let (mut sender, mut receiver) = ring::<Events>(2, 0);
    let sending = thread::spawn(move || {
        sender.try_send(&bytes(1)).expect("room");
        sender.try_send(&bytes(2)).expect("room");
        sender
    });
    for number in 1..=2 {
        while receiver.try_recv().map(|message| assert_eq!(message, bytes(number)))
            == Err(TryRecvError::Empty)
        {
            if !receiver.ready() {
                let descriptors = receiver.notify().descriptors();
                if careless {
                    descriptors.take();
                }
                assert_eq!(descriptors.wait(), Ok(()));
            }
        }
    }
    drop(sending.join());
}

#[test]
fn a_reactor_that_waits_for_the_descriptor_is_told() {
    check(3, None, || reactor(false));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_reactor_that_reads_the_descriptor_after_asking_is_not_told() {
    check(3, None, || reactor(true));
}

/// The same on the other side, where the ring is full.
fn reactor_for_room(careless: bool) {
    let (mut sender, mut receiver) = ring::<Events>(1, 0);
    sender.try_send(&bytes(1)).expect("room");
    let receiving = thread::spawn(move || {
        assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
        receiver
    });
    while sender.try_send(&bytes(2)) == Err(TrySendError::Full) {
        if !sender.ready() {
            let descriptors = sender.notify().descriptors();
            if careless {
                descriptors.take();
            }
            assert_eq!(descriptors.wait(), Ok(()));
        }
    }
    drop(receiving.join());
}

#[test]
fn a_reactor_that_waits_for_room_is_told() {
    check(3, None, || reactor_for_room(false));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_reactor_that_reads_the_descriptor_after_asking_for_room_is_not_told() {
    check(3, None, || reactor_for_room(true));
}

/// A reactor that does not send before half of the ring is free.
fn reactor_for_half() {
    let (mut sender, mut receiver) = ring::<Events>(2, 0);
    sender.try_send(&bytes(1)).expect("room");
    sender.try_send(&bytes(2)).expect("room");
    let receiving = thread::spawn(move || {
        assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
        receiver
    });
    while !sender.half_ready() {
        assert_eq!(sender.notify().descriptors().wait(), Ok(()));
    }
    assert_eq!(sender.try_send(&bytes(3)), Ok(()));
    drop(receiving.join());
}

#[test]
fn a_reactor_that_waits_for_half_of_the_ring_is_told() {
    check(3, None, reactor_for_half);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_reactor_that_waits_for_half_of_the_ring_is_not_told() {
    check(3, Some(Fault::WaitWithoutFence), reactor_for_half);
}

/// A process that sends and dies, against one that falls asleep. `hangs_up`: the kernel closes its
/// socket.
fn death(hangs_up: bool) {
    let (sender, mut receiver) = ring::<Events>(2, 0);
    let sending = thread::spawn(move || {
        let mut sender = sender;
        sender.try_send(&bytes(1)).expect("room");
        if hangs_up {
            sender.notify().descriptors().hang_up();
        }
        sender
    });
    assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
    assert_eq!(receiver.recv(), Err(Disconnected::Gone));
    drop(sending.join());
}

#[test]
fn a_process_that_dies_is_missed_after_its_messages() {
    check(3, None, || death(true));
}

#[test]
#[should_panic(expected = "deadlock")]
fn a_process_that_dies_and_keeps_its_socket_is_waited_for() {
    check(3, None, || death(false));
}
