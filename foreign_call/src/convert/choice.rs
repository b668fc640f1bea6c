//! `Option` and `Result`: a flag, and the value in the view itself.

use std::fmt;
use std::mem::{offset_of, zeroed};

use super::{ConvertError, Form, FromRef, In, Kind, MemType, ToRef, View, Writer};
use crate::shape::Shape;

/// An `Option` as the other language sees it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct OptionRef<T> {
    /// 1 if there is something.
    pub is_some: u8,
    /// What there is; all zero if nothing.
    pub some: T,
}

// SAFETY: repr(C), of views; `is_some` is a number.
unsafe impl<T: View> View for OptionRef<T> {
    const FORM: Form = Form {
        size: size_of::<Self>(),
        kind: Kind::OneOf { tag_size: 1, parts: &[None, Some((offset_of!(Self, some), T::FORM))] },
    };
}

// SAFETY: `AS_IS` is false.
unsafe impl<T: ToRef> ToRef for Option<T> {
    const MEM_TYPE: MemType = T::MEM_TYPE;
    const AS_IS: bool = false;
    const SHAPE: u64 = Shape::new("option").number(T::SHAPE).value();
    type Ref<'a>
        = OptionRef<T::Ref<'a>>
    where
        Self: 'a;

    #[inline]
    fn to_size(&self, size: &mut usize) {
        if let Some(value) = self {
            value.to_size(size);
        }
    }

    #[inline]
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
        match self {
            Some(value) => OptionRef { is_some: 1, some: value.to_ref(buffer) },
            // SAFETY: any bits are a view, so zeros are.
            None => unsafe { zeroed() },
        }
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl<T: FromRef> FromRef for Option<T> {
    const PLAIN: bool = false;

    #[inline]
    fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
        match bool::from_ref(&view.is_some).in_field("is_some")? {
            true => T::from_ref(&view.some).in_field("some").map(Some),
            false => Ok(None),
        }
    }
}

/// A `Result` as the other language sees it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct ResultRef<T: Copy, E: Copy> {
    /// 1 if it is `Ok`.
    pub is_ok: u8,
    /// The one or the other.
    pub value: ResultRefValue<T, E>,
}

/// What lies in a [`ResultRef`].
#[derive(Clone, Copy)]
#[repr(C)]
#[allow(missing_debug_implementations, reason = "nobody knows which one it is")]
pub union ResultRefValue<T: Copy, E: Copy> {
    /// If `is_ok` is 1.
    pub ok: T,
    /// If it is 0.
    pub err: E,
}

// SAFETY: repr(C), of views; `is_ok` is a number.
unsafe impl<T: View, E: View> View for ResultRef<T, E> {
    const FORM: Form = Form {
        size: size_of::<Self>(),
        kind: Kind::OneOf {
            tag_size: 1,
            parts: &[
                Some((offset_of!(Self, value), E::FORM)),
                Some((offset_of!(Self, value), T::FORM)),
            ],
        },
    };
}

impl<T: Copy, E: Copy> fmt::Debug for ResultRef<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultRef").field("is_ok", &self.is_ok).finish_non_exhaustive()
    }
}

// SAFETY: `AS_IS` is false.
unsafe impl<T: ToRef, E: ToRef> ToRef for Result<T, E> {
    const MEM_TYPE: MemType = T::MEM_TYPE.max(E::MEM_TYPE);
    const AS_IS: bool = false;
    const SHAPE: u64 = Shape::new("result").number(T::SHAPE).number(E::SHAPE).value();
    type Ref<'a>
        = ResultRef<T::Ref<'a>, E::Ref<'a>>
    where
        Self: 'a;

    #[inline]
    fn to_size(&self, size: &mut usize) {
        match self {
            Ok(value) => value.to_size(size),
            Err(error) => error.to_size(size),
        }
    }

    #[inline]
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
        // SAFETY: any bits are a view, so zeros are; and none stay uninitialised.
        let mut view: Self::Ref<'a> = unsafe { zeroed() };
        match self {
            Ok(value) => (view.is_ok, view.value.ok) = (1, value.to_ref(buffer)),
            Err(error) => view.value.err = error.to_ref(buffer),
        }
        view
    }
}

// SAFETY: `PLAIN` is false.
unsafe impl<T: FromRef, E: FromRef> FromRef for Result<T, E> {
    const PLAIN: bool = false;

    #[inline]
    fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
        match bool::from_ref(&view.is_ok).in_field("is_ok")? {
            // SAFETY: any bits are a view.
            true => T::from_ref(unsafe { &view.value.ok }).in_field("ok").map(Ok),
            // SAFETY: as above.
            false => E::from_ref(unsafe { &view.value.err }).in_field("err").map(Err),
        }
    }
}
