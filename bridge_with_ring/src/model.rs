//! The ring under loom, which tries every order in which two threads can take their steps. It fails
//! where both sleep ("deadlock"), and where both are at one slot. The ring has two slots here, so
//! that two values fill it.

use loom::thread;

use crate::ring::ring;

fn model(orders: fn()) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(orders);
}

#[test]
fn what_is_sent_is_received_in_order_and_nobody_sleeps_for_ever() {
    model(|| {
        let (mut sender, mut receiver) = ring();
        assert!(sender.send(1) && sender.send(2)); // it is full
        let sending = thread::spawn(move || assert!(sender.send(3)));
        let received: Vec<_> = std::iter::from_fn(|| receiver.receive()).collect();
        assert_eq!(received, [1, 2, 3]);
        sending.join().expect("no panic");
    });
}

#[test]
fn a_sender_that_waits_for_room_is_released_when_the_receiver_goes() {
    model(|| {
        let (mut sender, receiver) = ring();
        assert!(sender.send(1) && sender.send(2));
        let receiving = thread::spawn(move || drop(receiver));
        assert!(!sender.send(3), "there is no room, and then nobody to make any");
        receiving.join().expect("no panic");
    });
}
