//! Views as no honest peer would write them: an error that names the field, and nothing else.

use std::collections::HashMap;
use std::mem::{MaybeUninit, size_of};

use foreign_call::convert::{Buffer, ConvertError, Problem, Tuple2Ref};
use foreign_call::{FromRef, ListRef, R2G, StringRef, ToRef};
use proptest::prelude::*;

#[derive(R2G, Debug, Clone, PartialEq)]
enum Figure {
    Nothing,
    Circle { radius: f64, filled: bool },
    Name(char),
}

#[derive(R2G, Debug, Clone, PartialEq)]
struct Row {
    figure: Figure,
    flags: [bool; 4],
    letter: Option<char>,
    result: Result<bool, char>,
    number: u16,
}

#[derive(R2G, Debug, Clone, PartialEq)]
struct Table {
    rows: Vec<Row>,
    title: String,
}

fn list<T>(of: &[T]) -> ListRef<'_, T> {
    ListRef::from_slice(of)
}

fn refused<T: FromRef>(view: &T::Ref<'_>) -> (String, Problem) {
    match T::from_ref(view) {
        Ok(_) => panic!("it was taken"),
        Err(error) => (error.path(), error.problem().clone()),
    }
}

#[test]
fn text_that_is_not_utf_8_is_refused_with_its_place() {
    let texts = [StringRef::new("good"), StringRef::from_bytes(list(b"ab\xff"))];
    let (path, problem) = refused::<Vec<String>>(&list(&texts));
    assert_eq!((path.as_str(), problem), ("[1]", Problem::Utf8 { valid_up_to: 2 }));
}

#[test]
fn a_bool_and_a_char_and_a_tag_are_checked() {
    assert_eq!(refused::<Vec<bool>>(&list(&[0, 1, 2])), ("[2]".into(), Problem::Bool(2)));
    assert_eq!(refused::<char>(&0xdfff), (String::new(), Problem::Char(0xdfff)));
    let figure = Figure::Nothing;
    let mut buffer = Buffer::new(0);
    let mut view = figure.to_ref(&mut buffer.writer());
    view.tag = 3;
    assert_eq!(refused::<Figure>(&view).1, Problem::Tag { tag: 3, of: "Figure" });
}

#[test]
fn the_error_names_the_field_from_the_outside_in() {
    let row = Row {
        figure: Figure::Circle { radius: 1.0, filled: true },
        flags: [true; 4],
        letter: None,
        result: Ok(true),
        number: 7,
    };
    let mut buffer = Buffer::for_value(&row);
    let mut view = row.to_ref(&mut buffer.writer());
    view.figure.value.Circle.filled = 9;
    let views = [view];
    let error = Vec::<Row>::from_ref(&list(&views)).unwrap_err();
    assert_eq!(error.to_string(), "at `[0].figure.Circle.filled`: 9 is no bool");

    view.figure.tag = 0;
    view.flags[3] = 5;
    assert_eq!(Row::from_ref(&view).unwrap_err().path(), "flags[3]");
    view.flags[3] = 0;
    view.letter.is_some = 1;
    view.letter.some = 0x11_0000;
    assert_eq!(Row::from_ref(&view).unwrap_err().path(), "letter.some");
}

#[test]
fn a_list_that_cannot_lie_there_is_refused() {
    let raw = |address: usize, length| {
        // SAFETY: null or misaligned, or longer than memory: never followed.
        unsafe { ListRef::<u64>::from_raw_parts(std::ptr::without_provenance(address), length) }
    };
    assert_eq!(refused::<Vec<u64>>(&raw(0, 1)).1, Problem::Null);
    assert_eq!(refused::<Vec<u64>>(&raw(12, 1)).1, Problem::Misaligned);
    assert_eq!(refused::<Vec<u64>>(&raw(8, 1 << 60)).1, Problem::TooLong(1 << 60));
    assert_eq!(Vec::<u64>::from_ref(&raw(12, 0)), Ok(Vec::new()), "an empty one lies anywhere");
}

#[test]
fn a_key_that_comes_twice_is_refused() {
    let pair = Tuple2Ref { f0: 1_u8, f1: 2_u16 };
    let (path, problem) = refused::<HashMap<u8, u16>>(&list(&[pair, pair]));
    assert_eq!((path.as_str(), problem), ("[1]", Problem::DuplicateKey));
}

/// A view of these bytes, whatever they are. It holds no pointers.
fn view_of(bytes: &[u8]) -> <Row as ToRef>::Ref<'static> {
    assert_eq!(bytes.len(), size_of::<<Row as ToRef>::Ref<'static>>());
    let mut view = MaybeUninit::<<Row as ToRef>::Ref<'static>>::uninit();
    // SAFETY: as long as the view, and it is ours.
    unsafe { view.as_mut_ptr().cast::<u8>().copy_from(bytes.as_ptr(), bytes.len()) };
    // SAFETY: any bits are a view, as `View` promises.
    unsafe { view.assume_init() }
}

proptest! {
    #[test]
    fn any_bytes_are_a_value_or_an_error(
        bytes in prop::collection::vec(
            prop_oneof![0_u8..4, any::<u8>()],
            size_of::<<Row as ToRef>::Ref<'static>>(),
        ),
    ) {
        let view = view_of(&bytes);
        let table = Row::from_ref(&view).map(|row| vec![row.clone(), row]);
        if let Ok(rows) = table {
            let table = Table { rows, title: String::from("as it came") };
            let mut buffer = Buffer::for_value(&table);
            let again = Table::from_ref(&table.to_ref(&mut buffer.writer()));
            prop_assert_eq!(format!("{again:?}"), format!("{:?}", Ok::<_, ConvertError>(table)));
        }
    }
}
