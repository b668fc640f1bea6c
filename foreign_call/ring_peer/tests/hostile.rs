//! A peer that writes random bytes into the memory of the rings while we use them.
//!
//! It costs messages, and nothing else: each call returns, and what it returns is possible.
#![cfg(unix)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use foreign_call::ring::{
    Connection, Corrupt, Disconnected, Events, Meta, Options, Peer, SendError, TryRecvError,
    TrySendError,
};
use foreign_call_ring_peer::hostile::{Dice, assert_possible, scribble, write};

#[test]
fn random_bytes_cost_messages_and_nothing_else() {
    meet_random_bytes(&Options::new(4, 24).spill(2));
}

#[test]
fn random_bytes_cost_messages_and_nothing_else_where_there_is_an_arena() {
    meet_random_bytes(&Options::new(4, 24).arena(200).spill(2));
}

fn meet_random_bytes(options: &Options) {
    let (mut ours, theirs) = Connection::with_descriptors(options).expect("descriptors");
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
        let message = vec![rounds as u8; dice.below(options.longest() as u64 + 1) as usize];
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
                assert!(message.len() <= options.longest());
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
        let _ = ours.sender.ready_for(options.longest());
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
const IN_ARENA: u64 = 1 << 63;

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
fn a_message_that_lies_outside_of_the_arena_is_not_read() {
    let options = Options::new(4, 24).arena(64);
    let (mut ours, theirs) = Connection::with_descriptors(&options).expect("descriptors");
    let theirs = Peer::new(theirs);
    let meta = theirs.meta();
    write(&meta.send, TAIL, 1);
    for (at, length) in [(8, 57), (64, 1), (72, 0), (4, 8), (1 << 60, 8), (u64::MAX - 7, 32)] {
        write(&meta.send, FIRST_SLOT, IN_ARENA + length);
        write(&meta.send, FIRST_SLOT + 8, at);
        let what = Disconnected::Corrupt(Corrupt::Place { at, length });
        assert_eq!(ours.receiver.recv(), Err(what));
    }
    write(&meta.send, FIRST_SLOT, 25);
    assert_eq!(ours.receiver.recv(), Err(Disconnected::Corrupt(Corrupt::Length(25))));
    write(&meta.send, FIRST_SLOT, u64::MAX);
    write(&meta.send, FIRST_SLOT + 8, 0);
    let what = Corrupt::Place { at: 0, length: IN_ARENA - 1 };
    assert_eq!(ours.receiver.recv(), Err(Disconnected::Corrupt(what)));
    write(&meta.send, FIRST_SLOT, IN_ARENA + 56);
    write(&meta.send, FIRST_SLOT + 8, 8);
    write(&meta.send, FIRST_SLOT + 4 * 32 + 56, u64::from_ne_bytes(*b"the last"));
    let message = ours.receiver.recv().expect("it is all there");
    assert_eq!((message.len(), &message[48..]), (56, &b"the last"[..]));
}

/// Who looks in the middle of a batch would else have more messages under way than slots.
#[test]
fn an_index_that_goes_back_is_not_believed() {
    let options = Options::new(4, 24).arena(64);
    let (mut ours, theirs) = Connection::with_descriptors(&options).expect("descriptors");
    let theirs = Peer::new(theirs);
    let meta = theirs.meta();
    assert_eq!(ours.sender.try_send_many(&["short"; 2]), Ok(2));
    write(&meta.receive, HEAD, 2);
    assert_eq!(ours.sender.try_send(&[7; 32]), Ok(()), "it has looked");
    write(&meta.receive, HEAD, 1);
    let long = [7; 32];
    let corrupt = Disconnected::Corrupt(Corrupt::Index { theirs: 1, ours: 3 });
    let messages: [&[u8]; 3] = [b"short", b"short", &long];
    assert_eq!(ours.sender.try_send_many(&messages), Err(SendError::Disconnected(corrupt)));
    write(&meta.receive, HEAD, 3);
    assert_eq!(ours.sender.try_send_many(&messages), Ok(3), "nothing of it was sent before");
}

#[test]
fn a_message_in_an_arena_that_is_not_there_is_not_read() {
    let (mut ours, _theirs, meta) = ends();
    write(&meta.send, TAIL, 1);
    write(&meta.send, FIRST_SLOT, IN_ARENA + 8);
    let what = Disconnected::Corrupt(Corrupt::Length(IN_ARENA + 8));
    assert_eq!(ours.receiver.recv(), Err(what));
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
