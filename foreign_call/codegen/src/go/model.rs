//! The queue between Rust and Go, checked by loom in every order that its threads can take.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p foreign_call_codegen --release --lib model`
//!
//! loom runs neither C nor Go. So this is what stands in `runtime.h` (`push`, `later`) and `workers.go`
//! (`look`, `work`, `next`, `sleep`, `any`, `pop`) once more, under the same names and in the same order:
//! whoever changes it there changes it here. What differs:
//!
//! - Go's atomics are sequentially consistent, which loom takes for acquire and release. So a fence
//!   stands after each of Go's stores.
//! - A goroutine that finds nothing looks no second time before it gives up: how long it is patient
//!   changes how often each order is met, not which there are.
//! - Goroutines are threads, and there are as few slots and sleepers as show everything.
//!
//! Each twin leaves out one step, and has to fail: a call that nobody runs shows as a deadlock.

use std::sync::Arc;

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicI32, AtomicU32, AtomicU64, Ordering, fence};
use loom::sync::{Condvar, Mutex};
use loom::thread;

/// A step that is left out.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    /// C does not fence between "pushed" and "does anybody look?".
    PushWithoutFence,
    /// A goroutine sleeps without a last look after it has said that it looks no longer.
    SleepWithoutLook,
    /// A goroutine runs a call without having another one look for those behind it.
    RunWithoutLook,
}

/// A call, by its number: `record` in C.
type Record = usize;

struct Slot {
    turn: AtomicU64,
    record: UnsafeCell<Record>,
}

struct Queue {
    head: AtomicU64,
    tail: AtomicU64,
    looking: AtomicU32,
    slots: Vec<Slot>,
    sleepers: AtomicI32,
    most_sleepers: i32,
    /// The channel `foreign_call_wake`, and what the calls have done.
    state: Mutex<State>,
    changed: Condvar,
    fault: Option<Fault>,
}

struct State {
    wakes: usize,
    ran: Vec<bool>,
    /// The function of this call waits for that one.
    waits: Option<(Record, Record)>,
}

impl State {
    fn over(&self) -> bool {
        self.ran.iter().all(|ran| *ran)
    }
}

/// As Go does it.
fn store(flag: &AtomicU32, value: u32) {
    flag.store(value, Ordering::Release);
    fence(Ordering::SeqCst);
}

/// As Go does it.
fn swap(flag: &AtomicU32, old: u32, new: u32) -> bool {
    let swapped = flag.compare_exchange(old, new, Ordering::AcqRel, Ordering::Acquire).is_ok();
    fence(Ordering::SeqCst);
    swapped
}

impl Queue {
    fn new(slots: usize, calls: usize) -> Queue {
        let slot = |_| Slot { turn: AtomicU64::new(0), record: UnsafeCell::new(usize::MAX) };
        Queue {
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
            looking: AtomicU32::new(0),
            slots: (0..slots).map(slot).collect(),
            sleepers: AtomicI32::new(0),
            most_sleepers: 1,
            state: Mutex::new(State { wakes: 0, ran: vec![false; calls], waits: None }),
            changed: Condvar::new(),
            fault: None,
        }
    }

    fn slot(&self, at: u64) -> (&Slot, u64) {
        let slots = self.slots.len() as u64;
        (&self.slots[(at % slots) as usize], at / slots * 2)
    }

    // In C.

    fn push(&self, record: Record) -> bool {
        let mut at = self.tail.load(Ordering::Relaxed);
        loop {
            let (slot, empty) = self.slot(at);
            let turn = slot.turn.load(Ordering::Acquire);
            if turn < empty {
                return false;
            }
            if turn > empty {
                thread::yield_now();
                at = self.tail.load(Ordering::Relaxed);
                continue;
            }
            let relaxed = Ordering::Relaxed;
            match self.tail.compare_exchange_weak(at, at + 1, relaxed, relaxed) {
                Ok(_) => {
                    // SAFETY: this thread alone got the place, and nobody reads before `turn`.
                    slot.record.with_mut(|it| unsafe { *it = record });
                    slot.turn.store(empty + 1, Ordering::Release);
                    return true;
                }
                Err(now) => at = now,
            }
        }
    }

    fn later(self: &Arc<Queue>, record: Record) {
        if !self.push(record) {
            let queue = Arc::clone(self);
            thread::spawn(move || queue.work(Some(record)));
            return;
        }
        if self.fault != Some(Fault::PushWithoutFence) {
            fence(Ordering::SeqCst);
        }
        if self.looking.load(Ordering::Relaxed) == 0 {
            self.look();
        }
    }

    // In Go.

    fn look(self: &Arc<Queue>) {
        if !swap(&self.looking, 0, 1) {
            return;
        }
        let mut sleepers = self.sleepers.load(Ordering::Acquire);
        while sleepers > 0 {
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match self.sleepers.compare_exchange(sleepers, sleepers - 1, success, failure) {
                Ok(_) => {
                    self.state.lock().expect("no panic").wakes += 1;
                    self.changed.notify_all();
                    return;
                }
                Err(now) => sleepers = now,
            }
        }
        let queue = Arc::clone(self);
        thread::spawn(move || queue.work(None));
    }

    fn work(self: &Arc<Queue>, first: Option<Record>) {
        let mut looking = first.is_none();
        if let Some(record) = first {
            self.run(record);
        }
        while let Some(record) = self.next(looking) {
            self.run(record);
            looking = false;
        }
    }

    /// The user's function.
    fn run(&self, record: Record) {
        let mut state = self.state.lock().expect("no panic");
        while state.waits.is_some_and(|(call, other)| call == record && !state.ran[other]) {
            state = self.changed.wait(state).expect("no panic");
        }
        assert!(!state.ran[record], "a call runs once");
        state.ran[record] = true;
        self.changed.notify_all();
    }

    fn next(self: &Arc<Queue>, mut looking: bool) -> Option<Record> {
        loop {
            if let Some(record) = self.pop() {
                if looking {
                    store(&self.looking, 0);
                }
                let looks = self.looking.load(Ordering::Acquire) != 0;
                if self.fault != Some(Fault::RunWithoutLook) && !looks && self.any() {
                    self.look();
                }
                return Some(record);
            }
            if looking {
                store(&self.looking, 0);
                looking = false;
                if self.fault != Some(Fault::SleepWithoutLook) && self.any() {
                    thread::yield_now();
                    continue;
                }
            } else if swap(&self.looking, 0, 1) {
                looking = true;
                continue;
            }
            if !self.sleep() {
                return None;
            }
            looking = true;
        }
    }

    /// False too when all calls have run, as the model has to end.
    fn sleep(&self) -> bool {
        let mut sleepers = self.sleepers.load(Ordering::Acquire);
        loop {
            if sleepers == self.most_sleepers {
                return false;
            }
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            match self.sleepers.compare_exchange(sleepers, sleepers + 1, success, failure) {
                Ok(_) => break,
                Err(now) => sleepers = now,
            }
        }
        let mut state = self.state.lock().expect("no panic");
        while state.wakes == 0 && !state.over() {
            state = self.changed.wait(state).expect("no panic");
        }
        let woken = state.wakes > 0;
        state.wakes -= usize::from(woken);
        woken
    }

    fn any(&self) -> bool {
        let at = self.head.load(Ordering::Acquire);
        let (slot, empty) = self.slot(at);
        slot.turn.load(Ordering::Acquire) > empty
    }

    fn pop(&self) -> Option<Record> {
        loop {
            let at = self.head.load(Ordering::Acquire);
            let (slot, empty) = self.slot(at);
            let (full, turn) = (empty + 1, slot.turn.load(Ordering::Acquire));
            if turn < full {
                return None;
            }
            let (success, failure) = (Ordering::AcqRel, Ordering::Acquire);
            if turn == full && self.head.compare_exchange(at, at + 1, success, failure).is_ok() {
                // SAFETY: this thread alone popped it, and nobody writes before `turn`.
                let record = slot.record.with(|it| unsafe { *it });
                slot.turn.store(full + 1, Ordering::Release);
                return Some(record);
            }
            thread::yield_now();
        }
    }

    /// Whoever made the calls waits until all have run.
    fn wait_for_all(&self) {
        let mut state = self.state.lock().expect("no panic");
        while !state.over() {
            state = self.changed.wait(state).expect("no panic");
        }
    }
}

/// In every order with at most so many preemptions.
fn check(preemptions: usize, fault: Option<Fault>, body: fn(Option<Fault>)) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(move || body(fault));
}

/// Calls come while the goroutine that looked for them gives up and falls asleep.
fn calls_against_falling_asleep(fault: Option<Fault>) {
    let queue = Arc::new(Queue { fault, ..Queue::new(2, 1) });
    queue.look();
    queue.later(0);
    queue.wait_for_all();
}

#[test]
fn a_call_that_comes_while_a_goroutine_falls_asleep_is_run() {
    check(3, None, calls_against_falling_asleep);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_c_s_fence_a_call_is_never_run() {
    check(3, Some(Fault::PushWithoutFence), calls_against_falling_asleep);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_last_look_a_call_is_never_run() {
    check(3, Some(Fault::SleepWithoutLook), calls_against_falling_asleep);
}

/// The first call's function waits until the second call has run.
fn a_function_that_blocks(fault: Option<Fault>) {
    let mut queue = Queue { fault, ..Queue::new(2, 2) };
    queue.state.get_mut().expect("no panic").waits = Some((0, 1));
    let queue = Arc::new(queue);
    queue.later(0);
    queue.later(1);
    queue.wait_for_all();
}

#[test]
fn no_call_waits_for_a_function_that_blocks() {
    check(3, None, a_function_that_blocks);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_another_look_a_call_waits_for_a_function_that_blocks() {
    check(3, Some(Fault::RunWithoutLook), a_function_that_blocks);
}

#[test]
fn calls_of_two_threads_run_once_each() {
    check(2, None, |fault| {
        let queue = Arc::new(Queue { fault, ..Queue::new(2, 2) });
        let other = Arc::clone(&queue);
        let calling = thread::spawn(move || other.later(1));
        queue.later(0);
        calling.join().expect("no panic");
        queue.wait_for_all();
    });
}

#[test]
fn a_call_that_finds_the_queue_full_has_a_goroutine_of_its_own() {
    check(3, None, |fault| {
        let queue = Arc::new(Queue { fault, ..Queue::new(1, 2) });
        queue.later(0);
        queue.later(1);
        queue.wait_for_all();
    });
}
