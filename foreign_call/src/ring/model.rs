//! The protocol, checked by loom in every order that two threads can take.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p foreign_call --release --lib ring::model`
//!
//! Each model has a twin that leaves out what it proves needed ([`Fault`]), and has to fail. A lost
//! wake-up shows as a deadlock.
//!
//! loom has no `membarrier`, so each side fences for itself here. That the one-sided pair orders the
//! same two writes and reads is tried in `callback_bridge`'s `fence`.

use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use loom::sync::{Condvar, Mutex};
use loom::thread;

use super::fault::{Fault, choose};
use super::{Block, Disconnected, Local, Options, Receiver, Sender, TryRecvError, ends};

/// Runs `body` in every order with at most so many preemptions, with one fault or none.
pub(super) fn check(preemptions: usize, fault: Option<Fault>, body: fn()) {
    choose(fault);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(preemptions);
    model.check(body);
    choose(None);
}

/// Where a model fails, loom's state is gone before what used it: then it is leaked.
pub(super) struct Keep<T>(ManuallyDrop<T>);

impl<T> Deref for Keep<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Keep<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> Drop for Keep<T> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            // SAFETY: it is dropped nowhere else.
            unsafe { ManuallyDrop::drop(&mut self.0) };
        }
    }
}

pub(super) fn keep<T>(value: T) -> Keep<T> {
    Keep(ManuallyDrop::new(value))
}

/// How the ends of a modelled ring wake each other.
pub(super) trait Wakes: Block + Sized + 'static {
    fn pair() -> (Self, Self);
}

impl Wakes for Local {
    fn pair() -> (Local, Local) {
        Local::pair()
    }
}

pub(super) type Ends<N> = (Keep<Sender<N>>, Keep<Receiver<N>>);

pub(super) fn ring<N: Wakes>(slots: usize, spill: usize) -> Ends<N> {
    ring_of(&Options::new(slots, 8).spill(spill))
}

pub(super) fn ring_of<N: Wakes>(options: &Options) -> Ends<N> {
    let (sender, receiver) = ends(options, N::pair());
    (keep(sender), keep(receiver))
}

pub(super) fn bytes(number: u64) -> [u8; 8] {
    number.to_ne_bytes()
}

/// Messages against a receiver that falls asleep. The sender stays, so that only they can wake it.
pub(super) fn messages_against_sleeping<N: Wakes>() {
    let (mut sender, mut receiver) = ring::<N>(2, 0);
    let sending = thread::spawn(move || {
        sender.send(&bytes(1)).expect("room");
        sender.send(&bytes(2)).expect("room");
        sender
    });
    assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
    assert_eq!(receiver.recv(), Ok(&bytes(2)[..]));
    drop(sending.join());
}

#[test]
fn a_message_wakes_a_receiver_that_falls_asleep() {
    check(3, None, messages_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutFence), messages_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_second_look_a_wake_up_is_lost() {
    check(3, Some(Fault::SleepWithoutLook), messages_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_senders_fence_a_wake_up_is_lost() {
    check(3, Some(Fault::PublishWithoutFence), messages_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn a_slot_that_is_published_before_it_is_written_is_read_too_early() {
    check(3, Some(Fault::PublishBeforeWrite), messages_against_sleeping::<Local>);
}

/// More messages than slots. The receiver stays, so that only room can wake the sender.
pub(super) fn full_against_taking<N: Wakes>() {
    let (mut sender, mut receiver) = ring::<N>(1, 0);
    sender.try_send(&bytes(1)).expect("room");
    let receiving = thread::spawn(move || {
        assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
        assert_eq!(receiver.recv(), Ok(&bytes(2)[..]));
        receiver
    });
    sender.send(&bytes(2)).expect("the receiver is there");
    drop(receiving.join());
}

#[test]
fn a_sender_that_waits_for_room_gets_it() {
    check(3, None, full_against_taking::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_waiting_sender_waits_for_ever() {
    check(3, Some(Fault::WaitWithoutFence), full_against_taking::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_second_look_a_waiting_sender_waits_for_ever() {
    check(3, Some(Fault::WaitWithoutLook), full_against_taking::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_fence_of_a_taken_message_the_sender_waits_for_ever() {
    check(3, Some(Fault::ReleaseWithoutFence), full_against_taking::<Local>);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn a_slot_that_is_given_back_before_it_is_read_is_written_too_early() {
    check(3, Some(Fault::ReleaseBeforeCopy), full_against_taking::<Local>);
}

/// The end of the sender against a receiver that falls asleep.
pub(super) fn end_against_sleeping<N: Wakes>() {
    let (mut sender, mut receiver) = ring::<N>(2, 0);
    let sending = thread::spawn(move || {
        sender.try_send(&bytes(1)).expect("room");
        drop(sender);
    });
    assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
    assert_eq!(receiver.recv(), Err(Disconnected::Closed));
    sending.join().expect("no panic");
}

#[test]
fn the_end_wakes_a_receiver_that_falls_asleep_and_comes_last() {
    check(3, None, end_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_the_end_is_missed() {
    check(3, Some(Fault::CloseWithoutWake), end_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_closing_sides_fence_the_end_is_missed() {
    check(3, Some(Fault::CloseWithoutFence), end_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_second_look_the_end_is_missed() {
    check(3, Some(Fault::SleepWithoutLook), end_against_sleeping::<Local>);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn an_end_that_is_believed_at_once_comes_before_the_last_message() {
    check(3, Some(Fault::EndBeforeLook), end_against_sleeping::<Local>);
}

/// The end of the receiver against a sender that waits for room.
pub(super) fn end_against_waiting<N: Wakes>() {
    let (mut sender, receiver) = ring::<N>(1, 0);
    sender.try_send(&bytes(1)).expect("room");
    let receiving = thread::spawn(move || drop(receiver));
    assert_eq!(sender.send(&bytes(2)), Err(Disconnected::Closed.into()));
    receiving.join().expect("no panic");
}

#[test]
fn the_end_wakes_a_sender_that_waits_for_room() {
    check(3, None, end_against_waiting::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_a_wake_up_the_sender_waits_for_nobody() {
    check(3, Some(Fault::CloseWithoutWake), end_against_waiting::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_closing_sides_fence_the_sender_waits_for_nobody() {
    check(3, Some(Fault::CloseWithoutFence), end_against_waiting::<Local>);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_second_look_the_sender_waits_for_nobody() {
    check(3, Some(Fault::WaitWithoutLook), end_against_waiting::<Local>);
}

/// A sender that spills, and flushes before it goes.
fn spilling() {
    let (mut sender, mut receiver) = ring::<Local>(1, 2);
    let sending = thread::spawn(move || {
        for number in 1..=3 {
            sender.try_send(&bytes(number)).expect("room, at least in the spill");
        }
        sender.flush().expect("the receiver is there");
    });
    for number in 1..=3 {
        assert_eq!(receiver.recv(), Ok(&bytes(number)[..]));
    }
    assert_eq!((receiver.recv().err(), receiver.lost()), (Some(Disconnected::Closed), 0));
    sending.join().expect("no panic");
}

#[test]
fn what_is_spilled_arrives_in_order() {
    check(2, None, spilling);
}

#[test]
#[should_panic(expected = "assertion `left == right` failed")]
fn a_message_that_passes_the_spill_comes_too_early() {
    check(2, Some(Fault::SpillOvertaken), spilling);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_its_fence_a_flush_waits_for_ever() {
    check(2, Some(Fault::WaitWithoutFence), spilling);
}

/// A sender that goes with a full spill: each message arrives or is counted.
fn spilling_and_leaving() {
    let (mut sender, mut receiver) = ring::<Local>(1, 1);
    let sending = thread::spawn(move || {
        sender.try_send(&bytes(1)).expect("the ring is empty");
        sender.try_send(&bytes(2)).expect("the spill is empty");
    });
    let mut received = 0;
    while receiver.recv().is_ok() {
        received += 1;
    }
    assert_eq!(received + receiver.lost(), 2);
    sending.join().expect("no panic");
}

#[test]
fn what_a_sender_takes_with_it_is_counted() {
    check(3, None, spilling_and_leaving);
}

/// Where a thread of the model waits to be woken.
#[derive(Default)]
struct Parker(Mutex<bool>, Condvar);

impl Wake for Parker {
    fn wake(self: Arc<Parker>) {
        *self.0.lock().expect("no panic") = true;
        self.1.notify_one();
    }
}

/// Runs a future whose waker is another one at every poll, as if its task had moved.
fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = keep(Box::pin(future));
    loop {
        let parker = keep(Arc::new(Parker::default()));
        let waker = keep(Waker::from(Arc::clone(&parker)));
        if let Poll::Ready(value) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return value;
        }
        let Parker(woken, changed) = &**parker;
        let mut woken = woken.lock().expect("no panic");
        while !*woken {
            woken = changed.wait(woken).expect("no panic");
        }
    }
}

/// Tasks on both sides, with fewer slots than messages.
fn tasks() {
    let (mut sender, mut receiver) = ring::<Local>(1, 0);
    let sending = thread::spawn(move || {
        run(sender.send_async(&bytes(1))).expect("room");
        run(sender.send_async(&bytes(2))).expect("the receiver is there");
        sender
    });
    assert_eq!(run(receiver.recv_async()), Ok(&bytes(1)[..]));
    assert_eq!(run(receiver.recv_async()), Ok(&bytes(2)[..]));
    drop(sending.join());
}

#[test]
fn tasks_wake_each_other() {
    check(2, None, tasks);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_receivers_second_look_tasks_miss_each_other() {
    check(2, Some(Fault::SleepWithoutLook), tasks);
}

#[test]
#[should_panic(expected = "deadlock")]
fn without_the_senders_second_look_tasks_miss_each_other() {
    check(2, Some(Fault::WaitWithoutLook), tasks);
}

/// A future that is dropped while it waits, against a message.
fn cancelled() {
    let (mut sender, mut receiver) = ring::<Local>(1, 0);
    let sending = thread::spawn(move || {
        sender.try_send(&bytes(1)).expect("room");
        sender
    });
    {
        let mut future = keep(Box::pin(receiver.recv_async()));
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(message) = future.as_mut().poll(&mut context) {
            assert_eq!(message, Ok(&bytes(1)[..]));
            drop(sending.join());
            return;
        }
    }
    assert_eq!(receiver.recv(), Ok(&bytes(1)[..]));
    assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    drop(sending.join());
}

#[test]
fn a_cancelled_future_takes_nothing_and_the_next_one_is_woken() {
    check(3, None, cancelled);
}
