//! The memory in which rings lie, one behind the other.

use std::ptr::NonNull;
use std::sync::Arc;

use callback_bridge::fence::Fence;

use super::layout::{Header, Shape};
use super::sync::AtomicU64;

#[cfg(loom)]
pub(super) use modelled::Region;
#[cfg(not(loom))]
pub(super) use real::Region;

/// One ring of a region, which it keeps alive.
pub(super) struct Ring {
    header: NonNull<Header>,
    words: NonNull<AtomicU64>,
    shape: Shape,
    fence: Fence,
    /// Owns what the pointers point to.
    _region: Arc<Region>,
}

// SAFETY: the pointers lead to atomics, which any thread may use, in a region that is kept alive.
unsafe impl Send for Ring {}
// SAFETY: as above.
unsafe impl Sync for Ring {}

impl Ring {
    /// The ring with this number, which the region has. Both of its ends have the same `fence`.
    pub(super) fn new(region: &Arc<Region>, number: usize, fence: Fence) -> Ring {
        let (header, words) = region.ring(number);
        Ring { header, words, shape: region.shape(), fence, _region: Arc::clone(region) }
    }

    #[inline(always)]
    pub(super) fn fence(&self) -> Fence {
        self.fence
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// Where the ring begins.
    #[cfg(all(unix, not(loom)))]
    pub(super) fn start(&self) -> NonNull<Header> {
        self.header
    }

    #[inline(always)]
    pub(super) fn header(&self) -> &Header {
        // SAFETY: the region has a header there, made of atomics only, and is alive.
        unsafe { self.header.as_ref() }
    }

    /// The words of the slot in which message number `index` lies.
    #[inline(always)]
    pub(super) fn slot(&self, index: u64) -> &[AtomicU64] {
        // The number of slots is a power of two, so this is below it, whatever the index.
        let slot = (index & (self.shape.slots() - 1)) as usize;
        // SAFETY: the slot is below the number of slots, so within the region's words.
        let first = unsafe { self.words.add(slot * self.shape.slot_words()) };
        // SAFETY: so many atomics lie there, in a region that is alive.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), self.shape.slot_words()) }
    }

    /// The words of the arena, if there are any.
    pub(super) fn arena(&self) -> &[AtomicU64] {
        // SAFETY: the arena begins where the slots end, within the region's words or at their end.
        let first = unsafe { self.words.add(self.shape.words_of_slots()) };
        // SAFETY: so many atomics lie there, in a region that is alive.
        unsafe { std::slice::from_raw_parts(first.as_ptr(), self.shape.arena_bytes() / 8) }
    }
}

impl std::fmt::Debug for Ring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ring").field("shape", &self.shape).finish_non_exhaustive()
    }
}

#[cfg(not(loom))]
mod real {
    use std::cell::UnsafeCell;
    use std::ptr::NonNull;

    use super::super::layout::{About, Header, LINE, Line, Shape};
    #[cfg(target_os = "linux")]
    use super::super::memory::Mapping;
    use super::super::sync::AtomicU64;

    /// Memory for rings of one shape.
    pub(in super::super) struct Region {
        start: NonNull<u8>,
        shape: Shape,
        _memory: Memory,
    }

    /// Who gives it back.
    enum Memory {
        Heap {
            _lines: Box<[UnsafeCell<Line<[u8; LINE]>>]>,
        },
        #[cfg(target_os = "linux")]
        Mapped {
            _mapping: Mapping,
        },
    }

    // SAFETY: what lies there is only used through atomics.
    unsafe impl Send for Region {}
    // SAFETY: as above.
    unsafe impl Sync for Region {}

    impl Region {
        /// New rings on the heap.
        pub(in super::super) fn heap(shape: Shape, rings: usize) -> Region {
            let lines = (0..rings * shape.ring_bytes() / LINE)
                .map(|_| UnsafeCell::new(Line([0; LINE])))
                .collect::<Box<[_]>>();
            let start = NonNull::from(&*lines).cast();
            let region = Region { start, shape, _memory: Memory::Heap { _lines: lines } };
            region.describe(rings);
            region
        }

        /// New rings in shared memory that is all zero, and large enough for them.
        #[cfg(target_os = "linux")]
        pub(in super::super) fn shared(mapping: Mapping, shape: Shape, rings: usize) -> Region {
            let region = Region::mapped(mapping, shape, rings);
            region.describe(rings);
            region
        }

        /// The rings that another process made, if that is what this is.
        #[cfg(target_os = "linux")]
        pub(in super::super) fn attach(mapping: Mapping, rings: usize) -> Option<Region> {
            if mapping.length() < size_of::<Header>() {
                return None;
            }
            // SAFETY: it is long enough, aligned as a page is, and made of atomics; the mapping stays
            // while the reference does.
            let about = unsafe { &mapping.start().cast::<Header>().as_ref().about.0 };
            let shape = Shape::read(about)?;
            let fits = mapping.length() == rings * shape.ring_bytes();
            fits.then(|| Region::mapped(mapping, shape, rings))
        }

        #[cfg(target_os = "linux")]
        fn mapped(mapping: Mapping, shape: Shape, rings: usize) -> Region {
            assert_eq!(mapping.length(), rings * shape.ring_bytes(), "no room for the rings");
            Region { start: mapping.start(), shape, _memory: Memory::Mapped { _mapping: mapping } }
        }

        /// Writes what they are into rings that are all zero, so empty and open.
        fn describe(&self, rings: usize) {
            (0..rings).for_each(|number| self.shape.write(self.about(number)));
        }

        /// What a ring says of itself. The region has this ring.
        pub(in super::super) fn about(&self, number: usize) -> &About {
            let (header, _) = self.ring(number);
            // SAFETY: it lies in the region, which is borrowed, and is made of atomics.
            unsafe { &header.as_ref().about.0 }
        }

        pub(in super::super) fn shape(&self) -> Shape {
            self.shape
        }

        /// Where a ring's header is, and where its slots begin. The region has this ring.
        pub(super) fn ring(&self, number: usize) -> (NonNull<Header>, NonNull<AtomicU64>) {
            // SAFETY: the region has so many rings, of so many bytes each.
            let header = unsafe { self.start.add(number * self.shape.ring_bytes()) };
            // SAFETY: the slots follow the header.
            let words = unsafe { header.add(size_of::<Header>()) };
            (header.cast(), words.cast())
        }
    }
}

/// In a model the words are loom's, which are larger; so they lie in a list of their own.
#[cfg(loom)]
mod modelled {
    use std::ptr::NonNull;

    use super::super::flags::Flags;
    use super::super::layout::{Header, Line, SenderState, Shape};
    use super::super::sync::AtomicU64;

    pub(in super::super) struct Region {
        rings: Vec<(Box<Header>, Box<[AtomicU64]>)>,
        shape: Shape,
    }

    impl Region {
        pub(in super::super) fn heap(shape: Shape, rings: usize) -> Region {
            let ring = |_| {
                let word = |_| Line(AtomicU64::new(0));
                let header = Header {
                    tail: word(()),
                    head: word(()),
                    sender: Line(SenderState { flags: Flags::new(), lost: AtomicU64::new(0) }),
                    receiver: Line(Flags::new()),
                };
                let words = (0..shape.words()).map(|_| AtomicU64::new(0)).collect();
                (Box::new(header), words)
            };
            Region { rings: (0..rings).map(ring).collect(), shape }
        }

        pub(in super::super) fn shape(&self) -> Shape {
            self.shape
        }

        pub(super) fn ring(&self, number: usize) -> (NonNull<Header>, NonNull<AtomicU64>) {
            let (header, words) = &self.rings[number];
            (NonNull::from(&**header), NonNull::from(&**words).cast())
        }
    }
}
