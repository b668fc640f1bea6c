use super::{ConvertError, Form, MemType, Writer};

/// What may lie in memory that the other language writes.
///
/// # Safety
///
/// The type is `repr(C)` (or a number), has no `Drop`, needs an alignment of at most 8, is not of
/// size zero, and every pattern of initialised bits is a valid value of it: so a `u8` for a `bool`,
/// and a pointer and a length for a slice. What a pointer in it points to lives as long as the
/// view's lifetime says. [`FORM`](View::FORM) is true: it has the view's size, it names each pointer
/// that has to be followed and no other, and no padding counts as a number.
pub unsafe trait View: Copy {
    /// What it is made of.
    const FORM: Form;
}

/// A value that has a view: it can be an argument. Written by `#[derive(R2G)]`.
///
/// # Safety
///
/// Where [`AS_IS`](ToRef::AS_IS) is true, the memory of a value may be read as that of its view.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be passed to another language",
    label = "has no view",
    note = "derive `foreign_call::R2G` for it, if it is yours"
)]
pub unsafe trait ToRef {
    /// How much memory the view needs.
    const MEM_TYPE: MemType;
    /// Whether a value lies in memory exactly as its view does.
    const AS_IS: bool;
    /// The type's part in its interface's number.
    const SHAPE: u64;
    /// What the peer sees, for as long as `'a`.
    type Ref<'a>: View
    where
        Self: 'a;

    /// Adds what [`to_ref`](ToRef::to_ref) will take from the buffer, in bytes.
    fn to_size(&self, size: &mut usize);

    /// The view, with whatever it needs in the buffer.
    ///
    /// # Panics
    ///
    /// If the buffer is smaller than [`to_size`](ToRef::to_size) said.
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a>;
}

/// A value that can be made from its view, so it can be an answer. Written by `#[derive(R2G)]`.
///
/// # Safety
///
/// Where [`PLAIN`](FromRef::PLAIN) is true, so is [`AS_IS`](ToRef::AS_IS), and every view is a valid
/// value if its bytes are copied.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't come from another language",
    label = "can't be made from a view",
    note = "derive `foreign_call::R2G` for it, if it is yours"
)]
pub unsafe trait FromRef: ToRef + Sized {
    /// Whether the bytes of a view can be taken as they are, with nothing to check.
    const PLAIN: bool;

    /// Copies and checks.
    ///
    /// # Errors
    ///
    /// A [`ConvertError`], for what is no value of this type.
    fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError>;
}
