//! How a value lies in a slot, and how its type is known.

use std::any::TypeId;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::pool::class_for;

/// What is known of a slot's type by whoever reads a foreign slot: constant, so it can be read at
/// any time.
pub(super) struct Kind {
    pub(super) id: fn() -> TypeId,
    /// [`Lay::clean`].
    pub(super) clean: unsafe fn(*mut u8),
}

/// How a `T` lies in a slot.
pub(super) struct Lay<T>(PhantomData<T>);

impl<T: 'static> Lay<T> {
    /// What is known of `T`. Not inlined: a constant may have several addresses, but this function
    /// has one for each crate, so comparing addresses settles nearly every comparison.
    #[inline(never)]
    pub(super) fn kind() -> &'static Kind {
        const { &Kind { id: TypeId::of::<T>, clean: Lay::<T>::clean } }
    }

    /// The first class of slots whose place has room for a `T`.
    pub(super) const CLASS: usize = match class_for(size_of::<T>(), align_of::<T>()) {
        Some(class) => class,
        None => 0,
    };
    /// No class has room: the place then holds a pointer to memory of its own, which the requester
    /// allocates, so that the completer never does.
    const BOXED: bool = class_for(size_of::<T>(), align_of::<T>()).is_none();

    /// Where the value lies. `place` must be the place of a slot that was opened for a `T`.
    pub(super) unsafe fn at(place: *mut u8) -> *mut T {
        if Self::BOXED {
            // SAFETY: `open` has put the pointer there, before anybody could find the slot open.
            unsafe { place.cast::<*mut T>().read() }
        } else {
            place.cast()
        }
    }

    /// Before the slot is opened, which is the caller's alone.
    pub(super) unsafe fn prepare(place: *mut u8) {
        if Self::BOXED {
            let memory = Box::into_raw(Box::<T>::new_uninit()).cast::<T>();
            // SAFETY: every place has room for a pointer and is aligned for it; the slot is ours.
            unsafe { place.cast::<*mut T>().write(memory) };
        }
    }

    /// The value is out, or was never in.
    pub(super) unsafe fn clean(place: *mut u8) {
        if Self::BOXED {
            // SAFETY: as the caller promises, the slot was opened for a `T`.
            let memory = unsafe { Self::at(place) }.cast::<MaybeUninit<T>>();
            // SAFETY: it came from the Box in `prepare`, and only the last one out comes here.
            drop(unsafe { Box::from_raw(memory) });
        }
    }
}
