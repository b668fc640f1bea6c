//! Chooses types and functions, the same for the same seed.

use fastrand::Rng;

use crate::names;
use crate::types::*;

/// A peer has so many structs and enums, each in a function, and so many functions besides.
const DEFINITIONS: usize = 16;
const OTHER_FUNCTIONS: usize = 5;

/// A type is made of about so many values at most, its lists with two elements each.
const MOST_VALUES: usize = 60;

const SCALARS: [&str; 14] = [
    "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize", "f32", "f64", "bool",
    "char",
];

const MODES: [Mode; 7] = [
    Mode::Sync,
    Mode::Async,
    Mode::DropSafe,
    Mode::DropSafeRet,
    Mode::Stream,
    Mode::Through,
    Mode::ThroughAsync,
];

pub(crate) fn interface(peer: Peer, seed: u64) -> Interface {
    let mut choice = Choice { rng: Rng::with_seed(seed), peer, definitions: Vec::new() };
    let mut names = choice.some_of(&names::TYPES, DEFINITIONS).into_iter();
    names.by_ref().for_each(|name| {
        let definition = choice.definition(name);
        choice.definitions.push(definition);
    });
    let mut special = choice.some_of(&names::FUNCTIONS, names::FUNCTIONS.len()).into_iter();
    let mut functions = Vec::new();
    for at in 0..DEFINITIONS + OTHER_FUNCTIONS {
        let first = match choice.definitions.get(at) {
            Some(definition) => choice.around(Type::Named(definition.name.clone())),
            None => choice.ty(3),
        };
        let name = match special.next().filter(|_| choice.rng.bool()) {
            Some(name) => name.to_owned(),
            None => format!("f{at}"),
        };
        functions.push(choice.function(name, MODES[at % MODES.len()], first));
    }
    Interface { peer, definitions: choice.definitions, functions }
}

struct Choice {
    rng: Rng,
    peer: Peer,
    definitions: Vec<Definition>,
}

impl Choice {
    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(..all.len())]
    }

    /// So many different ones.
    fn some_of(&mut self, all: &[&'static str], count: usize) -> Vec<&'static str> {
        let mut all = all.to_vec();
        self.rng.shuffle(&mut all);
        all.truncate(count);
        all
    }

    fn docs(&mut self) -> &'static str {
        if self.rng.u8(..3) == 0 { self.one_of(&names::DOCS) } else { "" }
    }

    fn definition(&mut self, name: &str) -> Definition {
        loop {
            let (repr, kind) = match self.rng.u8(..4) {
                0 => self.plain_enum(),
                1 => self.data_enum(),
                2 => (self.one_of(&["#[repr(C)]", "#[repr(C, align(32))]"]), self.structure(0)),
                _ => (self.one_of(&["", "#[repr(align(16))]"]), self.structure(2)),
            };
            let docs = self.docs();
            let chosen = Definition { name: name.to_owned(), docs, repr, kind };
            if self.values_in(chosen.types()) <= MOST_VALUES {
                return chosen;
            }
        }
    }

    fn structure(&mut self, depth: u8) -> Kind {
        let count = self.rng.usize(1..=6);
        Kind::Struct(self.fields(depth, count))
    }

    fn plain_enum(&mut self) -> (&'static str, Kind) {
        let count = self.rng.usize(1..=6);
        let names = self.some_of(&names::VARIANTS, count);
        let variant = |name| {
            let fields = Fields::None(self.one_of(&["", "()", " {}"]));
            Variant { name, docs: self.docs(), fields }
        };
        let variants = names.into_iter().map(variant).collect();
        (self.one_of(&["", "#[repr(u32)]", "#[repr(u8)]", "#[repr(C)]"]), Kind::Enum(variants))
    }

    fn data_enum(&mut self) -> (&'static str, Kind) {
        let count = self.rng.usize(1..=4);
        let names = self.some_of(&names::VARIANTS, count);
        let variant = |name| {
            let count = self.rng.usize(..4);
            let fields = match count {
                0 => Fields::None(self.one_of(&["", "()", " {}"])),
                count => self.fields(2, count),
            };
            Variant { name, docs: self.docs(), fields }
        };
        let variants = names.into_iter().map(variant).collect();
        (self.one_of(&["", "", "#[repr(C)]"]), Kind::Enum(variants))
    }

    fn fields(&mut self, depth: u8, count: usize) -> Fields {
        let types = (0..count).map(|_| self.ty(depth)).collect::<Vec<_>>();
        if self.rng.u8(..3) == 0 {
            return Fields::Unnamed(types);
        }
        Fields::Named(self.some_of(&names::MEMBERS, count).into_iter().zip(types).collect())
    }

    /// A type that is this one or made of it.
    fn around(&mut self, ty: Type) -> Type {
        let other = self.ty(0);
        let around = match self.rng.u8(..8) {
            0 => Type::List(Box::new(ty.clone())),
            1 => Type::Option(Box::new(ty.clone())),
            2 => Type::Result(Box::new(ty.clone()), Box::new(other)),
            3 => Type::Array(Box::new(ty.clone()), self.rng.usize(1..4)),
            4 => Type::Map(Map::Tree, Box::new(self.key()), Box::new(ty.clone())),
            _ => return ty,
        };
        if self.values_in([&around]) <= MOST_VALUES { around } else { ty }
    }

    /// A type with containers in each other up to this depth.
    fn ty(&mut self, depth: u8) -> Type {
        if depth > 0 && self.rng.u8(..5) < 3 {
            let ty = self.container(depth - 1);
            if self.values_in([&ty]) <= MOST_VALUES {
                return ty;
            }
        }
        match self.rng.u8(..10) {
            0 => Type::Unit,
            1 | 2 => Type::String,
            3..=5 if !self.definitions.is_empty() => {
                let at = self.rng.usize(..self.definitions.len());
                Type::Named(self.definitions[at].name.clone())
            }
            _ => Type::Scalar(self.one_of(&SCALARS)),
        }
    }

    fn container(&mut self, depth: u8) -> Type {
        match self.rng.u8(..8) {
            0 | 1 => Type::List(Box::new(self.ty(depth))),
            2 => Type::Option(Box::new(self.ty(depth))),
            3 => Type::Result(Box::new(self.ty(depth)), Box::new(self.ty(depth))),
            4 => {
                let count = self.rng.usize(1..=8);
                Type::Tuple((0..count).map(|_| self.ty(depth)).collect())
            }
            5 => {
                let length = if self.rng.u8(..5) == 0 { 40 } else { self.rng.usize(1..=4) };
                Type::Array(Box::new(self.ty(depth)), length)
            }
            _ => {
                let map = self.one_of(&[Map::Hash, Map::HashBy, Map::Tree]);
                Type::Map(map, Box::new(self.key()), Box::new(self.ty(depth)))
            }
        }
    }

    fn key(&mut self) -> Type {
        loop {
            let ty = self.ty(2);
            if is_key(&ty, self.peer, &self.definitions) {
                return ty;
            }
        }
    }

    fn function(&mut self, name: String, mode: Mode, first: Type) -> Function {
        let more = if self.rng.bool() { 0 } else { self.rng.usize(1..3) };
        let types = std::iter::once(first).chain((0..more).map(|_| self.ty(1)));
        let types = types.collect::<Vec<_>>();
        let names = self.some_of(&names::MEMBERS, types.len());
        let argument = |(name, ty): (&'static str, Type)| {
            let lent = match mode {
                Mode::Sync | Mode::Through | Mode::Stream => self.rng.bool(),
                Mode::Async => !ty.is_scalar(),
                Mode::DropSafe | Mode::DropSafeRet | Mode::ThroughAsync => false,
            };
            Argument { name, ty, lent, taken_lent: self.rng.bool() }
        };
        Function { name, mode, arguments: names.into_iter().zip(types).map(argument).collect() }
    }

    fn values_in<'a>(&self, types: impl IntoIterator<Item = &'a Type>) -> usize {
        types.into_iter().map(|ty| self.values(ty)).sum()
    }

    fn values(&self, ty: &Type) -> usize {
        match ty {
            Type::Scalar(_) | Type::Unit | Type::String => 1,
            Type::List(part) => 1 + 2 * self.values(part),
            Type::Option(part) => 1 + self.values(part),
            Type::Result(ok, err) => self.values_in([&**ok, &**err]),
            Type::Tuple(parts) => self.values_in(parts),
            Type::Array(part, length) => length * self.values(part),
            Type::Map(_, key, value) => 1 + 2 * self.values_in([&**key, &**value]),
            Type::Named(name) => self.values_in(definition(name, &self.definitions).types()),
        }
    }
}

fn definition<'a>(name: &str, definitions: &'a [Definition]) -> &'a Definition {
    definitions.iter().find(|it| it.name == name).expect("it was chosen before")
}

/// Whether a map can have such keys: with no float in it, and for Go nothing without a `==`.
fn is_key(ty: &Type, peer: Peer, definitions: &[Definition]) -> bool {
    let all = |parts: &[&Type]| parts.iter().all(|part| is_key(part, peer, definitions));
    match ty {
        Type::Scalar(name) => !["f32", "f64"].contains(name),
        Type::Unit | Type::String => true,
        Type::List(part) | Type::Option(part) => peer == Peer::C && all(&[part]),
        Type::Map(map, key, value) => peer == Peer::C && *map == Map::Tree && all(&[key, value]),
        Type::Result(ok, err) => all(&[ok, err]),
        Type::Tuple(parts) => all(&parts.iter().collect::<Vec<_>>()),
        Type::Array(part, _) => all(&[part]),
        Type::Named(name) => all(&definition(name, definitions).types()),
    }
}

impl Interface {
    /// Whether it can have an order and a hash, in Rust.
    pub(crate) fn is_ordered(&self, definition: &Definition) -> bool {
        definition.types().iter().all(|ty| is_key(ty, Peer::C, &self.definitions))
    }
}
