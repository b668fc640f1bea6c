//! The packed form alone: what is packed comes out as it went in, and whatever else is refused.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::pack::Packer;
use super::unpack::Unpacker;
use crate::convert::{ConvertError, Problem};
use crate::{FromRef, R2G, ToRef};

#[derive(R2G, Debug, Clone, PartialEq)]
enum Shape {
    Nothing,
    Texts(Vec<String>, u8),
    Deep { inner: Option<Result<Vec<(u8, String)>, char>>, flags: [bool; 3] },
}

type Value = (u8, Vec<Shape>, BTreeMap<String, Vec<u16>>, Vec<Vec<Vec<u8>>>);

fn shape() -> impl Strategy<Value = Shape> {
    let pairs = vec((any::<u8>(), any::<String>()), 0..3);
    let result = prop_oneof![pairs.prop_map(Ok), any::<char>().prop_map(Err)];
    prop_oneof![
        Just(Shape::Nothing),
        (vec(any::<String>(), 0..3), any::<u8>())
            .prop_map(|(texts, more)| Shape::Texts(texts, more)),
        (proptest::option::of(result), any::<[bool; 3]>())
            .prop_map(|(inner, flags)| Shape::Deep { inner, flags }),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let map = btree_map(any::<String>(), vec(any::<u16>(), 0..4), 0..3);
    let lists = vec(vec(vec(any::<u8>(), 0..9), 0..3), 0..3);
    (any::<u8>(), vec(shape(), 0..4), map, lists)
}

fn packed<T: ToRef>(value: &T) -> Vec<u8> {
    let mut packer = Packer::new([0; 2], usize::MAX);
    packer.value(value);
    packer.finish().expect("there is room")
}

fn unpacked<T: FromRef>(bytes: &[u8]) -> Result<T, ConvertError> {
    let mut words: Vec<u64> = bytes
        .chunks(8)
        .map(|chunk| u64::from_ne_bytes(std::array::from_fn(|at| *chunk.get(at).unwrap_or(&0))))
        .collect();
    let view = Unpacker::new(&mut words, bytes.len(), 16).view::<T::Ref<'_>>()?;
    // SAFETY: all that it leads to was checked, and lies in `words`.
    T::from_ref(unsafe { &*view })
}

proptest! {
    #[test]
    fn what_is_packed_comes_out_as_it_went_in(value in value()) {
        prop_assert_eq!(unpacked::<Value>(&packed(&value)), Ok(value));
    }

    #[test]
    fn bytes_that_were_changed_are_a_value_or_an_error(
        value in value(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = packed(&value);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        // Whatever it is: one way to write it.
        if let Ok(other) = unpacked::<Value>(&bytes) {
            prop_assert_eq!(unpacked::<Value>(&packed(&other)), Ok(other));
        }
        let _cut_somewhere = unpacked::<Value>(&bytes[..cut.index(bytes.len())]);
    }
}

/// A message with such words after its head.
fn message(words: &[u64]) -> Vec<u8> {
    [&[0, 0], words].concat().iter().flat_map(|word| word.to_ne_bytes()).collect()
}

fn misplaced(place: usize, bytes: usize) -> ConvertError {
    ConvertError::new(Problem::Misplaced { place, bytes })
}

#[test]
fn a_list_lies_behind_its_view_and_nowhere_else() {
    let of = |place, length| unpacked::<Vec<u64>>(&message(&[place, length, 7, 8]));
    assert_eq!(of(32, 2), Ok(vec![7, 8]));
    assert_eq!(of(32, 1), Ok(vec![7]));
    assert_eq!(of(12345, 0), Ok(vec![]), "an empty one is nowhere");
    for place in [0, 16, 24, 33, 40, 48, u64::MAX] {
        assert_eq!(of(place, 1), Err(misplaced(place as usize, 8)));
    }
    assert_eq!(of(32, 3), Err(misplaced(32, 24)));
    assert_eq!(of(32, u64::MAX), Err(misplaced(32, usize::MAX)));
}

#[test]
fn lists_that_share_their_elements_are_refused() {
    // Two lists, both said to have the same bytes; one in the other would be a bomb.
    let twice = message(&[32, 2, 64, 1, 64, 1, 9]);
    assert_eq!(unpacked::<Vec<Vec<u64>>>(&twice), Err(misplaced(64, 8)));
    let apart = message(&[32, 2, 64, 1, 72, 1, 9, 10]);
    assert_eq!(unpacked::<Vec<Vec<u64>>>(&apart), Ok(vec![vec![9], vec![10]]));
}

#[test]
fn padding_is_zero() {
    let words = [Some(u64::MAX), None].map(|option| packed(&option));
    assert_eq!(words, [message(&[1, u64::MAX]), message(&[0, 0])]);
}

#[test]
fn what_is_too_long_is_counted_whole() {
    let mut packer = Packer::new([0; 2], 64);
    packer.value(&vec![vec![1_u8; 20], vec![2; 30]]);
    let error = packer.finish().expect_err("it has no room").to_string();
    assert_eq!(error, "a message of 120 bytes, where the ring has room for 64");
}
