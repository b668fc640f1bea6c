//! The control blocks: what a late call may still touch. Static, so never freed.
//!
//! A handle is what C gets as user data: the generation of the block, its place, and a bit that makes
//! it odd. It is not an address: whatever C hands back, null included, leads to a block or to none.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{ptr, thread, time::Duration};

use super::current::{AllSeats, is_inside, with_seat};
use super::gate::{Gate, Open};
use super::statistics::GLOBAL;
use crate::quiet::{drop_quietly, quietly};

/// Bits 0 to 7 of a handle: 1 and room for the gate's flags.
const FLAG_BITS: u32 = 8;
const INDEX_BITS: u32 = if usize::BITS == 64 { 13 } else { 9 };
const GENERATION_SHIFT: u32 = FLAG_BITS + INDEX_BITS;
const LAST_GENERATION: usize = usize::MAX >> GENERATION_SHIFT;

/// How many callbacks can be registered at once.
pub const CAPACITY: usize = (1 << INDEX_BITS) - 1;

static BLOCKS: [Control; 1 << INDEX_BITS] = [const { Control::new() }; 1 << INDEX_BITS];
static FREE: Mutex<Free> = Mutex::new(Free { fresh: 1, first: 0 });

/// The blocks that nobody uses. Block 0 is never used: null leads to it.
struct Free {
    /// From here on no block was ever used.
    fresh: usize,
    /// The block that was given back last, or 0.
    first: usize,
}

/// What belongs to one registered callback.
#[repr(align(128))]
pub(crate) struct Control {
    pub(crate) gate: Gate,
    /// Of this callback or, in a free block, of the last one.
    generation: AtomicUsize,
    next_free: AtomicUsize,
    /// How to drop the closure, a `DropClosure`; null if somebody else does.
    drop_closure: AtomicPtr<()>,
    pub(crate) stays_after_panic: AtomicBool,
    /// A `FnOnce` that has been called.
    pub(crate) spent: AtomicBool,
    /// Nobody holds a registration any more.
    pub(crate) detached: AtomicBool,
    pub(crate) refused: AtomicU64,
    pub(crate) panics: AtomicU64,
    payload: Mutex<Option<Box<dyn Any + Send>>>,
    /// Who wants to know that the callback is poisoned.
    on_poison: Mutex<Option<OnPoison>>,
}

/// Told that a callback is poisoned.
pub(crate) type OnPoison = Arc<dyn Fn() + Send + Sync>;

/// Drops what [`Gate::data`] points to.
pub(crate) type DropClosure = unsafe fn(*mut ());

/// What a callback is opened with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opening {
    pub(crate) gate: Open,
    pub(crate) drop_closure: Option<DropClosure>,
    pub(crate) stays_after_panic: bool,
}

impl Control {
    const fn new() -> Control {
        Control {
            gate: Gate::new(),
            generation: AtomicUsize::new(0),
            next_free: AtomicUsize::new(0),
            drop_closure: AtomicPtr::new(ptr::null_mut()),
            stays_after_panic: AtomicBool::new(false),
            spent: AtomicBool::new(false),
            detached: AtomicBool::new(false),
            refused: AtomicU64::new(0),
            panics: AtomicU64::new(0),
            payload: Mutex::new(None),
            on_poison: Mutex::new(None),
        }
    }

    /// The block that a handle leads to, whatever C made of the handle.
    pub(crate) fn of(handle: usize) -> &'static Control {
        &BLOCKS[(handle >> FLAG_BITS) & CAPACITY]
    }

    fn index(&self) -> usize {
        (ptr::from_ref(self).addr() - BLOCKS.as_ptr().addr()) / size_of::<Control>()
    }

    /// Where a panic waits for the owner.
    pub(crate) fn payload(&self) -> MutexGuard<'_, Option<Box<dyn Any + Send>>> {
        // Payloads are moved in and out under it, nothing else.
        self.payload.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `say` called, on the callback's thread, whenever the callback is poisoned.
    pub(crate) fn on_poison(&self, say: OnPoison) {
        let before = self.on_poison.lock().unwrap_or_else(PoisonError::into_inner).replace(say);
        drop(before); // outside of the lock
    }

    /// The callback was poisoned just now.
    pub(crate) fn say_poisoned(&self) {
        let say = self.on_poison.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(say) = say {
            // It wakes a consumer, with a waker that may be anybody's.
            quietly(|| say());
        }
    }

    /// Keeps the first panic that nobody has taken yet.
    pub(crate) fn keep_payload(&self, new: Box<dyn Any + Send>) {
        self.panics.fetch_add(1, Ordering::Relaxed);
        let mut kept = self.payload();
        if kept.is_none() {
            *kept = Some(new);
            return;
        }
        drop(kept);
        // The panic hook has reported it.
        drop_quietly(new);
    }

    /// Lets nobody in any more, waits for the calls in flight and drops the closure.
    ///
    /// Inside one of those calls: doesn't wait, the last one out drops the closure. `None`: that
    /// had been done before.
    pub(crate) fn close(&'static self, handle: usize) -> Option<Closed> {
        if !self.gate.close(handle, &AllSeats) {
            return None;
        }
        if is_inside(handle) {
            let closed = self.last_words(false);
            with_seat(|seat| self.gate.defer(handle, seat));
            return Some(closed);
        }
        let mut looks = 0_u32;
        while !self.gate.is_idle(handle, &AllSeats) {
            // A callback is short, as a rule. One that is not gets looked at every millisecond, so
            // leaving it costs no wake-up.
            match looks {
                0..64 => std::hint::spin_loop(),
                64..128 => thread::yield_now(),
                _ => thread::sleep(Duration::from_micros(1000)),
            }
            looks += 1;
        }
        let closed = self.last_words(true);
        self.free();
        Some(closed)
    }

    /// Ends a local callback, on its thread, which is not inside of it.
    pub(crate) fn close_local(&'static self, handle: usize) -> Option<Closed> {
        with_seat(|seat| self.gate.close_local(handle, seat));
        let closed = self.last_words(true);
        self.free();
        Some(closed)
    }

    fn last_words(&self, dropped: bool) -> Closed {
        Closed {
            dropped,
            panic: self.payload().take(),
            refused: self.refused.load(Ordering::Relaxed),
            panics: self.panics.load(Ordering::Relaxed),
        }
    }

    /// Drops the closure if this thread is the last one out of a closed callback.
    #[cold]
    pub(crate) fn leave_closed(&'static self) {
        if self.gate.last_one_out(&AllSeats).is_some() {
            self.free();
        }
    }

    /// Drops the closure and gives the block back. Nobody is inside, nobody gets in.
    pub(crate) fn free(&'static self) {
        let drop_closure = self.drop_closure.load(Ordering::Relaxed);
        if !drop_closure.is_null() {
            // SAFETY: `open` made the pointer from a `DropClosure`.
            let drop_closure: DropClosure = unsafe { std::mem::transmute(drop_closure) };
            let data = self.gate.data();
            // SAFETY: `open` got the two together. Nobody is inside and the gate is closed, so
            // nobody else uses the closure, and this is called once a generation. The closure is
            // `Send`, so it may be dropped on this thread.
            let dropped = catch_unwind(AssertUnwindSafe(|| unsafe { drop_closure(data) }));
            if let Err(panic) = dropped {
                GLOBAL.drop_panics.fetch_add(1, Ordering::Relaxed);
                drop_quietly(panic);
            }
        }
        let told = self.on_poison.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(told);
        let unclaimed = self.payload().take();
        if let Some(payload) = unclaimed {
            drop_quietly(payload);
        }
        give_back(self);
    }
}

/// A free block that was taken. Dropped, it is free again.
pub(crate) struct Reserved {
    control: Option<&'static Control>,
}

impl Reserved {
    /// `None`: all blocks are in use.
    pub(crate) fn new() -> Option<Reserved> {
        take_free().map(|index| Reserved { control: Some(&BLOCKS[index]) })
    }

    /// Lets calls in, and gives the handle.
    pub(crate) fn open(mut self, opening: Opening) -> usize {
        let Some(control) = self.control.take() else { unreachable!("only `open` takes it") };
        let generation = control.generation.load(Ordering::Relaxed) + 1;
        control.generation.store(generation, Ordering::Relaxed);
        let drop_closure = opening.drop_closure.map_or(ptr::null_mut(), |drop| drop as *mut ());
        control.drop_closure.store(drop_closure, Ordering::Relaxed);
        control.stays_after_panic.store(opening.stays_after_panic, Ordering::Relaxed);
        control.spent.store(false, Ordering::Relaxed);
        control.detached.store(false, Ordering::Relaxed);
        control.refused.store(0, Ordering::Relaxed);
        control.panics.store(0, Ordering::Relaxed);
        let handle = generation << GENERATION_SHIFT | control.index() << FLAG_BITS | 1;
        control.gate.open(handle, opening.gate);
        handle
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(control) = self.control.take() {
            give_back(control);
        }
    }
}

/// How a callback ended.
#[derive(Debug)]
pub(crate) struct Closed {
    /// The closure is dropped; otherwise the last call that leaves it will do that.
    pub(crate) dropped: bool,
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    pub(crate) refused: u64,
    pub(crate) panics: u64,
}

impl Drop for Closed {
    fn drop(&mut self) {
        if let Some(unclaimed) = self.panic.take() {
            // The panic hook has reported it. This may be a callback, or a thread that is panicking.
            drop_quietly(unclaimed);
        }
    }
}

fn take_free() -> Option<usize> {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    if free.first != 0 {
        let index = free.first;
        free.first = BLOCKS[index].next_free.load(Ordering::Relaxed);
        return Some(index);
    }
    let index = free.fresh;
    if index > CAPACITY {
        return None;
    }
    free.fresh += 1;
    Some(index)
}

fn give_back(control: &'static Control) {
    if control.generation.load(Ordering::Relaxed) == LAST_GENERATION {
        // Its handles are used up. (On a 64-bit machine after 2^43 registrations.)
        return;
    }
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    control.next_free.store(free.first, Ordering::Relaxed);
    free.first = control.index();
}
