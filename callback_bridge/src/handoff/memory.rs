//! The memory that blocks travel in: records, one behind the other, in a ring or in a chunk.
//!
//! A *position* counts bytes from the beginning of the stream and never goes back, over all laps
//! of the ring and all chunks. A *window* says where positions lie in memory at the moment. Every
//! record begins at a multiple of the granule with a header word: a kind and a number.
//!
//! | record | header's number | granules |
//! |---|---|---|
//! | `BLOCK` | items | 1 + what the items take |
//! | `TIMED` | items | 2 + what the items take; the second holds the time in nanoseconds |
//! | `LOST` | blocks lost here | 2; the second holds how many items those had |
//! | `JUMP` | the position to go on at, in the ring | 1 |
//! | `LINK` | 0 | 2; the second holds the pointer to the chunk to go on in |

use std::alloc::{Layout, alloc, dealloc};
use std::marker::PhantomData;
use std::ptr::NonNull;

pub(super) const KIND: u64 = 7 << 61;
pub(super) const BLOCK: u64 = 0;
pub(super) const TIMED: u64 = 1 << 61;
pub(super) const LOST: u64 = 2 << 61;
pub(super) const JUMP: u64 = 3 << 61;
pub(super) const LINK: u64 = 4 << 61;

/// What every record is a multiple of, in bytes: a header word, and aligned for the items.
pub(super) const fn granule<T>() -> u64 {
    let align = align_of::<T>() as u64;
    if align > 8 { align } else { 8 }
}

/// The size of a block's record without a time, in bytes.
#[inline(always)]
pub(super) const fn block_size<T>(items: usize) -> u64 {
    let granule = granule::<T>();
    // The header's granule, and the items rounded up to whole ones: one sum, one mask.
    ((size_of::<T>() * items) as u64 + 2 * granule - 1) & !(granule - 1)
}

/// What always stays free behind the last block: a `LOST` and a `LINK` can be written at any time.
pub(super) const fn reserve<T>() -> u64 {
    4 * granule::<T>()
}

/// A ring or a chunk: bytes that hold records.
#[derive(Debug)]
pub(super) struct Segment<T> {
    base: NonNull<u8>,
    layout: Layout,
    shadow: Shadow,
    items: PhantomData<T>,
}

impl<T> Segment<T> {
    /// `size` bytes, a multiple of the granule and not 0; `None` where memory does not suffice.
    pub(super) fn new(size: u64) -> Option<Segment<T>> {
        let align = usize::max(64, align_of::<T>());
        let layout = Layout::from_size_align(usize::try_from(size).ok()?, align).ok()?;
        // SAFETY: the size is not 0.
        let base = NonNull::new(unsafe { alloc(layout) })?;
        let shadow = Shadow::new(size / granule::<T>());
        Some(Segment { base, layout, shadow, items: PhantomData })
    }

    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        self.layout.size() as u64
    }

    /// The view in which this segment's first byte has the position `first`.
    pub(super) fn window(&self, first: u64) -> Window<T> {
        // A position is only ever added to it where the sum lies in the segment; with fewer than
        // 64 bits, both wrap alike.
        let zero = self.base.as_ptr().wrapping_sub(first as usize);
        Window { zero, shadow: self.shadow.view(first / granule::<T>()), items: PhantomData }
    }
}

impl<T> Drop for Segment<T> {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc` with this layout, in `new`.
        unsafe { dealloc(self.base.as_ptr(), self.layout) };
    }
}

/// Where positions lie in memory: valid for those of one segment (of a ring: of one lap).
#[derive(Debug)]
pub(super) struct Window<T> {
    /// Where position 0 would lie.
    zero: *mut u8,
    shadow: ShadowView,
    items: PhantomData<T>,
}

impl<T> Clone for Window<T> {
    fn clone(&self) -> Window<T> {
        *self
    }
}

impl<T> Copy for Window<T> {}

impl<T: Copy> Window<T> {
    #[inline(always)]
    fn at(self, position: u64) -> *mut u8 {
        self.zero.wrapping_add(position as usize)
    }

    /// # Safety
    ///
    /// The granule at `position` lies in the segment, which is alive, and nobody else uses it.
    #[inline(always)]
    pub(super) unsafe fn put_word(self, position: u64, word: u64) {
        self.shadow.write(position / granule::<T>(), 1);
        // SAFETY: as the caller promises; granules are aligned for a word.
        unsafe { self.at(position).cast::<u64>().write(word) };
    }

    /// # Safety
    ///
    /// As for [`Window::put_word`].
    pub(super) unsafe fn put_chunk(self, position: u64, chunk: NonNull<Segment<T>>) {
        self.shadow.write(position / granule::<T>(), 1);
        // SAFETY: as the caller promises; a granule is large enough for a pointer, and aligned.
        unsafe { self.at(position).cast::<NonNull<Segment<T>>>().write(chunk) };
    }

    /// # Safety
    ///
    /// As for [`Window::put_word`], for all granules that the items take.
    #[inline(always)]
    pub(super) unsafe fn put_items(self, position: u64, items: &[T]) {
        self.shadow
            .write(position / granule::<T>(), block_size::<T>(items.len()) / granule::<T>() - 1);
        let to = self.at(position).cast::<T>();
        // SAFETY: as the caller promises; granules are aligned for `T`, and what the caller lends
        // can't overlap with memory that nobody else uses.
        unsafe { to.copy_from_nonoverlapping(items.as_ptr(), items.len()) };
    }

    /// # Safety
    ///
    /// The granule at `position` begins with a word that was written, and nobody writes it now.
    #[inline(always)]
    pub(super) unsafe fn word(self, position: u64) -> u64 {
        self.shadow.read(position / granule::<T>(), 1);
        // SAFETY: as the caller promises.
        unsafe { self.at(position).cast::<u64>().read() }
    }

    /// # Safety
    ///
    /// As for [`Window::word`], for a pointer to a chunk.
    pub(super) unsafe fn chunk(self, position: u64) -> NonNull<Segment<T>> {
        self.shadow.read(position / granule::<T>(), 1);
        // SAFETY: as the caller promises.
        unsafe { self.at(position).cast::<NonNull<Segment<T>>>().read() }
    }

    /// Where the items at `position` lie. The model takes it as a read of all of them.
    #[inline(always)]
    pub(super) fn items(self, position: u64, count: usize) -> *const T {
        self.shadow.read(position / granule::<T>(), block_size::<T>(count) / granule::<T>() - 1);
        self.at(position).cast::<T>()
    }

    /// Tells a model that all from `start` to `end` is read.
    #[cfg(loom)]
    pub(super) fn trace(self, start: u64, end: u64) {
        self.shadow.read(start / granule::<T>(), (end - start) / granule::<T>());
    }
}

/// What tells a model who reads and who writes which granule. Without loom, nothing.
#[cfg(not(loom))]
mod shadow {
    #[derive(Debug)]
    pub(super) struct Shadow;

    #[derive(Clone, Copy, Debug)]
    pub(super) struct ShadowView;

    impl Shadow {
        pub(super) fn new(_granules: u64) -> Shadow {
            Shadow
        }

        pub(super) fn view(&self, _first: u64) -> ShadowView {
            ShadowView
        }
    }

    impl ShadowView {
        #[inline(always)]
        pub(super) fn write(self, _granule: u64, _count: u64) {}

        #[inline(always)]
        pub(super) fn read(self, _granule: u64, _count: u64) {}
    }
}

#[cfg(loom)]
mod shadow {
    use crate::sync::UnsafeCell;

    #[derive(Debug)]
    pub(super) struct Shadow(Vec<UnsafeCell<()>>);

    /// Points into a segment's shadow; used while the segment is alive, as the window is.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct ShadowView {
        cells: *const UnsafeCell<()>,
        first: u64,
        count: u64,
    }

    impl Shadow {
        pub(super) fn new(granules: u64) -> Shadow {
            Shadow((0..granules).map(|_| UnsafeCell::new(())).collect())
        }

        pub(super) fn view(&self, first: u64) -> ShadowView {
            ShadowView { cells: self.0.as_ptr(), first, count: self.0.len() as u64 }
        }
    }

    impl ShadowView {
        fn cell(&self, granule: u64) -> &UnsafeCell<()> {
            let index = granule - self.first;
            assert!(index < self.count, "a position outside its segment");
            // SAFETY: it lies in the vector, which has not changed since `view`.
            let cell = self.cells.wrapping_add(index as usize);
            // SAFETY: the segment is alive while its windows are used.
            unsafe { &*cell }
        }

        pub(super) fn write(self, granule: u64, count: u64) {
            for granule in granule..granule + count {
                self.cell(granule).with_mut(|_| ());
            }
        }

        pub(super) fn read(self, granule: u64, count: u64) {
            for granule in granule..granule + count {
                self.cell(granule).with(|_| ());
            }
        }
    }
}

use shadow::{Shadow, ShadowView};
