//! The calling thread: its seat, the callbacks that it is inside of, and the list of all seats.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::barrier;
use super::seat::{Seat, Seats};

/// What the library knows of one thread.
#[derive(Debug)]
struct Thread {
    seat: Seat,
    listed: Cell<Listed>,
    /// The innermost call that did not find its seat.
    innermost: Cell<*const Frame>,
    /// The next one in the list of all; used under the lock of `ALL` only.
    next: AtomicPtr<Thread>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Listed {
    NotYet,
    Yes,
    /// The thread is ending.
    NoMore,
}

thread_local! {
    // Without a destructor, so it can be used until the thread's very end.
    static THREAD: Thread = const {
        Thread {
            seat: Seat::new(),
            listed: Cell::new(Listed::NotYet),
            innermost: Cell::new(ptr::null()),
            next: AtomicPtr::new(ptr::null_mut()),
        }
    };
    static LEAVING: Leaving = const { Leaving };
}

/// Guards the list of all threads that have a seat: `FIRST` and every `next`. A thread takes itself
/// out before its storage goes away.
static ALL: Mutex<()> = Mutex::new(());
/// Never written through: of another thread, only the seat and `next` are used, by reference.
static FIRST: AtomicPtr<Thread> = AtomicPtr::new(ptr::null_mut());

fn all() -> MutexGuard<'static, ()> {
    // Nothing that runs under the lock can panic half-way.
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the thread out of the list when it ends.
struct Leaving;

impl Drop for Leaving {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            let _all = all();
            thread.listed.set(Listed::NoMore);
            thread.seat.forget();
            let mut at = &FIRST;
            loop {
                let other = at.load(Ordering::Relaxed);
                if ptr::eq(other, thread) {
                    at.store(thread.next.load(Ordering::Relaxed), Ordering::Relaxed);
                    return;
                }
                // SAFETY: this thread comes later in the list, so it is not null; it is in the list,
                // so its thread has not ended; we hold the lock.
                at = unsafe { &(*other).next };
            }
        });
    }
}

/// Whether this thread's seat can be used now.
///
/// Enters it into the list the first time.
pub(crate) fn may_sit() -> bool {
    THREAD.with(|thread| match thread.listed.get() {
        Listed::Yes => !thread.seat.is_inside(),
        Listed::NotYet => list(thread),
        Listed::NoMore => false,
    })
}

#[cold]
fn list(thread: &Thread) -> bool {
    if !barrier::is_available() || LEAVING.try_with(|_| ()).is_err() {
        return false;
    }
    let _all = all();
    thread.next.store(FIRST.load(Ordering::Relaxed), Ordering::Relaxed);
    FIRST.store(ptr::from_ref(thread).cast_mut(), Ordering::Relaxed);
    thread.listed.set(Listed::Yes);
    true
}

/// Lends this thread's seat.
///
/// Always inlined: a trampoline has nothing to spare.
#[inline(always)]
pub(crate) fn with_seat<T>(use_it: impl FnOnce(&Seat) -> T) -> T {
    THREAD.with(|thread| use_it(&thread.seat))
}

/// Every thread's seat, and the barrier of the system.
pub(crate) struct AllSeats;

impl Seats for AllSeats {
    fn each(&self, visit: &mut dyn FnMut(&Seat)) {
        let _all = all();
        let mut at = FIRST.load(Ordering::Relaxed);
        while !at.is_null() {
            // SAFETY: it is in the list, so its thread has not ended; we hold the lock.
            let thread = unsafe { &*at };
            visit(&thread.seat);
            at = thread.next.load(Ordering::Relaxed);
        }
    }

    fn barrier(&self) {
        barrier::pass();
    }
}

/// A call that this thread is inside of, other than through its seat.
#[derive(Debug)]
struct Frame {
    handle: usize,
    outer: *const Frame,
}

/// Runs `body` as a call of this callback.
pub(crate) fn inside<T>(handle: usize, body: impl FnOnce() -> T) -> T {
    struct Restore(*const Frame);
    impl Drop for Restore {
        fn drop(&mut self) {
            THREAD.with(|thread| thread.innermost.set(self.0));
        }
    }
    let outer = THREAD.with(|thread| thread.innermost.get());
    let frame = Frame { handle, outer };
    THREAD.with(|thread| thread.innermost.set(&raw const frame));
    let _restore = Restore(outer);
    body()
}

/// Whether this thread is inside a call of this callback.
pub(crate) fn is_inside(handle: usize) -> bool {
    THREAD.with(|thread| {
        if thread.seat.is_busy_with(handle) {
            return true;
        }
        let mut at = thread.innermost.get();
        while !at.is_null() {
            // SAFETY: it stands on this thread's stack, further out; `inside` takes it off the list
            // before it goes away.
            let frame = unsafe { &*at };
            if frame.handle == handle {
                return true;
            }
            at = frame.outer;
        }
        false
    })
}
