//! From views to bytes: the packed form.

use std::slice;

use crate::convert::{Form, Kind, Room};
use crate::{CallError, ListRef, ToRef, View};

/// Everything in a message begins at a multiple of this.
const ALIGN: usize = 8;

/// A message that is being made. What is longer than the ring's messages is counted, and not kept.
#[derive(Debug)]
pub struct Packer {
    bytes: Vec<u8>,
    /// What all of it takes, also where that is more than there is room for.
    length: usize,
    longest: usize,
}

impl Packer {
    /// A message of at most `longest` bytes that begins with these words.
    pub(super) fn new(head: [u64; 2], longest: usize) -> Packer {
        let mut packer = Packer { bytes: Vec::new(), length: 0, longest };
        let at = packer.reserve(size_of_val(&head));
        packer.put(at, head.map(u64::to_ne_bytes).as_flattened());
        packer
    }

    /// Adds a value: its view, and then all that this leads to.
    pub fn value<T: ToRef + ?Sized>(&mut self, value: &T) {
        let mut size = 0;
        value.to_size(&mut size);
        let mut room = Room::new(size);
        let view = value.to_ref(&mut room.writer());
        let form = <T::Ref<'_> as View>::FORM;
        let at = self.reserve(form.size);
        // SAFETY: a view of this form, which Rust has made, and what it leads to.
        unsafe { self.pack(&form, (&raw const view).cast(), at) };
    }

    /// The message.
    ///
    /// # Errors
    ///
    /// [`CallError::TooLong`].
    pub(super) fn finish(self) -> Result<Vec<u8>, Box<CallError>> {
        let Packer { bytes, length, longest } = self;
        match length <= longest {
            true => Ok(bytes),
            false => Err(Box::new(CallError::TooLong { bytes: length, longest })),
        }
    }

    /// The place of so many bytes, all zero, after what is there.
    fn reserve(&mut self, bytes: usize) -> usize {
        let at = self.length;
        self.length = at.saturating_add(bytes).saturating_add(ALIGN - 1) / ALIGN * ALIGN;
        if self.length <= self.longest {
            self.bytes.resize(self.length, 0);
        }
        at
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        // Missing only in a message that is too long.
        if let Some(place) = self.bytes.get_mut(at..at.saturating_add(bytes.len())) {
            place.copy_from_slice(bytes);
        }
    }

    /// Field by field: padding stays zero, so that nothing else of this process gets out.
    ///
    /// # Safety
    ///
    /// At `view` lies a view of this form, and where its lists should be, they are.
    unsafe fn pack(&mut self, form: &Form, view: *const u8, at: usize) {
        // SAFETY: within the view, as its form says. Here and below.
        let part = |offset: usize| unsafe { view.add(offset) };
        match form.kind {
            Kind::Number => {
                // SAFETY: a number's bytes are all there.
                let bytes = unsafe { slice::from_raw_parts(view, form.size) };
                self.put(at, bytes);
            }
            Kind::List { item } => {
                // SAFETY: a list, of whatever it is.
                let list = unsafe { view.cast::<ListRef<'_, u8>>().read() };
                // SAFETY: the caller's promise.
                unsafe { self.pack_list(item, list.raw_parts(), at) };
            }
            Kind::All { parts } => {
                for (offset, form) in parts {
                    // SAFETY: the caller's promise, for a part.
                    unsafe { self.pack(form, part(*offset), at + offset) };
                }
            }
            Kind::Repeated { count, item } => {
                for offset in (0..count).map(|index| index * item.size) {
                    // SAFETY: as above.
                    unsafe { self.pack(item, part(offset), at + offset) };
                }
            }
            Kind::OneOf { tag_size, parts } => {
                // SAFETY: a number's bytes are all there.
                let tag = unsafe { slice::from_raw_parts(view, tag_size) };
                self.put(at, tag);
                if let Some(Some((offset, form))) = parts.get(number(tag)) {
                    // SAFETY: the tag says that this part is there.
                    unsafe { self.pack(form, part(*offset), at + offset) };
                }
            }
        }
    }

    /// # Safety
    ///
    /// So many views of this form lie there.
    unsafe fn pack_list(&mut self, item: &Form, (first, length): (*const u8, usize), at: usize) {
        if length == 0 {
            return; // an empty list is zeros, and leads nowhere
        }
        let bytes = length * item.size;
        let place = self.reserve(bytes);
        self.put(at, [place as u64, length as u64].map(u64::to_ne_bytes).as_flattened());
        if matches!(item.kind, Kind::Number) {
            // SAFETY: the caller's promise; numbers have no padding.
            let bytes = unsafe { slice::from_raw_parts(first, bytes) };
            self.put(place, bytes);
            return;
        }
        for offset in (0..length).map(|index| index * item.size) {
            // SAFETY: one of the list.
            let view = unsafe { first.add(offset) };
            // SAFETY: the caller's promise.
            unsafe { self.pack(item, view, place + offset) };
        }
    }
}

/// Of one byte or four.
pub(super) fn number(tag: &[u8]) -> usize {
    match *tag {
        [byte] => byte.into(),
        _ => tag.try_into().map_or(usize::MAX, |tag| u32::from_ne_bytes(tag) as usize),
    }
}
