//! Makes views of bytes: of every type, with faults, and with an account of the faults.
//!
//! A pointer is null, misaligned, or leads to memory that is there: one that leads anywhere else is
//! outside of what C may do. Each list is a block of its own, exactly as long as it says, so that
//! AddressSanitizer sees a read behind its end.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::hash::Hash;
use std::mem::MaybeUninit;
use std::ptr;

use foreign_call::convert::{
    Buffer, OptionRef, Problem, ResultRef, ResultRefValue, Tuple2Ref, Tuple3Ref, Tuple8Ref, View,
};
use foreign_call::{FromRef, ListRef, StringRef};

mod types;

/// Bytes that choose; zeros when they are used up.
pub(super) struct Source<'a> {
    bytes: std::slice::Iter<'a, u8>,
    /// What the views point to.
    kept: Vec<Box<dyn Any>>,
    /// Where the next view lies in the outermost one.
    path: Vec<String>,
    /// Where faults lie, in the order in which a reader finds them.
    pub(super) faults: Vec<String>,
}

impl<'a> Source<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Source<'a> {
        Source { bytes: bytes.iter(), kept: vec![], path: vec![], faults: vec![] }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn number(&mut self) -> u64 {
        u64::from_le_bytes(std::array::from_fn(|_| self.byte()))
    }

    fn fault(&mut self) {
        self.faults.push(self.path.join(".").replace(".[", "["));
    }

    /// One of so many variants, or none of them.
    fn tag(&mut self, variants: u32) -> u32 {
        match self.byte() {
            255 => {
                self.fault();
                variants.saturating_add(self.number() as u32)
            }
            byte => u32::from(byte) % variants,
        }
    }

    /// A part of the view that is made just now.
    fn part<T>(&mut self, name: &str, make: impl FnOnce(&mut Source<'_>) -> T) -> T {
        self.path.push(name.to_owned());
        let part = make(self);
        self.path.pop();
        part
    }

    fn list<V: View + 'static>(
        &mut self,
        make: impl Fn(&mut Source<'_>) -> V,
    ) -> ListRef<'static, V> {
        let kind = self.byte();
        let wrong = kind >= 250 && (kind < 254 || align_of::<V>() > 1);
        if wrong {
            self.fault();
        }
        let count = usize::from(self.byte() % 4) + usize::from(wrong);
        let items: Vec<V> = (0..count).map(|at| self.part(&format!("[{at}]"), &make)).collect();
        let items = items.into_boxed_slice();
        let first = items.as_ptr();
        self.kept.push(Box::new(items));
        let (pointer, count) = match kind {
            250..252 => (ptr::null(), count),
            252 => (first, usize::MAX),
            253 => (first, isize::MAX as usize / size_of::<V>() + 1),
            254.. if wrong => (first.wrapping_byte_add(1), count),
            // An empty one may have any pointer.
            245..250 if count == 0 => (ptr::without_provenance(self.number() as usize), 0),
            _ => (first, count),
        };
        // SAFETY: null, misaligned, longer than memory, or `kept`, which lives longer than the view
        // is used.
        unsafe { ListRef::from_raw_parts(pointer, count) }
    }
}

/// A type whose views can be made of bytes.
pub(super) trait Fuzzed: FromRef + 'static {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static>;
}

/// What is read of a view made of these bytes is the first fault, or a value where there is none.
pub(super) fn judge<T: Fuzzed + Debug>(bytes: &[u8]) {
    let mut source = Source::new(bytes);
    let view = T::view(&mut source);
    match T::from_ref(&view) {
        Ok(value) => {
            assert_eq!(source.faults.first(), None, "it was taken: {value:?}");
            let mut buffer = Buffer::for_value(&value);
            let again = T::from_ref(&value.to_ref(&mut buffer.writer()));
            assert!(again.is_ok(), "{again:?}, which was {value:?}");
        }
        // Among so few keys, two are often the same.
        Err(error) if *error.problem() == Problem::DuplicateKey => {}
        Err(error) => assert_eq!(Some(&error.path()), source.faults.first()),
    }
}

/// Bits that nobody may follow: a pointer that is misaligned, or a list longer than memory.
fn spoiled<V: View>() -> V {
    let mut view = MaybeUninit::uninit();
    // SAFETY: it is ours.
    unsafe { ptr::write_bytes(view.as_mut_ptr(), 0xff, 1) };
    // SAFETY: any bits are a view.
    unsafe { view.assume_init() }
}

macro_rules! numbers {
    ($($number:ident)*) => { $(
        impl Fuzzed for $number {
            fn view(source: &mut Source<'_>) -> $number {
                source.number() as $number
            }
        }
    )* };
}

numbers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize f32 f64);

impl Fuzzed for bool {
    fn view(source: &mut Source<'_>) -> u8 {
        let byte = source.byte();
        if byte < 250 {
            return byte % 2;
        }
        source.fault();
        byte
    }
}

impl Fuzzed for char {
    fn view(source: &mut Source<'_>) -> u32 {
        let number = match source.byte() {
            byte @ 0..250 => u32::from(byte) << 8,
            250 => 0xd800 + source.number() as u32 % 0x800,
            251 => 0x11_0000,
            _ => source.number() as u32,
        };
        if char::from_u32(number).is_none() {
            source.fault();
        }
        number
    }
}

impl Fuzzed for () {
    fn view(source: &mut Source<'_>) -> u8 {
        source.byte()
    }
}

impl Fuzzed for String {
    fn view(source: &mut Source<'_>) -> StringRef<'static> {
        const GOOD: [&str; 4] = ["", "a\0b", "text", "\u{1f300}"];
        const BAD: [&[u8]; 4] = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"ab\xf0\x9f"];
        let faults = source.faults.len();
        // Letters, or one of these texts: now and then a bad one.
        let kind = usize::from(source.byte());
        let at = kind / 2 % 4;
        let text = if kind < 248 { GOOD[at].as_bytes() } else { BAD[at] };
        let bytes = source.list(|source| source.byte() % 128);
        let whole = source.faults.len() == faults;
        if kind % 2 == 0 || !whole {
            return StringRef::from_bytes(bytes);
        }
        if std::str::from_utf8(text).is_err() {
            source.fault();
        }
        let text: Box<[u8]> = text.into();
        // SAFETY: `kept`.
        let bytes = unsafe { ListRef::from_raw_parts(text.as_ptr(), text.len()) };
        source.kept.push(Box::new(text));
        StringRef::from_bytes(bytes)
    }
}

impl<T: Fuzzed> Fuzzed for Vec<T> {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        source.list(T::view)
    }
}

impl<T: Fuzzed, const N: usize> Fuzzed for [T; N] {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        std::array::from_fn(|at| source.part(&format!("[{at}]"), T::view))
    }
}

impl<T: Fuzzed> Fuzzed for Option<T> {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        match source.part("is_some", bool::view) {
            1 => OptionRef { is_some: 1, some: source.part("some", T::view) },
            is_some => OptionRef { is_some, some: spoiled() },
        }
    }
}

impl<T: Fuzzed, E: Fuzzed> Fuzzed for Result<T, E> {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        let is_ok = source.part("is_ok", bool::view);
        let mut value: ResultRefValue<T::Ref<'static>, E::Ref<'static>> =
            spoiled::<Self::Ref<'static>>().value;
        match is_ok {
            1 => value.ok = source.part("ok", T::view),
            0 => value.err = source.part("err", E::view),
            _ => {}
        }
        ResultRef { is_ok, value }
    }
}

fn pair<K: Fuzzed, V: Fuzzed>(
    source: &mut Source<'_>,
) -> Tuple2Ref<K::Ref<'static>, V::Ref<'static>> {
    Tuple2Ref { f0: source.part("key", K::view), f1: source.part("value", V::view) }
}

impl<K: Fuzzed + Eq + Hash, V: Fuzzed> Fuzzed for HashMap<K, V> {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        source.list(pair::<K, V>)
    }
}

impl<K: Fuzzed + Ord, V: Fuzzed> Fuzzed for BTreeMap<K, V> {
    fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
        source.list(pair::<K, V>)
    }
}

macro_rules! tuples {
    ($($view:ident: $($field:ident $type:ident $index:tt),*;)*) => { $(
        impl<$($type: Fuzzed),*> Fuzzed for ($($type,)*) {
            fn view(source: &mut Source<'_>) -> Self::Ref<'static> {
                $view { $($field: source.part(stringify!($index), $type::view)),* }
            }
        }
    )* };
}

tuples! {
    Tuple2Ref: f0 A 0, f1 B 1;
    Tuple3Ref: f0 A 0, f1 B 1, f2 C 2;
    Tuple8Ref: f0 A 0, f1 B 1, f2 C 2, f3 D 3, f4 E 4, f5 F 5, f6 G 6, f7 H 7;
}
