//! Reading: from one record to the next, through laps and chunks.

use std::ptr::NonNull;

use super::lane::Loss;
use super::memory::{
    BLOCK, JUMP, KIND, LINK, LOST, PLAIN, Segment, TIMED, WITH_TIME, Window, block_size, granule,
};

/// Where the next record begins.
#[derive(Debug)]
pub(super) struct Cursor<T> {
    pub(super) position: u64,
    pub(super) window: Window<T>,
    /// The chunk that the window shows, if it does not show the ring.
    pub(super) chunk: Option<NonNull<Segment<T>>>,
}

impl<T> Clone for Cursor<T> {
    fn clone(&self) -> Cursor<T> {
        *self
    }
}

impl<T> Copy for Cursor<T> {}

/// One record.
#[derive(Debug)]
pub(super) enum Record<T> {
    Block {
        at: *const T,
        items: usize,
        nanoseconds: Option<u64>,
    },
    Lost(Loss),
    /// It goes on elsewhere; the chunk that was left, if it was one.
    Moved(Option<NonNull<Segment<T>>>),
}

impl<T: Copy> Cursor<T> {
    pub(super) fn new(ring: &Segment<T>) -> Cursor<T> {
        Cursor { position: 0, window: ring.window(0), chunk: None }
    }

    /// Reads the record here and goes to the next.
    ///
    /// # Safety
    ///
    /// There is a record, published to this thread, and nobody writes to it meanwhile.
    #[inline(always)]
    pub(super) unsafe fn next(&mut self, ring: &Segment<T>) -> Record<T> {
        // SAFETY: a record begins with a word, says the caller.
        let word = unsafe { self.window.word(self.position) };
        if word & KIND == BLOCK {
            let items = word as usize;
            let at = self.window.items(self.position + granule::<T>(), items);
            self.position += block_size::<T>(PLAIN, items);
            return Record::Block { at, items, nanoseconds: None };
        }
        // SAFETY: as above, with the same word.
        unsafe { self.next_seldom(word, ring) }
    }

    /// # Safety
    ///
    /// As for [`Cursor::next`]; `word` is the record's header.
    #[cold]
    #[inline(never)]
    unsafe fn next_seldom(&mut self, word: u64, ring: &Segment<T>) -> Record<T> {
        let (granule, number) = (granule::<T>(), word & !KIND);
        match word & KIND {
            TIMED => {
                // SAFETY: the second word of a timed block.
                let nanoseconds = unsafe { self.window.word(self.position + granule) };
                let at = self.window.items(self.position + 2 * granule, number as usize);
                self.position += block_size::<T>(WITH_TIME, number as usize);
                Record::Block { at, items: number as usize, nanoseconds: Some(nanoseconds) }
            }
            LOST => {
                // SAFETY: the second word of a loss.
                let items = unsafe { self.window.word(self.position + granule) };
                self.position += 2 * granule;
                Record::Lost(Loss { blocks: number, items })
            }
            JUMP => {
                let left = self.chunk.take();
                self.position = number;
                self.window = ring.window(number - number % ring.size());
                Record::Moved(left)
            }
            LINK => {
                // SAFETY: the second word of a link.
                let chunk = unsafe { self.window.chunk(self.position + granule) };
                self.position += 2 * granule;
                // SAFETY: the producer gave the chunk away with the link; who reads the stream
                // frees it, after having left it.
                self.window = unsafe { chunk.as_ref() }.window(self.position);
                Record::Moved(self.chunk.replace(chunk))
            }
            _ => unreachable!("no such record is ever written"),
        }
    }
}
