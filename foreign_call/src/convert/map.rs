//! Maps: a list of pairs, in the map's order. Keys that come twice are an error.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use super::buffer::add_list;
use super::inline::Tuple2Ref;
use super::{ConvertError, FromRef, In, ListRef, MemType, Problem, ToRef, Writer};
use crate::shape::Shape;

macro_rules! map {
    ([$($out:tt)*] [$($in:tt)*] $map:ty, [$($bounds:tt)*]) => {
        // SAFETY: `AS_IS` is false.
        unsafe impl<K: ToRef, V: ToRef, $($out)*> ToRef for $map {
            const MEM_TYPE: MemType = MemType::Complex;
            const AS_IS: bool = false;
            const SHAPE: u64 = Shape::new("map").number(K::SHAPE).number(V::SHAPE).value();
            type Ref<'a> = ListRef<'a, Tuple2Ref<K::Ref<'a>, V::Ref<'a>>> where Self: 'a;

            fn to_size(&self, size: &mut usize) {
                add_list::<Tuple2Ref<K::Ref<'_>, V::Ref<'_>>>(size, self.len());
                if K::MEM_TYPE.max(V::MEM_TYPE).is_complex() {
                    for (key, value) in self {
                        key.to_size(size);
                        value.to_size(size);
                    }
                }
            }

            fn to_ref<'a>(&'a self, buffer: &mut Writer<'a>) -> Self::Ref<'a> {
                buffer.list_with(self.iter(), |(key, value), buffer| Tuple2Ref {
                    f0: key.to_ref(buffer),
                    f1: value.to_ref(buffer),
                })
            }
        }

        // SAFETY: `PLAIN` is false.
        unsafe impl<K: FromRef + $($bounds)*, V: FromRef, $($in)*> FromRef for $map {
            const PLAIN: bool = false;

            fn from_ref(view: &Self::Ref<'_>) -> Result<Self, ConvertError> {
                let mut map = <$map>::default();
                for (index, pair) in view.get()?.iter().enumerate() {
                    let key = K::from_ref(&pair.f0).in_field("key").at(index)?;
                    let value = V::from_ref(&pair.f1).in_field("value").at(index)?;
                    if map.insert(key, value).is_some() {
                        return Err(ConvertError::new(Problem::DuplicateKey)).at(index);
                    }
                }
                Ok(map)
            }
        }
    };
}

map!([S: BuildHasher] [S: BuildHasher + Default + 'static] HashMap<K, V, S>, [Eq + Hash]);
map!([] [] BTreeMap<K, V>, [Ord]);
