//! A ring for numbers: one thread sends, one receives, in Rust or in C. `csrc/ring.c` is the same
//! once more. Both work on this memory; neither calls the other.

use std::sync::Arc;

use crate::sync::{AtomicU32, Bell, Ordering, UnsafeCell, fence};

/// Numbers that find room. A power of two, as the counts wrap around.
pub const CAPACITY: u32 = if cfg!(test) { 2 } else { 64 }; // in a model, two

/// What the sender writes, or the receiver, and the other one reads. It has its cache lines to
/// itself, so that the two don't take them from each other when each writes its own.
#[repr(C, align(128))]
#[derive(Debug)]
struct Side {
    /// Values sent, or received, since ever. It wraps around.
    count: AtomicU32,
    /// 1: it is about to wait for its bell. Who rings makes it 0.
    sleeps: AtomicU32,
    bell: Bell,
}

/// `bridge_with_ring_ring` of `csrc/ring.h`.
#[repr(C)]
#[derive(Debug)]
pub struct Ring {
    sender: Side,
    receiver: Side,
    /// 1: nothing more is sent, or nobody receives it.
    closed: AtomicU32,
    /// Value number n lies in slot n % capacity. It is the sender's, or the receiver's while the
    /// counts say that it is full.
    slots: [UnsafeCell<i64>; CAPACITY as usize],
}

// `csrc/ring.h` says the same of itself. (In a model the bell is another.)
#[cfg(not(test))]
const _: () = {
    assert!(std::mem::offset_of!(Ring, receiver) == 128);
    assert!(std::mem::offset_of!(Ring, closed) == 256);
    assert!(std::mem::offset_of!(Ring, slots) == 264);
    assert!(std::mem::offset_of!(Side, sleeps) == 4);
    assert!(std::mem::offset_of!(Side, bell) == 8);
};

// SAFETY: a slot is reached by one side at a time: there is one sender and one receiver, and the
// counts say whose it is.
unsafe impl Sync for Ring {}

impl Side {
    fn new(count: u32) -> Side {
        Side { count: AtomicU32::new(count), sleeps: AtomicU32::new(0), bell: Bell::new() }
    }

    /// After a change that this side may be waiting for.
    fn wake(&self) {
        // Between the change and this look. Pairs with the fence in `fall_asleep`.
        fence(Ordering::SeqCst);
        // Relaxed: the fences order it. Of several who wake, the one that turns the mark back rings.
        if self.sleeps.load(Ordering::Relaxed) != 0 && self.sleeps.swap(0, Ordering::Relaxed) != 0 {
            self.bell.ring();
        }
    }

    /// Sleeps, if the other side has not changed something just now. May return for no reason.
    fn fall_asleep(&self, is_stuck: impl FnOnce() -> bool) {
        self.sleeps.store(1, Ordering::Relaxed);
        // Between the mark and this look. Pairs with the fence in `wake`: of the two sides, one at
        // least sees what the other one has written.
        fence(Ordering::SeqCst);
        if is_stuck() {
            self.bell.wait();
        } else {
            self.sleeps.store(0, Ordering::Relaxed);
        }
    }
}

impl Ring {
    /// How many values lie in the ring. Acquire, of the other side's count: pairs with its Release.
    /// What it has sent can be read, or what it has received can be overwritten.
    fn length(&self) -> u32 {
        let sent = self.sender.count.load(Ordering::Acquire);
        sent.wrapping_sub(self.receiver.count.load(Ordering::Acquire))
    }

    fn is_closed(&self) -> bool {
        // Acquire: pairs with the Release in `close`. What was sent before is seen after it.
        self.closed.load(Ordering::Acquire) != 0
    }

    fn close(&self) {
        self.closed.store(1, Ordering::Release);
        self.sender.wake();
        self.receiver.wake();
    }

    fn slot(&self, number: u32) -> &UnsafeCell<i64> {
        &self.slots[(number % CAPACITY) as usize]
    }
}

/// The one end that sends. Dropping it closes the ring; what it has sent can still be received.
#[derive(Debug)]
pub struct Sender(Arc<Ring>);

/// The one end that receives. Dropping it closes the ring, and what lies in there goes with it.
#[derive(Debug)]
pub struct Receiver(Arc<Ring>);

/// An empty ring.
///
/// ```
/// let (mut sender, mut receiver) = bridge_with_ring::ring::ring();
/// sender.send(5);
/// drop(sender);
/// assert_eq!((receiver.receive(), receiver.receive()), (Some(5), None));
/// ```
///
/// # Panics
///
/// Where C has no memory.
pub fn ring() -> (Sender, Receiver) {
    ring_after(0)
}

/// An empty ring through which so many values have gone, for whoever would see the counts wrap around.
pub fn ring_after(count: u32) -> (Sender, Receiver) {
    let ring = Arc::new(Ring {
        sender: Side::new(count),
        receiver: Side::new(count),
        closed: AtomicU32::new(0),
        slots: std::array::from_fn(|_| UnsafeCell::new(0)),
    });
    (Sender(Arc::clone(&ring)), Receiver(ring))
}

impl Sender {
    /// Sends, if there is room.
    pub fn try_send(&mut self, value: i64) -> bool {
        let Sender(ring) = self;
        let sent = ring.sender.count.load(Ordering::Relaxed); // only we write it
        if ring.length() == CAPACITY {
            return false;
        }
        // SAFETY: there is room, so the slot is ours, and we are the only sender.
        ring.slot(sent).with_mut(|slot| unsafe { *slot = value });
        // Release: publishes the value.
        ring.sender.count.store(sent.wrapping_add(1), Ordering::Release);
        ring.receiver.wake();
        true
    }

    /// Sends, and sleeps until there is room. False: the ring is closed.
    pub fn send(&mut self, value: i64) -> bool {
        while !self.0.is_closed() {
            if self.try_send(value) {
                return true;
            }
            let Sender(ring) = self;
            ring.sender.fall_asleep(|| ring.length() == CAPACITY && !ring.is_closed());
        }
        false
    }

    /// The memory, as C knows it. Whoever gives it to C leaves this end to C as well, until C is
    /// through, and keeps this meanwhile.
    pub fn as_ptr(&self) -> *const Ring {
        Arc::as_ptr(&self.0)
    }
}

impl Receiver {
    /// The oldest value, if there is one.
    pub fn try_receive(&mut self) -> Option<i64> {
        let Receiver(ring) = self;
        let received = ring.receiver.count.load(Ordering::Relaxed); // only we write it
        if ring.length() == 0 {
            return None;
        }
        // SAFETY: it is full, so the slot is ours, and we are the only receiver.
        let value = ring.slot(received).with(|slot| unsafe { *slot });
        // Release: the value is out, and the slot may be overwritten.
        ring.receiver.count.store(received.wrapping_add(1), Ordering::Release);
        ring.sender.wake();
        Some(value)
    }

    /// The oldest value; sleeps until there is one. `None`: there will be none.
    pub fn receive(&mut self) -> Option<i64> {
        loop {
            let closed = self.0.is_closed(); // first: what was sent before it is there then
            let value = self.try_receive();
            if value.is_some() || closed {
                return value;
            }
            self.sleep();
        }
    }

    /// Sleeps, if there is nothing to receive. May return for no reason.
    pub fn sleep(&mut self) {
        let Receiver(ring) = self;
        ring.receiver.fall_asleep(|| ring.length() == 0 && !ring.is_closed());
    }

    /// How often one side rang the other's bell.
    pub fn rung(&self) -> u64 {
        self.0.sender.bell.rung() + self.0.receiver.bell.rung()
    }

    /// As [`Sender::as_ptr`].
    pub fn as_ptr(&self) -> *const Ring {
        Arc::as_ptr(&self.0)
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.0.close();
    }
}
