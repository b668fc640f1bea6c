use super::{ConvertError, Form, FromRef, MemType, Problem, ToRef, View, Writer};
use crate::shape::Shape;

macro_rules! number {
    ($($number:ident)*) => { $(
        // SAFETY: a number, at most 8 bytes long.
        unsafe impl View for $number {
            const FORM: Form = Form::number(size_of::<$number>());
        }

        // SAFETY: its own view.
        unsafe impl ToRef for $number {
            const MEM_TYPE: MemType = MemType::Primitive;
            const AS_IS: bool = true;
            const SHAPE: u64 = Shape::new(stringify!($number)).value();
            type Ref<'a> = $number;

            #[inline]
            fn to_size(&self, _: &mut usize) {}

            #[inline]
            fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> $number {
                *self
            }
        }

        // SAFETY: its own view.
        unsafe impl FromRef for $number {
            const PLAIN: bool = true;

            #[inline]
            fn from_ref(view: &$number) -> Result<$number, ConvertError> {
                Ok(*view)
            }
        }
    )* };
}

number!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);

/// What has fewer values than its view has, so what comes is checked.
macro_rules! checked {
    ($value:ty, $name:literal, $view:ident, $as_is:literal, $to:expr, $from:expr) => {
        // SAFETY: where `AS_IS`, its bytes are those of the number.
        unsafe impl ToRef for $value {
            const MEM_TYPE: MemType = MemType::Primitive;
            const AS_IS: bool = $as_is;
            const SHAPE: u64 = Shape::new($name).value();
            type Ref<'a> = $view;

            #[inline]
            fn to_size(&self, _: &mut usize) {}

            #[inline]
            fn to_ref<'a>(&'a self, _: &mut Writer<'a>) -> $view {
                $to(*self)
            }
        }

        // SAFETY: `PLAIN` is false.
        unsafe impl FromRef for $value {
            const PLAIN: bool = false;

            #[inline]
            fn from_ref(view: &$view) -> Result<$value, ConvertError> {
                $from(*view)
            }
        }
    };
}

checked!(bool, "bool", u8, true, u8::from, |byte| match byte {
    0 => Ok(false),
    1 => Ok(true),
    other => Err(ConvertError::new(Problem::Bool(other))),
});
checked!(char, "char", u32, true, u32::from, |number| {
    char::from_u32(number).ok_or_else(|| ConvertError::new(Problem::Char(number)))
});
// C has no empty structs, so nothing is a byte. What is in it does not matter.
checked!((), "()", u8, false, |()| 0, |_| Ok(()));
