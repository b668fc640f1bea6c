//! What a thread notes in its seat, and what a thunk finds there.

use std::ptr;
use std::sync::atomic::Ordering::Relaxed;

use loom::sync::Arc;
use loom::thread;

use super::super::fault::{Fault, without};
use super::super::refusal::Refusal;
use super::super::seat::{Remembered, Seats, key_of_thunk};
use super::{EXCLUSIVE, FIRST, Room, THUNK, check};

/// A thread calls an exclusive callback twice; it ends it in the second call, which is seated.
fn an_exclusive_callback_ends_itself_from_its_seat(flags: usize) {
    check(4, move || {
        let room = Room::new(1, flags);
        assert_eq!(room.call(0, FIRST, EXCLUSIVE, || room.write()), None);
        let refused = room.call(0, FIRST, EXCLUSIVE, || {
            assert!(room.gate.close(FIRST, &*room));
            room.gate.defer(FIRST, &room.seats[0]);
            room.write();
        });
        assert_eq!(refused, None);
        assert_eq!(room.dropped.load(Relaxed), 1);
        assert_eq!(room.call(0, FIRST, EXCLUSIVE, || room.write()), Some(Refusal::Closed));
    });
}

#[test]
fn an_exclusive_callback_that_ends_itself_is_dropped_as_it_leaves() {
    an_exclusive_callback_ends_itself_from_its_seat(0);
    an_exclusive_callback_ends_itself_from_its_seat(THUNK);
}

#[test]
#[should_panic]
fn twin_whoever_ends_an_exclusive_callback_has_to_note_it() {
    without(Fault::Ended, || an_exclusive_callback_ends_itself_from_its_seat(THUNK));
}

/// A thread goes from the thunk of one signature to that of another, while the first is closed.
fn from_one_thunk_to_another() {
    check(4, || {
        let thunk = |slot: usize, data: usize| Remembered {
            key: key_of_thunk(slot),
            handle: FIRST + (slot << 8),
            data: ptr::without_provenance_mut(data),
            closed: ptr::without_provenance_mut(data + 1),
        };
        let first = thunk(0, 0x1000);
        let room = Room::new(1, THUNK);
        let there = Arc::clone(&room);
        let caller = thread::spawn(move || {
            let (first, second) = (thunk(0, 0x1000), thunk(1, 0x2000));
            let seat = &there.seats[0];
            if seat.sit(first, || true) {
                seat.leave_thunk(EXCLUSIVE);
            }
            assert!(seat.sit(second, || true), "nobody closes it");
            seat.leave_thunk(EXCLUSIVE);
            let found = seat.sit_down_in_thunk(second.key);
            assert_eq!(found, second.data, "what the second signature jumps to");
            seat.leave_thunk(EXCLUSIVE);
        });
        room.interrupt_all(first);
        caller.join().unwrap();
    });
}

#[test]
fn a_thunk_never_finds_what_stands_for_another_signature() {
    from_one_thunk_to_another();
}

#[test]
#[should_panic]
fn twin_an_interrupted_seat_may_have_gone_on() {
    without(Fault::OtherCallback, from_one_thunk_to_another);
}
