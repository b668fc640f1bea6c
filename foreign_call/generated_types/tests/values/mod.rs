//! Values of every type, and when two of them are the same.

mod trips;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::{BuildHasher, Hash};

use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;
use proptest::result::maybe_ok;

pub(crate) use trips::Trips;

/// What the generated types and all that they are made of have.
pub(crate) trait Value: Clone + Debug + 'static {
    /// Any of them. What is nested stays small.
    fn any() -> BoxedStrategy<Self>;

    /// As `==`, but for floats bit by bit: a NaN is the same as itself, and 0 is not -0.
    fn same(&self, other: &Self) -> bool;
}

macro_rules! plain {
    ($($ty:ty)*) => { $(
        impl Value for $ty {
            fn any() -> BoxedStrategy<$ty> {
                any::<$ty>().boxed()
            }

            fn same(&self, other: &$ty) -> bool {
                self == other
            }
        }
    )* };
}

plain!(() u8 u16 u32 u64 usize i8 i16 i32 i64 isize bool char);

macro_rules! float {
    ($($ty:ty, $bits:ty;)*) => { $(
        impl Value for $ty {
            fn any() -> BoxedStrategy<$ty> {
                prop_oneof![any::<$ty>(), any::<$bits>().prop_map(<$ty>::from_bits)].boxed()
            }

            fn same(&self, other: &$ty) -> bool {
                self.to_bits() == other.to_bits()
            }
        }
    )* };
}

float!(f32, u32; f64, u64;);

impl Value for String {
    fn any() -> BoxedStrategy<String> {
        let usual = ".{0,8}".prop_map(String::from);
        let unusual = "[\0\u{7f}\u{80}\u{7ff}\u{800}\u{feff}\u{ffff}\u{10000}\u{10ffff}]{0,4}";
        prop_oneof![usual, unusual.prop_map(String::from)].boxed()
    }

    fn same(&self, other: &String) -> bool {
        self == other
    }
}

impl<T: Value> Value for Vec<T> {
    fn any() -> BoxedStrategy<Vec<T>> {
        vec(T::any(), 0..4).boxed()
    }

    fn same(&self, other: &Vec<T>) -> bool {
        self.len() == other.len() && self.iter().zip(other).all(|(one, other)| one.same(other))
    }
}

impl<T: Value, const N: usize> Value for [T; N] {
    fn any() -> BoxedStrategy<[T; N]> {
        vec(T::any(), N).prop_map(|items| items.try_into().expect("as many")).boxed()
    }

    fn same(&self, other: &[T; N]) -> bool {
        self.iter().zip(other).all(|(one, other)| one.same(other))
    }
}

impl<T: Value> Value for Option<T> {
    fn any() -> BoxedStrategy<Option<T>> {
        proptest::option::of(T::any()).boxed()
    }

    fn same(&self, other: &Option<T>) -> bool {
        match (self, other) {
            (Some(one), Some(other)) => one.same(other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl<T: Value, E: Value> Value for Result<T, E> {
    fn any() -> BoxedStrategy<Result<T, E>> {
        maybe_ok(T::any(), E::any()).boxed()
    }

    fn same(&self, other: &Result<T, E>) -> bool {
        match (self, other) {
            (Ok(one), Ok(other)) => one.same(other),
            (Err(one), Err(other)) => one.same(other),
            _ => false,
        }
    }
}

impl<K: Value + Eq + Hash, V: Value, S> Value for HashMap<K, V, S>
where
    S: BuildHasher + Default + Clone + 'static,
{
    fn any() -> BoxedStrategy<HashMap<K, V, S>> {
        hash_map(K::any(), V::any(), 0..4).prop_map(|map| map.into_iter().collect()).boxed()
    }

    fn same(&self, other: &HashMap<K, V, S>) -> bool {
        let there = |(key, one): (&K, &V)| other.get(key).is_some_and(|other| one.same(other));
        self.len() == other.len() && self.iter().all(there)
    }
}

impl<K: Value + Ord, V: Value> Value for BTreeMap<K, V> {
    fn any() -> BoxedStrategy<BTreeMap<K, V>> {
        btree_map(K::any(), V::any(), 0..4).boxed()
    }

    fn same(&self, other: &BTreeMap<K, V>) -> bool {
        let there = |(key, one): (&K, &V)| other.get(key).is_some_and(|other| one.same(other));
        self.len() == other.len() && self.iter().all(there)
    }
}

macro_rules! tuple {
    ($($ty:ident $at:tt),*) => {
        impl<$($ty: Value),*> Value for ($($ty,)*) {
            fn any() -> BoxedStrategy<($($ty,)*)> {
                ($($ty::any(),)*).boxed()
            }

            fn same(&self, other: &($($ty,)*)) -> bool {
                $(self.$at.same(&other.$at))&&*
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
