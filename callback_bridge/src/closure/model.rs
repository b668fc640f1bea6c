//! The gate under loom, and the same with a part left out, which has to fail.

use std::ptr;
use std::sync::atomic::{AtomicUsize as Count, Ordering::Relaxed};

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering, fence};
use loom::thread;

use super::fault::{Fault, without};
use super::gate::{COUNTED, Call, Gate, LOCAL, Open};
use super::refusal::Refusal;
use super::seat::{Seat, Seats, key_of_thunk};

#[path = "model_thunk.rs"]
mod thunks;

const FIRST: usize = 0x101;
const SECOND: usize = 0x201;
/// How a callback lets calls in: one at a time, or any number.
const EXCLUSIVE: bool = true;
const SHARED: bool = false;
/// Besides the gate's flags: C passes no user data.
const THUNK: usize = 1 << 20;

struct Room {
    gate: Gate,
    /// Calls come through the thunk of slot 0, rather than with the handle.
    thunk: bool,
    seats: Vec<Seat>,
    /// What the first closure has captured; loom reports a use during or after the last write.
    captured: UnsafeCell<u32>,
    /// What the second one has captured, behind the same gate.
    next: UnsafeCell<u32>,
    dropped: Count,
}

impl Seats for Room {
    fn each(&self, visit: &mut dyn FnMut(&Seat)) {
        self.seats.iter().for_each(visit);
    }

    fn barrier(&self) {
        fence(Ordering::SeqCst);
    }
}

impl Room {
    fn new(threads: usize, flags: usize) -> Arc<Room> {
        let room = Room {
            gate: Gate::new(),
            thunk: flags & THUNK != 0,
            seats: (0..threads).map(|_| Seat::new()).collect(),
            captured: UnsafeCell::new(0),
            next: UnsafeCell::new(0),
            dropped: Count::new(0),
        };
        room.open(FIRST, flags, 0);
        Arc::new(room)
    }

    fn open(&self, handle: usize, flags: usize, owner: usize) {
        let thunk = self.thunk.then(|| (key_of_thunk(0), closed()));
        let flags = flags & !THUNK;
        self.gate.open(handle, Open { data: ptr::dangling_mut(), thunk, owner, flags });
    }

    /// What a trampoline does.
    fn call(
        &self,
        thread: usize,
        handle: usize,
        exclusive: bool,
        closure: impl Fn(),
    ) -> Option<Refusal> {
        let seat = &self.seats[thread];
        if self.sit_down(seat, handle) {
            closure();
            let ended =
                if self.thunk { seat.leave_thunk(exclusive) } else { seat.leave(exclusive) };
            if ended {
                seat.forget();
                self.leave_closed();
            }
            return None;
        }
        if self.gate.try_count_in(handle, exclusive) {
            closure();
            if self.gate.leave_counted(handle, exclusive) {
                self.leave_closed();
            }
            return None;
        }
        let call = Call { handle, exclusive, seat, may_sit: !seat.is_inside() };
        self.gate.run(call, self, |_| closure(), |_| self.drop_closure()).err()
    }

    /// The short way in.
    fn sit_down(&self, seat: &Seat, handle: usize) -> bool {
        if !self.thunk {
            return seat.remembers(handle) && !seat.sit_down().is_null();
        }
        if !seat.remembers(key_of_thunk(0)) {
            return false;
        }
        if seat.sit_down_in_thunk(key_of_thunk(0)) == closed() {
            seat.forget();
            return false;
        }
        true
    }

    fn leave_closed(&self) {
        if self.gate.last_one_out(self).is_some() {
            self.drop_closure();
        }
    }

    fn write(&self) {
        // SAFETY: loom checks that nobody else uses it now.
        self.captured.with_mut(|value| unsafe { *value += 1 });
    }

    fn read(&self) {
        // SAFETY: loom checks that nobody writes it now.
        self.captured.with(|value| unsafe { assert!(*value < 100) });
    }

    fn drop_closure(&self) {
        self.write();
        assert_eq!(self.dropped.fetch_add(1, Relaxed), 0, "dropped twice");
    }

    /// What dropping a registration does.
    fn unregister(&self) {
        assert!(self.gate.close(FIRST, self));
        while !self.gate.is_idle(FIRST, self) {
            thread::yield_now();
        }
        self.drop_closure();
    }
}

/// What a thunk finds in place of its closure.
fn closed() -> *mut () {
    ptr::without_provenance_mut(0x1000)
}

fn check(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.check(model);
}

/// The first call sits down, the second one finds its seat; meanwhile the callback is unregistered.
fn drop_against_a_running_callback(flags: usize, exclusive: bool) {
    check(4, move || {
        let room = Room::new(1, flags);
        let there = Arc::clone(&room);
        let caller = thread::spawn(move || {
            for _ in 0..2 {
                if there.call(0, FIRST, exclusive, || there.write()).is_some() {
                    break;
                }
            }
        });
        room.unregister();
        caller.join().unwrap();
    });
}

#[test]
fn a_registration_is_dropped_against_a_seated_call() {
    for flags in [0, THUNK] {
        drop_against_a_running_callback(flags, EXCLUSIVE);
        drop_against_a_running_callback(flags, SHARED);
    }
}

#[test]
fn a_registration_is_dropped_against_a_counted_call() {
    drop_against_a_running_callback(COUNTED, EXCLUSIVE);
    drop_against_a_running_callback(COUNTED, SHARED);
}

#[test]
#[should_panic]
fn twin_seated_calls_need_the_light_fence() {
    without(Fault::LightFence, || drop_against_a_running_callback(0, EXCLUSIVE));
}

#[test]
#[should_panic]
fn twin_sitting_down_needs_the_fence() {
    without(Fault::FenceWhenSittingDown, || drop_against_a_running_callback(0, EXCLUSIVE));
}

#[test]
#[should_panic]
fn twin_counted_calls_need_the_second_look() {
    without(Fault::SecondLook, || drop_against_a_running_callback(COUNTED, EXCLUSIVE));
}

/// C has begun a call when the callback is unregistered and the gate serves the next one: between
/// C's call and the trampoline's first instruction lies everything that the other threads do.
fn the_gap_before_the_first_instruction(flags: usize, exclusive: bool) {
    check(4, move || {
        let room = Room::new(2, flags);
        let there = Arc::clone(&room);
        let late = thread::spawn(move || {
            there.call(0, FIRST, exclusive, || there.write());
        });
        room.unregister();
        room.open(SECOND, flags, 0);
        let refused = room.call(1, SECOND, exclusive, || {
            // SAFETY: loom checks that nobody else uses it now.
            room.next.with_mut(|value| unsafe { *value += 1 });
        });
        assert_eq!(refused, None, "the new callback never pays for the old one");
        late.join().unwrap();
        assert!(room.gate.close(SECOND, &*room));
        while !room.gate.is_idle(SECOND, &*room) {
            thread::yield_now();
        }
    });
}

#[test]
fn a_late_call_meets_the_next_registration() {
    the_gap_before_the_first_instruction(0, EXCLUSIVE);
    the_gap_before_the_first_instruction(0, SHARED);
    the_gap_before_the_first_instruction(COUNTED, EXCLUSIVE);
    the_gap_before_the_first_instruction(COUNTED, SHARED);
}

#[test]
#[should_panic]
fn twin_a_late_call_needs_the_generation() {
    without(Fault::Generation, || the_gap_before_the_first_instruction(0, EXCLUSIVE));
}

/// Two threads call an exclusive callback; the second one takes it from the first.
fn two_threads_and_one_exclusive_callback() {
    check(4, || {
        let room = Room::new(2, 0);
        let there = Arc::clone(&room);
        let first = thread::spawn(move || {
            for _ in 0..2 {
                there.call(0, FIRST, EXCLUSIVE, || there.write());
            }
        });
        room.call(1, FIRST, EXCLUSIVE, || room.write());
        first.join().unwrap();
        // Whatever was refused was refused because of the other thread: now there is none.
        assert_eq!(room.call(1, FIRST, EXCLUSIVE, || room.write()), None);
    });
}

#[test]
fn an_exclusive_callback_is_never_entered_twice() {
    two_threads_and_one_exclusive_callback();
}

#[test]
#[should_panic]
fn twin_exclusion_needs_the_owner_to_be_outside() {
    without(Fault::Revocation, two_threads_and_one_exclusive_callback);
}

/// One thread unregisters inside the callback while another one is inside, too.
fn the_last_one_out_drops(flags: usize) {
    check(4, move || {
        let room = Room::new(2, flags);
        let there = Arc::clone(&room);
        let other = thread::spawn(move || {
            for _ in 0..2 {
                there.call(0, FIRST, SHARED, || there.read());
            }
        });
        room.call(1, FIRST, SHARED, || {
            room.read();
            assert!(room.gate.close(FIRST, &*room));
            room.gate.defer(FIRST, &room.seats[1]);
        });
        other.join().unwrap();
        assert_eq!(room.dropped.load(Relaxed), 1);
    });
}

#[test]
fn the_last_one_out_drops_the_closure() {
    the_last_one_out_drops(0);
    the_last_one_out_drops(THUNK);
    the_last_one_out_drops(COUNTED);
}

/// One thread unregisters an exclusive callback inside of it; another one calls meanwhile.
#[test]
fn an_exclusive_callback_that_ends_itself_is_dropped_once() {
    for flags in [0, THUNK, COUNTED] {
        check(4, move || {
            let room = Room::new(2, flags);
            let there = Arc::clone(&room);
            let other = thread::spawn(move || {
                for _ in 0..2 {
                    there.call(0, FIRST, EXCLUSIVE, || there.write());
                }
            });
            let refused = room.call(1, FIRST, EXCLUSIVE, || {
                room.write();
                assert!(room.gate.close(FIRST, &*room));
                room.gate.defer(FIRST, &room.seats[1]);
            });
            other.join().unwrap();
            assert_eq!(room.dropped.load(Relaxed), usize::from(refused.is_none()));
        });
    }
}

#[test]
#[should_panic]
fn twin_the_last_one_out_needs_the_fence() {
    without(Fault::FenceWhenLeaving, || the_last_one_out_drops(0));
}

/// One thread lends a closure, which need not be `Send`, and C lets another thread know of it without
/// any synchronisation of its own.
fn a_scoped_callback_and_two_threads() {
    for (flags, exclusive) in [(0, EXCLUSIVE), (0, SHARED), (COUNTED, EXCLUSIVE), (COUNTED, SHARED)]
    {
        check(4, move || {
            let room = Room::new(2, flags);
            room.unregister();
            room.dropped.store(0, Relaxed);
            let kept_by_c = Arc::new(AtomicUsize::new(FIRST));
            let (there, kept) = (Arc::clone(&room), Arc::clone(&kept_by_c));
            let other = thread::spawn(move || {
                let handle = kept.load(Relaxed);
                there.call(1, handle, exclusive, || unreachable!("another thread's"))
            });
            let owner = room.seats[0].id();
            room.open(SECOND, flags | LOCAL, owner);
            kept_by_c.store(SECOND, Relaxed);
            for _ in 0..2 {
                assert_eq!(room.call(0, SECOND, exclusive, || room.write()), None);
            }
            let refused = other.join().unwrap();
            assert!(matches!(refused, Some(Refusal::OtherThread | Refusal::Closed)));
        });
    }
}

#[test]
fn a_scoped_callback_is_entered_by_its_own_thread_only() {
    a_scoped_callback_and_two_threads();
}

#[test]
#[should_panic]
fn twin_a_scoped_callback_has_to_ask_whose_it_is() {
    without(Fault::Owner, a_scoped_callback_and_two_threads);
}
