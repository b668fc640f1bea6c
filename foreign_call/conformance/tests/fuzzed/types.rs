//! The interfaces' own types, as their declarations stand there.

use std::collections::{BTreeMap, HashMap};

use foreign_call::ToRef;
use foreign_call_conformance::offered::*;
use foreign_call_conformance::*;

use super::{Fuzzed, Source, spoiled};

macro_rules! structs {
    ($($name:ident { $($field:ident: $type:ty),* $(,)? })*) => { $(
        impl Fuzzed for $name {
            fn view(source: &mut Source<'_>) -> <$name as ToRef>::Ref<'static> {
                // The view has no name of its own.
                type View = <$name as ToRef>::Ref<'static>;
                View { $($field: {
                    let name = stringify!($field);
                    source.part(name.trim_start_matches("r#"), <$type as Fuzzed>::view)
                }),* }
            }
        }
    )* };
}

structs! {
    Point { x: f64, name: char, visible: bool }
    Loose { small: u8, large: u64, middle: u16 }
    Pair { f0: u8, f1: i32 }
    Keywords { int: i32, r#struct: Colour, default: String }
    All {
        numbers: (u8, u16, u32, u64, i8, i16, i32, i64),
        sizes: (usize, isize, f32),
        keywords: Vec<Keywords>,
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
        by_number: BTreeMap<i64, Keywords>,
    }
    Row {
        flag: bool,
        letter: char,
        colour: Colour,
        figure: Figure,
        text: String,
        numbers: Vec<u64>,
    }
    Place { line: u32, column: u64 }
    Page {
        url: String,
        tags: Vec<String>,
        place: Option<Place>,
        state: State,
        seen: bool,
    }
}

impl Fuzzed for Colour {
    fn view(source: &mut Source<'_>) -> u32 {
        source.tag(3)
    }
}

impl Fuzzed for Level {
    fn view(source: &mut Source<'_>) -> u32 {
        source.tag(2)
    }
}

impl Fuzzed for Figure {
    fn view(source: &mut Source<'_>) -> <Figure as ToRef>::Ref<'static> {
        let mut view: Self::Ref<'static> = spoiled();
        view.tag = source.tag(4);
        match view.tag {
            1 => view.value.Circle.f0 = source.part("Circle", f64::view),
            2 => source.part("Polygon", |source| {
                view.value.Polygon.points = source.part("points", Vec::<Point>::view);
                view.value.Polygon.label = source.part("label", Option::<String>::view);
            }),
            3 => source.part("Group", |source| {
                view.value.Group.f0 = source.part("f0", Vec::<Keywords>::view);
                view.value.Group.f1 = source.part("f1", <(u8, String)>::view);
            }),
            _ => {}
        }
        view
    }
}

impl Fuzzed for State {
    fn view(source: &mut Source<'_>) -> <State as ToRef>::Ref<'static> {
        let mut view: Self::Ref<'static> = spoiled();
        view.tag = source.tag(2);
        if view.tag == 1 {
            source.part("Old", |source| {
                view.value.Old.age = u64::view(source);
                view.value.Old.why = source.part("why", Vec::<char>::view);
            });
        }
        view
    }
}
