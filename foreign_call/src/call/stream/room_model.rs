//! The room of a stream, checked by loom in every order that its sides can take.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p foreign_call --release --lib stream::room_model`
//!
//! A lost wake-up shows as a deadlock. The twin keeps the sender's wait in a word of its own, without
//! a fence, and has to fail.

use std::sync::Arc;

use loom::sync::atomic::{AtomicBool, Ordering::Relaxed};
use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::room::{Room, Sent};

const HANDLE: usize = 5 << 20;
const NEXT: usize = 6 << 20;

/// What the sender sleeps on, as a message or a call that tells of room wakes it.
struct Told {
    told: Mutex<bool>,
    changed: Condvar,
}

impl Told {
    fn new() -> Told {
        Told { told: Mutex::new(false), changed: Condvar::new() }
    }

    fn tell(&self) {
        *self.told.lock().expect("no panic") = true;
        self.changed.notify_one();
    }

    fn wait(&self) {
        let mut told = self.told.lock().expect("no panic");
        while !*told {
            told = self.changed.wait(told).expect("no panic");
        }
        *told = false;
    }
}

#[test]
fn a_sender_that_has_found_no_place_is_told_of_room() {
    loom::model(|| {
        let shared = Arc::new((Room::new(), Told::new()));
        let (room, told) = &*shared;
        room.open(HANDLE, 2);
        assert_eq!((room.take(HANDLE), room.take(HANDLE)), (Sent::Taken, Sent::Taken));
        let theirs = Arc::clone(&shared);
        let receiver = thread::spawn(move || {
            for _ in 0..2 {
                if theirs.0.give(HANDLE, 2) {
                    theirs.1.tell();
                }
            }
        });
        for _ in 0..2 {
            while room.take(HANDLE) != Sent::Taken {
                told.wait();
            }
        }
        receiver.join().expect("no panic");
    });
}

#[test]
#[should_panic(expected = "deadlock")]
fn where_the_wait_stands_in_another_word_a_sender_is_not_told() {
    loom::model(|| {
        let shared = Arc::new((Room::new(), Told::new(), AtomicBool::new(false)));
        let (room, told, waits) = &*shared;
        room.open(HANDLE, 1);
        assert_eq!(room.take(HANDLE), Sent::Taken);
        let theirs = Arc::clone(&shared);
        let receiver = thread::spawn(move || {
            theirs.0.give(HANDLE, 1);
            if theirs.2.load(Relaxed) {
                theirs.1.tell();
            }
        });
        while room.take(HANDLE) != Sent::Taken {
            waits.store(true, Relaxed);
            if room.take(HANDLE) == Sent::Taken {
                break;
            }
            told.wait();
        }
        receiver.join().expect("no panic");
    });
}

#[test]
fn each_place_is_taken_once_and_none_of_the_next_stream_s_by_who_is_late() {
    loom::model(|| {
        let room = Arc::new(Room::new());
        room.open(HANDLE, 1);
        let senders: Vec<_> = (0..2)
            .map(|_| {
                let room = Arc::clone(&room);
                thread::spawn(move || room.take(HANDLE))
            })
            .collect();
        // The entry goes to another stream, of which the receiver gives no place back, either.
        room.close();
        room.open(NEXT, 1);
        assert!(!room.give(HANDLE, 1));
        let taken = senders.into_iter().map(|it| it.join().expect("no panic"));
        assert!(taken.filter(|sent| *sent == Sent::Taken).count() <= 1);
        assert_eq!((room.take(NEXT), room.take(NEXT)), (Sent::Taken, Sent::Full));
    });
}
