//! A value, its view, and the value again: over generated values of every kind of type.

use std::collections::{BTreeMap, HashMap};

use foreign_call::convert::Buffer;
use foreign_call::{FromRef, MemType, R2G, ToRef};
use proptest::collection::{btree_map, hash_map, vec};
use proptest::prelude::*;

#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
struct Point {
    x: f64,
    name: char,
    visible: bool,
}

/// The same, but only Rust knows how it lies.
#[derive(R2G, Debug, Clone, PartialEq)]
struct Loose {
    small: u8,
    large: u64,
    middle: u16,
}

/// Nothing in it that would have to be checked.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
struct Pair(u8, i32);

#[derive(R2G, Debug, Clone, PartialEq)]
struct User {
    name: String,
    age: u8,
    r#type: Colour,
}

#[derive(R2G, Debug, Clone, Copy, PartialEq)]
enum Colour {
    Red,
    Green,
    Blue,
}

#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(u32)]
enum Level {
    Low,
    High,
}

#[derive(R2G, Debug, Clone, PartialEq)]
enum Figure {
    Nothing,
    Circle(f64),
    Polygon { points: Vec<Point>, label: Option<String> },
    Group(Vec<User>, (u8, String)),
}

#[derive(R2G, Debug, Clone, PartialEq)]
struct All {
    numbers: (u8, u16, u32, u64, i8, i16, i32, i64),
    sizes: (usize, isize, f32),
    users: Vec<User>,
    bytes: Vec<u8>,
    loose: Vec<Loose>,
    pairs: Vec<Pair>,
    levels: Vec<Level>,
    lists: Vec<Vec<String>>,
    array: [Figure; 3],
    result: Result<Figure, String>,
    unit: Result<(), Colour>,
    option: Option<Option<Loose>>,
    by_name: HashMap<String, Vec<u32>>,
    by_number: BTreeMap<i64, User>,
}

/// Through the view and back, with a buffer that is used to its end.
fn round_trip<T: FromRef>(value: &T) -> T {
    let mut size = 0;
    value.to_size(&mut size);
    let mut buffer = Buffer::new(size);
    let mut writer = buffer.writer();
    let view = value.to_ref(&mut writer);
    assert_eq!(writer.room(), 0, "the size was computed exactly");
    T::from_ref(&view).expect("what Rust sends is valid")
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), Just("a\0b".to_owned()), ".{0,8}", "[\u{1f300}-\u{1f5ff}]{3}"]
}

fn colour() -> impl Strategy<Value = Colour> {
    prop_oneof![Just(Colour::Red), Just(Colour::Green), Just(Colour::Blue)]
}

fn user() -> impl Strategy<Value = User> {
    (text(), any::<u8>(), colour()).prop_map(|(name, age, r#type)| User { name, age, r#type })
}

fn point() -> impl Strategy<Value = Point> {
    let numbers = any::<f64>().prop_filter("NaN is not equal to itself", |x| !x.is_nan());
    (numbers, any::<char>(), any::<bool>()).prop_map(|(x, name, visible)| Point {
        x,
        name,
        visible,
    })
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
        (vec(user(), 0..3), (any::<u8>(), text())).prop_map(|(users, it)| Figure::Group(users, it)),
    ]
}

fn level() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::Low), Just(Level::High)]
}

prop_compose! {
    fn all()(
        numbers in any::<(u8, u16, u32, u64, i8, i16, i32, i64)>(),
        sizes in (any::<usize>(), any::<isize>(), 0.0_f32..1e30),
        users in vec(user(), 0..4),
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
            btree_map(any::<i64>(), user(), 0..4),
        ),
    ) -> All {
        All { numbers, sizes, users, bytes, loose, pairs, levels, lists, array, result, unit, option,
            by_name, by_number }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_value_comes_back_as_it_went(value in all()) {
        prop_assert_eq!(round_trip(&value), value);
    }
}

#[test]
fn memory_types_follow_the_two_rules() {
    use MemType::{Complex, Primitive, SimpleWrapper};
    assert_eq!(<(u16, Point)>::MEM_TYPE, Primitive);
    assert_eq!(<(u16, String)>::MEM_TYPE, SimpleWrapper);
    assert_eq!(<(u16, String, Vec<String>)>::MEM_TYPE, Complex);
    assert_eq!(Vec::<u8>::MEM_TYPE, SimpleWrapper);
    assert_eq!(Vec::<Vec<u8>>::MEM_TYPE, Complex);
    assert_eq!(Vec::<User>::MEM_TYPE, Complex);
    assert_eq!(Vec::<Point>::MEM_TYPE, SimpleWrapper, "repr(C): by reference");
    assert_eq!(Vec::<Loose>::MEM_TYPE, Complex, "without: field by field");
    assert_eq!(Vec::<[Point; 2]>::MEM_TYPE, SimpleWrapper);
    assert_eq!(Vec::<Level>::MEM_TYPE, SimpleWrapper, "repr(u32)");
    assert_eq!(Vec::<Colour>::MEM_TYPE, Complex);
}

#[test]
fn a_long_list_of_structs_goes_by_reference() {
    let points = vec![Point { x: 0.5, name: 'x', visible: true }; 1_000_000];
    let mut size = 0;
    points.to_size(&mut size);
    assert_eq!(size, 0);
    let mut buffer = Buffer::new(size);
    let view = points.to_ref(&mut buffer.writer());
    let views = view.get().expect("a list of Rust's");
    assert_eq!(views.as_ptr().addr(), points.as_ptr().addr());
    assert_eq!((views.len(), views[999_999].name), (1_000_000, 'x'.into()));
}

#[test]
fn what_is_empty_has_a_null_pointer() {
    let (text, list) = (String::new(), Vec::<u64>::new());
    let mut buffer = Buffer::new(0);
    let mut writer = buffer.writer();
    assert_eq!(format!("{:?}", text.to_ref(&mut writer)), "StringRef(ListRef(0x0, 0))");
    assert_eq!(format!("{:?}", list.to_ref(&mut writer)), "ListRef(0x0, 0)");
}
