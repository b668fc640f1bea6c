use std::fmt;
use std::marker::PhantomData;
use std::ptr;

use super::buffer::add_list;
use super::{ConvertError, Form, FromRef, In, Kind, MemType, Problem, ToRef, View, Writer};
use crate::shape::Shape;

/// A list as the other language sees it: where it begins, and how many elements it has.
///
/// An empty one that Rust makes has a null pointer: a dangling one would stop Go's stack copier.
#[repr(C)]
pub struct ListRef<'a, T> {
    pointer: *const T,
    length: usize,
    elements: PhantomData<&'a [T]>,
}

impl<'a, T> ListRef<'a, T> {
    /// The view of a slice.
    #[inline]
    pub fn from_slice(slice: &'a [T]) -> ListRef<'a, T> {
        let pointer = if slice.is_empty() { ptr::null() } else { slice.as_ptr() };
        ListRef { pointer, length: slice.len(), elements: PhantomData }
    }

    /// A view as a peer might send it; nothing is checked before [`ListRef::get`].
    ///
    /// # Safety
    ///
    /// If the pointer is neither null nor misaligned, `length` elements lie there for `'a`, and
    /// nobody writes them.
    pub unsafe fn from_raw_parts(pointer: *const T, length: usize) -> ListRef<'a, T> {
        ListRef { pointer, length, elements: PhantomData }
    }
}

impl<'a, T: View> ListRef<'a, T> {
    /// Where the first one is, and how many there are.
    #[cfg(all(target_os = "linux", not(loom)))]
    pub(crate) fn raw_parts(&self) -> (*const T, usize) {
        (self.pointer, self.length)
    }

    /// The elements.
    ///
    /// # Errors
    ///
    /// If no list can lie there: null, misaligned, or longer than memory. An empty list may have any
    /// pointer.
    #[inline]
    pub fn get(&self) -> Result<&'a [T], ConvertError> {
        let problem = if self.length == 0 {
            return Ok(&[]);
        } else if self.pointer.is_null() {
            Problem::Null
        } else if !self.pointer.is_aligned() {
            Problem::Misaligned
        } else if self.length.checked_mul(size_of::<T>()).is_none_or(|n| n > isize::MAX as usize) {
            Problem::TooLong(self.length)
        } else {
            // SAFETY: it was made from a slice, or its maker promised that the elements are there
            // for `'a`; pointer and length were checked, and any bits are a `T`.
            return Ok(unsafe { std::slice::from_raw_parts(self.pointer, self.length) });
        };
        Err(ConvertError::new(problem))
    }
}

impl<T> Clone for ListRef<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ListRef<'_, T> {}

// SAFETY: a pointer and a length, repr(C), any bits; the lifetime is that of the elements.
unsafe impl<T: View> View for ListRef<'_, T> {
    const FORM: Form = Form { size: size_of::<Self>(), kind: Kind::List { item: &T::FORM } };
}

impl<T> fmt::Debug for ListRef<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ListRef({:?}, {})", self.pointer, self.length)
    }
}

// SAFETY: `AS_IS` is false.
unsafe impl<T: ToRef> ToRef for [T] {
    const MEM_TYPE: MemType = T::MEM_TYPE.container(T::AS_IS);
    const AS_IS: bool = false;
    const SHAPE: u64 = Shape::new("list").number(T::SHAPE).value();
    type Ref<'a>
        = ListRef<'a, T::Ref<'a>>
    where
        Self: 'a;

    #[inline]
    fn to_size(&self, size: &mut usize) {
        if Self::MEM_TYPE.is_complex() {
            add_list::<T::Ref<'_>>(size, self.len());
            if T::MEM_TYPE.is_complex() {
                self.iter().for_each(|item| item.to_size(size));
            }
        }
    }

    #[inline]
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
        if Self::MEM_TYPE.is_complex() {
            return buffer.list(self.iter());
        }
        // SAFETY: not complex, so `T::AS_IS`: the same memory, read as views.
        ListRef::from_slice(unsafe {
            std::slice::from_raw_parts(self.as_ptr().cast::<T::Ref<'a>>(), self.len())
        })
    }
}

// SAFETY: as for slices.
unsafe impl<T: ToRef> ToRef for Vec<T> {
    const MEM_TYPE: MemType = <[T]>::MEM_TYPE;
    const AS_IS: bool = false;
    const SHAPE: u64 = <[T]>::SHAPE;
    type Ref<'a>
        = ListRef<'a, T::Ref<'a>>
    where
        Self: 'a;

    #[inline]
    fn to_size(&self, size: &mut usize) {
        self.as_slice().to_size(size);
    }

    #[inline]
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
        self.as_slice().to_ref(buffer)
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl<T: FromRef> FromRef for Vec<T> {
    const PLAIN: bool = false;

    #[inline]
    fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
        let views = view.get()?;
        let mut values = Vec::new();
        // The length is the peer's word: no room for it is an error, not the end of the process.
        if values.try_reserve_exact(views.len()).is_err() {
            return Err(ConvertError::new(Problem::OutOfMemory(views.len())));
        }
        if T::PLAIN {
            let first = views.as_ptr().cast::<T>();
            // SAFETY: `PLAIN`: the bytes of these views are values. There is room for them.
            unsafe { ptr::copy_nonoverlapping(first, values.as_mut_ptr(), views.len()) };
            // SAFETY: written just now.
            unsafe { values.set_len(views.len()) };
        } else {
            for (index, view) in views.iter().enumerate() {
                values.push(T::from_ref(view).at(index)?);
            }
        }
        Ok(values)
    }
}
