//! From bytes to views: what another process has sent is checked, and the places in it become
//! addresses.

use std::marker::PhantomData;
use std::slice;

use super::pack::number;
use crate::View;
use crate::convert::{ConvertError, Form, Kind, Problem};

/// A message in memory of this process, of which views are made one after the other.
///
/// The sender is not trusted. Each view, and each list, must begin where the one before has ended: so
/// no two of them share a byte, and all of it takes time for each byte once.
#[derive(Debug)]
pub(super) struct Unpacker<'a> {
    /// Where the message begins.
    start: *mut u8,
    length: usize,
    /// What comes next, a multiple of 8 or the end.
    next: usize,
    message: PhantomData<&'a mut [u64]>,
}

impl<'a> Unpacker<'a> {
    /// Of the first `length` bytes of these words, all but the first `skipped` of them.
    pub(super) fn new(words: &'a mut [u64], length: usize, skipped: usize) -> Unpacker<'a> {
        let length = length.min(size_of_val(words));
        let start = words.as_mut_ptr().cast();
        Unpacker { start, length, next: skipped.min(length), message: PhantomData }
    }

    /// The next view, which is good for as long as the message. Whether it is a value,
    /// [`FromRef`](crate::FromRef) says.
    ///
    /// # Errors
    ///
    /// [`Problem::Misplaced`], if it is not all there.
    pub(super) fn view<V: View>(&mut self) -> Result<*const V, ConvertError> {
        const { assert!(align_of::<V>() <= align_of::<u64>()) };
        let view = self.take(self.next, V::FORM.size)?;
        // SAFETY: so many bytes, aligned, which are nobody else's.
        unsafe { self.unpack(&V::FORM, view)? };
        Ok(view.cast())
    }

    /// The next so many bytes, which should be said to lie there.
    fn take(&mut self, place: usize, bytes: usize) -> Result<*mut u8, ConvertError> {
        if place != self.next || bytes > self.length - self.next {
            return Err(ConvertError::new(Problem::Misplaced { place, bytes }));
        }
        self.next = (place + bytes).next_multiple_of(align_of::<u64>()).min(self.length);
        // SAFETY: within the message.
        Ok(unsafe { self.start.add(place) })
    }

    /// Writes into each list's view where the list is. A tag that is none is left to who reads it.
    ///
    /// # Safety
    ///
    /// At `view` lie bytes for a view of this form, aligned for it; they are this call's alone.
    unsafe fn unpack(&mut self, form: &Form, view: *mut u8) -> Result<(), ConvertError> {
        // SAFETY: within the view, as its form says. Here and below.
        let part = |offset: usize| unsafe { view.add(offset) };
        match form.kind {
            Kind::Number => Ok(()),
            // SAFETY: the caller's promise.
            Kind::List { item } => unsafe { self.unpack_list(item, view.cast()) },
            Kind::All { parts } => parts.iter().try_for_each(|(offset, form)| {
                // SAFETY: the caller's promise, for a part.
                unsafe { self.unpack(form, part(*offset)) }
            }),
            Kind::Repeated { count, item } => (0..count).try_for_each(|index| {
                // SAFETY: as above.
                unsafe { self.unpack(item, part(index * item.size)) }
            }),
            Kind::OneOf { tag_size, parts } => {
                // SAFETY: its bytes are there.
                let tag = unsafe { slice::from_raw_parts(view, tag_size) };
                match parts.get(number(tag)) {
                    // SAFETY: as above.
                    Some(Some((offset, form))) => unsafe { self.unpack(form, part(*offset)) },
                    _ => Ok(()),
                }
            }
        }
    }

    /// # Safety
    ///
    /// As [`unpack`](Unpacker::unpack), for a list of these.
    unsafe fn unpack_list(
        &mut self,
        item: &Form,
        list: *mut [usize; 2],
    ) -> Result<(), ConvertError> {
        // SAFETY: a list's view is where it begins, and how long it is.
        let [place, length] = unsafe { list.read() };
        let mut first = std::ptr::null_mut();
        if length > 0 {
            first = self.take(place, length.saturating_mul(item.size))?;
        }
        // SAFETY: as it was read.
        unsafe { list.cast::<*mut u8>().write(first) };
        if matches!(item.kind, Kind::Number) {
            return Ok(());
        }
        (0..length).try_for_each(|index| {
            // SAFETY: one of the bytes that were just taken.
            let view = unsafe { first.add(index * item.size) };
            // SAFETY: they are the list's alone, which begins at a multiple of 8.
            unsafe { self.unpack(item, view) }
        })
    }
}
