//! A peer that writes random bytes into the memory of the rings while we use them.
//!
//! It costs messages, and nothing else: each call returns, and what it returns is possible.
#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use foreign_call::ring::{
    Connection, Corrupt, Disconnected, Events, Meta, Options, Peer, TryRecvError, TrySendError,
};
use foreign_call_ring_peer::hostile::{Dice, assert_possible, scribble, write};

#[test]
fn random_bytes_cost_messages_and_nothing_else() {
    let options = Options::new(4, 24).spill(2);
    let (mut ours, theirs) = Connection::with_descriptors(&options).expect("descriptors");
    let theirs = Peer::new(theirs);
    let meta = theirs.meta();
    let over = Arc::new(AtomicBool::new(false));
    let scribbling = {
        let over = Arc::clone(&over);
        thread::spawn(move || {
            let mut dice = Dice(0x5eed);
            while !over.load(Ordering::Relaxed) {
                scribble(&meta, &mut dice);
            }
        })
    };
    let mut dice = Dice(7);
    // How often each of these came: all of them do.
    let (mut sent, mut received, mut corrupt_sends, mut corrupt_receives) = (0, 0, 0, 0);
    let mut rounds = 0_u64;
    while rounds < 300_000 || [sent, received, corrupt_sends, corrupt_receives].contains(&0) {
        rounds += 1;
        let message = vec![rounds as u8; dice.below(25) as usize];
        match ours.sender.try_send(&message) {
            Ok(()) => sent += 1,
            Err(TrySendError::Full) => {}
            Err(TrySendError::Disconnected(why)) => {
                assert_possible(why);
                corrupt_sends += u64::from(why != Disconnected::Closed);
            }
            Err(error) => panic!("{error:?}"),
        }
        match ours.receiver.try_recv() {
            Ok(message) => {
                assert!(message.len() <= 24);
                received += 1;
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected(why)) => {
                assert_possible(why);
                corrupt_receives += u64::from(why != Disconnected::Closed);
            }
            Err(error) => panic!("{error:?}"),
        }
        assert!(ours.sender.spilled() <= 2);
        // Whatever they say, they say it at once.
        let _ = (ours.sender.ready(), ours.receiver.ready(), ours.receiver.lost());
    }
    over.store(true, Ordering::Relaxed);
    scribbling.join().expect("no panic");
}

/// Both ends, of which the second one is nobody's, and where its memory is.
fn ends() -> (Connection<Events>, Peer, Meta) {
    let (ours, theirs) = Connection::with_descriptors(&Options::new(4, 24)).expect("descriptors");
    let theirs = Peer::new(theirs);
    let meta = theirs.meta();
    (ours, theirs, meta)
}

const TAIL: u64 = 128;
const HEAD: u64 = 256;
const FIRST_SLOT: u64 = 640;

#[test]
fn more_messages_than_slots_are_not_believed() {
    let (mut ours, _theirs, meta) = ends();
    write(&meta.send, TAIL, 5);
    let what = Disconnected::Corrupt(Corrupt::Index { theirs: 5, ours: 0 });
    assert_eq!(ours.receiver.recv(), Err(what));
    write(&meta.send, TAIL, u64::MAX);
    let what = Disconnected::Corrupt(Corrupt::Index { theirs: u64::MAX, ours: 0 });
    assert_eq!(ours.receiver.recv(), Err(what));
}

#[test]
fn more_messages_taken_than_sent_are_not_believed() {
    let (mut ours, _theirs, meta) = ends();
    for _ in 0..4 {
        ours.sender.send(b"full").expect("room");
    }
    write(&meta.receive, HEAD, 5);
    let what = Disconnected::Corrupt(Corrupt::Index { theirs: 5, ours: 4 });
    assert_eq!(ours.sender.try_send(b"more"), Err(TrySendError::Disconnected(what)));
}

#[test]
fn a_message_that_is_longer_than_its_slot_is_not_read() {
    let (mut ours, _theirs, meta) = ends();
    write(&meta.send, TAIL, 1);
    write(&meta.send, FIRST_SLOT, 24);
    assert_eq!(ours.receiver.recv(), Ok(&[0; 24][..]));
    write(&meta.send, TAIL, 2);
    write(&meta.send, FIRST_SLOT + 32, 25);
    let what = Disconnected::Corrupt(Corrupt::Length(25));
    assert_eq!(ours.receiver.recv(), Err(what));
    assert_eq!(ours.receiver.recv(), Err(what), "it is no better the second time");
}

#[test]
fn what_an_end_has_of_its_own_is_not_read_back() {
    let (mut ours, _theirs, meta) = ends();
    ours.sender.send(b"one").expect("room");
    write(&meta.receive, TAIL, 77);
    ours.sender.send(b"two").expect("room");
    write(&meta.send, FIRST_SLOT, 3);
    write(&meta.send, TAIL, 1);
    write(&meta.send, HEAD, 99);
    assert_eq!(ours.receiver.recv(), Ok(&[0; 3][..]));
    assert_eq!(ours.receiver.try_recv(), Err(TryRecvError::Empty));
}
