use std::fmt;

use super::{ConvertError, Form, FromRef, ListRef, MemType, Problem, ToRef, View, Writer};
use crate::shape::Shape;

/// A text as the other language sees it: UTF-8, with its length in bytes and no NUL at the end.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct StringRef<'a>(ListRef<'a, u8>);

impl<'a> StringRef<'a> {
    /// The view of a text.
    #[inline]
    pub fn new(text: &'a str) -> StringRef<'a> {
        StringRef(ListRef::from_slice(text.as_bytes()))
    }

    /// A text as a peer might send it; whether it is one shows in [`StringRef::get`].
    pub fn from_bytes(bytes: ListRef<'a, u8>) -> StringRef<'a> {
        StringRef(bytes)
    }

    /// The text.
    ///
    /// # Errors
    ///
    /// If it is not UTF-8, or no text can lie there.
    #[inline]
    pub fn get(&self) -> Result<&'a str, ConvertError> {
        std::str::from_utf8(self.0.get()?)
            .map_err(|error| ConvertError::new(Problem::Utf8 { valid_up_to: error.valid_up_to() }))
    }
}

// SAFETY: it is a list.
unsafe impl<'a> View for StringRef<'a> {
    const FORM: Form = ListRef::<'a, u8>::FORM;
}

impl fmt::Debug for StringRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StringRef({:?})", self.0)
    }
}

// SAFETY: `AS_IS` is false.
unsafe impl ToRef for str {
    const MEM_TYPE: MemType = MemType::SimpleWrapper;
    const AS_IS: bool = false;
    const SHAPE: u64 = Shape::new("String").value();
    type Ref<'a> = StringRef<'a>;

    #[inline]
    fn to_size(&self, _: &mut usize) {}

    #[inline]
    fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> StringRef<'a> {
        StringRef::new(self)
    }
}

// SAFETY: as for `str`.
unsafe impl ToRef for String {
    const MEM_TYPE: MemType = str::MEM_TYPE;
    const AS_IS: bool = false;
    const SHAPE: u64 = str::SHAPE;
    type Ref<'a> = StringRef<'a>;

    #[inline]
    fn to_size(&self, _: &mut usize) {}

    #[inline]
    fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> StringRef<'a> {
        StringRef::new(self)
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl FromRef for String {
    const PLAIN: bool = false;

    #[inline]
    fn from_ref(view: &StringRef<'_>) -> Result<String, ConvertError> {
        view.get().map(String::from)
    }
}
