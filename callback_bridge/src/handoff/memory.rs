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

/// What a processor fetches at once, in bytes.
pub(super) const LINE: u64 = 64;
/// From so many bytes on, a block takes whole lines: with blocks of one length, the items of each
/// then begin at a line. Lines that are written as a whole needn't be fetched from the consumer's
/// cache first.
const LARGE: usize = 1024;

/// The granules before the items of a `BLOCK`.
pub(super) const PLAIN: u64 = 1;
/// The granules before the items of a `TIMED` block.
pub(super) const WITH_TIME: u64 = 2;

/// The size of a block's record in bytes, with so many granules before the items.
#[inline(always)]
pub(super) const fn block_size<T>(before: u64, items: usize) -> u64 {
    let granule = granule::<T>();
    let bytes = size_of::<T>() * items;
    let size = before * granule + bytes as u64;
    if bytes >= LARGE {
        large();
        return size.next_multiple_of(if granule < LINE { LINE } else { granule });
    }
    // One sum, one mask.
    (size + granule - 1) & !(granule - 1)
}

/// Tells the compiler to branch rather than to compute both sizes: a short block has no time.
#[cold]
const fn large() {}

/// How many items a record of at most `size` bytes holds. Items that take no room have a limit,
/// too: their number has to leave the header room for a kind.
pub(super) fn most_items<T>(before: u64, size: u64) -> usize {
    let (item, granule) = (size_of::<T>(), granule::<T>());
    if item == 0 {
        return MOST_WITHOUT_SIZE;
    }
    let in_units = |unit: u64| {
        let size = size & !(unit - 1);
        size.saturating_sub(before * granule) as usize / item
    };
    let most = in_units(u64::max(granule, LINE));
    if item * most >= LARGE { most } else { in_units(granule).min((LARGE - 1) / item) }
}

/// The most items of a block whose items take no room.
pub(super) const MOST_WITHOUT_SIZE: usize = u32::MAX as usize;

/// The granules that the items take.
const fn granules_of<T>(items: usize) -> u64 {
    ((size_of::<T>() * items) as u64).div_ceil(granule::<T>())
}

/// What always stays free behind the last block: a `LOST` and a `LINK` can be written at any time.
pub(super) const fn reserve<T>() -> u64 {
    4 * granule::<T>()
}

/// A ring or a chunk: bytes that hold records.
#[derive(Debug)]
pub(super) struct Segment<T> {
    memory: NonNull<u8>,
    layout: Layout,
    /// In the memory, where the first record begins.
    first: usize,
    shadow: Shadow,
    items: PhantomData<T>,
}

impl<T> Segment<T> {
    /// `size` bytes, a multiple of the granule and not 0; `None` where memory does not suffice.
    /// `before` granules from its beginning there is a cache line's.
    pub(super) fn new(size: u64, before: u64) -> Option<Segment<T>> {
        let align = usize::max(LINE as usize, align_of::<T>());
        // A granule divides a line, or is a multiple of it.
        let first = (LINE - before * granule::<T>() % LINE) % LINE;
        let layout = Layout::from_size_align(usize::try_from(size + first).ok()?, align).ok()?;
        // SAFETY: the size is not 0.
        let memory = NonNull::new(unsafe { alloc(layout) })?;
        let shadow = Shadow::new(size / granule::<T>());
        Some(Segment { memory, layout, first: first as usize, shadow, items: PhantomData })
    }

    /// In bytes.
    pub(super) fn size(&self) -> u64 {
        (self.layout.size() - self.first) as u64
    }

    /// The view in which this segment's first byte has the position `first`.
    pub(super) fn window(&self, first: u64) -> Window<T> {
        // A position is only ever added to it where the sum lies in the segment; with fewer than
        // 64 bits, both wrap alike.
        let zero = self.memory.as_ptr().wrapping_add(self.first).wrapping_sub(first as usize);
        Window { zero, shadow: self.shadow.view(first / granule::<T>()), items: PhantomData }
    }
}

impl<T> Drop for Segment<T> {
    fn drop(&mut self) {
        // SAFETY: it came from `alloc` with this layout, in `new`.
        unsafe { dealloc(self.memory.as_ptr(), self.layout) };
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
        self.shadow.write(position / granule::<T>(), granules_of::<T>(items.len()));
        let to = self.at(position).cast::<T>();
        // SAFETY: as the caller promises; granules are aligned for `T`, and what the caller lends
        // can't overlap with memory that nobody else uses.
        unsafe { to.copy_from_nonoverlapping(items.as_ptr(), items.len()) };
    }

    /// # Safety
    ///
    /// As for [`Window::put_items`], for the items of all parts, one behind the other.
    pub(super) unsafe fn put_parts(self, position: u64, parts: &[&[T]]) {
        let items = parts.iter().map(|part| part.len()).sum();
        self.shadow.write(position / granule::<T>(), granules_of::<T>(items));
        let mut to = self.at(position).cast::<T>();
        for part in parts {
            // SAFETY: as for `put_items`.
            unsafe { to.copy_from_nonoverlapping(part.as_ptr(), part.len()) };
            to = to.wrapping_add(part.len());
        }
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
        self.shadow.read(position / granule::<T>(), granules_of::<T>(count));
        self.at(position).cast::<T>()
    }

    /// Tells a model that all from `start` to `end` is read.
    #[cfg(loom)]
    pub(super) fn trace(self, start: u64, end: u64) {
        self.shadow.read(start / granule::<T>(), (end - start) / granule::<T>());
    }
}

/// Asks for what comes some blocks after the items at `at`, while they are read: as much as they
/// take. `ready` bytes after them are; the rest is the producer's, and is not asked for.
#[inline(always)]
pub(super) fn prefetch<T>(at: *const T, items: usize, ready: u64) {
    /// Far enough ahead to be there in time, in bytes.
    const AHEAD: usize = 4096;
    // Of a large block, the processor itself sees that it is read line by line.
    let bytes = items * size_of::<T>();
    if bytes < LARGE && ready > (AHEAD + LARGE) as u64 {
        #[cfg(target_arch = "x86_64")]
        for line in (0..=bytes).step_by(LINE as usize) {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            let ahead = at.cast::<i8>().wrapping_add(AHEAD + line);
            // SAFETY: a hint; of an address that is nothing's, nothing comes.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(ahead) };
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = at;
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
