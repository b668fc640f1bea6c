//! Arrays and tuples: what lies side by side in the view itself.

use std::mem::offset_of;

use super::{ConvertError, Form, FromRef, In, Kind, MemType, ToRef, View, Writer};
use crate::shape::Shape;

// SAFETY: elements side by side; C has no arrays of none, so `N` is checked where it is used.
unsafe impl<T: View, const N: usize> View for [T; N] {
    const FORM: Form =
        Form { size: size_of::<[T; N]>(), kind: Kind::Repeated { count: N, item: &T::FORM } };
}

// SAFETY: an array is as its elements are.
unsafe impl<T: ToRef, const N: usize> ToRef for [T; N] {
    const MEM_TYPE: MemType = T::MEM_TYPE;
    const AS_IS: bool = T::AS_IS;
    const SHAPE: u64 = {
        assert!(N > 0, "C has no arrays without elements");
        Shape::new("array").number(T::SHAPE).number(N as u64).value()
    };
    type Ref<'a>
        = [T::Ref<'a>; N]
    where
        Self: 'a;

    #[inline]
    fn to_size(&self, size: &mut usize) {
        if Self::MEM_TYPE.is_complex() {
            self.iter().for_each(|item| item.to_size(size));
        }
    }

    #[inline]
    fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
        std::array::from_fn(|index| self[index].to_ref(buffer))
    }
}

// SAFETY: an array is as its elements are.
unsafe impl<T: FromRef, const N: usize> FromRef for [T; N] {
    const PLAIN: bool = T::PLAIN;

    #[inline]
    fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
        let mut wrong = None;
        let items: [Option<T>; N] = std::array::from_fn(|index| {
            if wrong.is_some() {
                return None;
            }
            T::from_ref(&view[index]).at(index).map_err(|error| wrong = Some(error)).ok()
        });
        match wrong {
            Some(error) => Err(error),
            None => Ok(items.map(|item| item.expect("none was wrong"))),
        }
    }
}

macro_rules! tuple {
    ($view:ident: $($field:ident $type:ident $index:tt),*) => {
        /// A tuple as the other language sees it.
        #[derive(Debug, Clone, Copy)]
        #[repr(C)]
        pub struct $view<$($type),*> { $(
            /// In its place.
            pub $field: $type,
        )* }

        // SAFETY: repr(C), of views.
        unsafe impl<$($type: View),*> View for $view<$($type),*> {
            const FORM: Form = Form {
                size: size_of::<Self>(),
                kind: Kind::All { parts: &[$((offset_of!(Self, $field), $type::FORM)),*] },
            };
        }

        // SAFETY: `AS_IS` is false: only Rust knows how a tuple lies.
        unsafe impl<$($type: ToRef),*> ToRef for ($($type,)*) {
            const MEM_TYPE: MemType = MemType::Primitive$(.max($type::MEM_TYPE))*;
            const AS_IS: bool = false;
            const SHAPE: u64 = Shape::new("tuple")$(.number($type::SHAPE))*.value();
            type Ref<'a> = $view<$($type::Ref<'a>),*> where Self: 'a;

            #[inline]
            fn to_size(&self, size: &mut usize) {
                $(self.$index.to_size(size);)*
            }

            #[inline]
            fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
                $view { $($field: self.$index.to_ref(buffer)),* }
            }
        }

        // SAFETY: `PLAIN` is false.
        unsafe impl<$($type: FromRef),*> FromRef for ($($type,)*) {
            const PLAIN: bool = false;

            #[inline]
            fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
                Ok(($($type::from_ref(&view.$field).in_field(stringify!($index))?,)*))
            }
        }
    };
}

tuple!(Tuple1Ref: f0 A 0);
tuple!(Tuple2Ref: f0 A 0, f1 B 1);
tuple!(Tuple3Ref: f0 A 0, f1 B 1, f2 C 2);
tuple!(Tuple4Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3);
tuple!(Tuple5Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3, f4 E 4);
tuple!(Tuple6Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3, f4 E 4, f5 F 5);
tuple!(Tuple7Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3, f4 E 4, f5 F 5, f6 G 6);
tuple!(Tuple8Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3, f4 E 4, f5 F 5, f6 G 6, f7 H 7);
