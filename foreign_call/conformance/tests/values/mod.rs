//! Values of every type.

use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;

use super::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("a\0b".to_owned()), ".{0,8}", "[\u{1f300}-\u{1f5ff}]{3}"]
}

fn colour() -> impl Strategy<Value = Colour> {
    prop_oneof![Just(Colour::Red), Just(Colour::Green), Just(Colour::Blue)]
}

fn keywords() -> impl Strategy<Value = Keywords> {
    let any = (any::<i32>(), colour(), text());
    any.prop_map(|(int, r#struct, default)| Keywords { int, r#struct, default })
}

fn point() -> impl Strategy<Value = Point> {
    let any = (-1e300..1e300, any::<char>(), any::<bool>());
    any.prop_map(|(x, name, visible)| Point { x, name, visible })
}

fn loose() -> impl Strategy<Value = Loose> {
    let any = (any::<u8>(), any::<u64>(), any::<u16>());
    any.prop_map(|(small, large, middle)| Loose { small, large, middle })
}

fn figure() -> impl Strategy<Value = Figure> {
    prop_oneof![
        Just(Figure::Nothing),
        (0.0..1e300).prop_map(Figure::Circle),
        (vec(point(), 0..4), proptest::option::of(text()))
            .prop_map(|(points, label)| Figure::Polygon { points, label }),
        (vec(keywords(), 0..3), (any::<u8>(), text())).prop_map(|(a, b)| Figure::Group(a, b)),
    ]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Low), Just(Level::High)]
}

/// Bytes of any length up to a few megabytes: short ones as often as long ones.
pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let length = (0_u32..23).prop_flat_map(|bits| 0..(1_usize << bits));
    let repeat = |(length, seed): (usize, u64)| -> Vec<u8> {
        (0..length as u64).map(|at| (at.wrapping_mul(seed | 1) >> 7).to_le_bytes()[0]).collect()
    };
    (length, any::<u64>()).prop_map(repeat)
}

/// Up to a hundred thousand structs, likewise.
pub(super) fn points() -> impl Strategy<Value = Vec<Point>> {
    let length = (0_u32..18).prop_flat_map(|bits| 0..(1_usize << bits));
    let repeat =
        |(some, length): (Vec<Point>, usize)| some.into_iter().cycle().take(length).collect();
    (vec(point(), 1..8), length).prop_map(repeat)
}

prop_compose! {
    /// All types at once.
    pub(super) fn all()(
        numbers in any::<(u8, u16, u32, u64, i8, i16, i32, i64)>(),
        sizes in (any::<usize>(), any::<isize>(), 0.0_f32..1e30),
        keywords in vec(keywords(), 0..4),
        bytes in vec(any::<u8>(), 0..40),
        loose in vec(loose(), 0..4),
        pairs in vec(any::<(u8, i32)>().prop_map(|(a, b)| Pair(a, b)), 0..4),
        levels in vec(level(), 0..4),
        lists in vec(vec(text(), 0..3), 0..3),
        array in [figure(), figure(), figure()],
        (result, unit) in (
            prop_oneof![figure().prop_map(Ok), text().prop_map(Err)],
            prop_oneof![Just(Ok(())), colour().prop_map(Err)],
        ),
        option in proptest::option::of(proptest::option::of(loose())),
        (by_name, by_number) in (
            hash_map(text(), vec(any::<u32>(), 0..3), 0..4),
            btree_map(any::<i64>(), keywords(), 0..4),
        ),
    ) -> All {
        All { numbers, sizes, keywords, bytes, loose, pairs, levels, lists, array, result, unit,
            option, by_name, by_number }
    }
}
