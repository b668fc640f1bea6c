use std::fmt;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use super::{ListRef, ToRef, View};

/// Everything in a buffer begins at a multiple of this, and no view needs more.
const ALIGN: usize = 8;

/// Adds a list of `length` views to a size.
#[inline]
pub(super) fn add_list<R: View>(size: &mut usize, length: usize) {
    *size = length
        .checked_mul(size_of::<R>())
        .and_then(|bytes| bytes.checked_next_multiple_of(ALIGN))
        .and_then(|bytes| bytes.checked_add(*size))
        .expect("the views take more than all memory");
}

/// The memory for one call's views. It does not move when the buffer does.
pub struct Buffer {
    /// From a `Box`; raw, as the peer reads in it while the buffer may move.
    words: NonNull<[MaybeUninit<u64>]>,
}

// SAFETY: bytes; whoever writes views into them keeps what they point to.
unsafe impl Send for Buffer {}
// SAFETY: through `&Buffer` nothing is reached.
unsafe impl Sync for Buffer {}

impl Buffer {
    /// Room for so many bytes. None are allocated for none.
    #[inline]
    pub fn new(size: usize) -> Buffer {
        let words = Box::<[u64]>::new_uninit_slice(size.div_ceil(ALIGN));
        Buffer { words: NonNull::from(Box::leak(words)) }
    }

    /// Room for what the view of this value needs.
    #[inline]
    pub fn for_value<T: ToRef + ?Sized>(value: &T) -> Buffer {
        let mut size = 0;
        value.to_size(&mut size);
        Buffer::new(size)
    }

    /// Writes from the beginning.
    #[inline]
    pub fn writer(&mut self) -> Writer<'_> {
        // SAFETY: the memory is ours until we drop it, and borrowed mutably for the writer's life.
        Writer { rest: unsafe { self.words.as_mut() } }
    }
}

impl Drop for Buffer {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: it came from a Box, and nobody frees it but us.
        drop(unsafe { Box::from_raw(self.words.as_ptr()) });
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("words", &self.words.len()).finish()
    }
}

/// Room for one call's views, for as long as a function runs: on the stack, if they are few.
pub struct Room {
    stack: [MaybeUninit<u64>; 32],
    heap: Option<Buffer>,
}

impl Room {
    /// Room for so many bytes.
    #[inline]
    pub fn new(size: usize) -> Room {
        let stack = [MaybeUninit::uninit(); 32];
        let heap = (size > size_of_val(&stack)).then(|| Buffer::new(size));
        Room { stack, heap }
    }

    /// Writes from the beginning.
    #[inline]
    pub fn writer(&mut self) -> Writer<'_> {
        match &mut self.heap {
            Some(heap) => heap.writer(),
            None => Writer { rest: &mut self.stack },
        }
    }
}

impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("heap", &self.heap).finish_non_exhaustive()
    }
}

/// Writes views into a [`Buffer`], one list after the other.
#[derive(Debug)]
pub struct Writer<'a> {
    rest: &'a mut [MaybeUninit<u64>],
}

impl<'a> Writer<'a> {
    /// What is left, in bytes.
    pub fn room(&self) -> usize {
        size_of_val(self.rest)
    }

    /// A list of the views of these values.
    pub fn list<T: ToRef + 'a>(
        &mut self,
        values: impl ExactSizeIterator<Item = &'a T>,
    ) -> ListRef<'a, T::Ref<'a>> {
        self.list_with(values, |value, writer| value.to_ref(writer))
    }

    /// A list of views, each made by `view` from one item.
    pub(super) fn list_with<I, R: View>(
        &mut self,
        items: impl ExactSizeIterator<Item = I>,
        mut view: impl FnMut(I, &mut Writer<'a>) -> R,
    ) -> ListRef<'a, R> {
        let places = self.reserve::<R>(items.len());
        let mut filled = 0;
        for (place, item) in places.iter_mut().zip(items) {
            place.write(view(item, self));
            filled += 1;
        }
        assert_eq!(filled, places.len(), "the iterator was shorter than it said");
        // SAFETY: all of them were written just now.
        ListRef::from_slice(unsafe { &*(&raw const *places as *const [R]) })
    }

    /// One view, at an address that stays.
    #[inline]
    pub fn place<T: ToRef + ?Sized>(&mut self, value: &'a T) -> &'a T::Ref<'a> {
        let place = &mut self.reserve::<T::Ref<'a>>(1)[0];
        place.write(value.to_ref(self))
    }

    #[inline]
    fn reserve<R: View>(&mut self, length: usize) -> &'a mut [MaybeUninit<R>] {
        const { assert!(align_of::<R>() <= ALIGN && size_of::<R>() > 0) };
        let mut size = 0;
        add_list::<R>(&mut size, length);
        let rest = std::mem::take(&mut self.rest);
        let (taken, rest) = rest.split_at_mut(size / ALIGN);
        self.rest = rest;
        // SAFETY: ours alone for `'a`; long enough, as `add_list` counts; aligned, as `u64` is; and
        // nothing is claimed of the content.
        unsafe { std::slice::from_raw_parts_mut(taken.as_mut_ptr().cast(), length) }
    }
}

/// Adds what [`Writer::place`] takes.
#[inline]
pub fn place_size<T: ToRef + ?Sized>(value: &T, size: &mut usize) {
    add_list::<T::Ref<'_>>(size, 1);
    value.to_size(size);
}
