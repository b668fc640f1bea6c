//! What was chosen: types, as their user would write them, and functions.

use std::fmt;

/// Who gives the values back.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Peer {
    C,
    Go,
}

impl Peer {
    /// The trait that Rust calls.
    pub(crate) fn called(self) -> &'static str {
        match self {
            Peer::C => "ToC",
            Peer::Go => "ToGo",
        }
    }

    /// The trait that Rust offers.
    pub(crate) fn offered(self) -> &'static str {
        match self {
            Peer::C => "FromC",
            Peer::Go => "FromGo",
        }
    }
}

/// A type that can cross.
#[derive(Clone, PartialEq)]
pub(crate) enum Type {
    Scalar(&'static str),
    Unit,
    String,
    List(Box<Type>),
    Option(Box<Type>),
    Result(Box<Type>, Box<Type>),
    Tuple(Vec<Type>),
    Array(Box<Type>, usize),
    Map(Map, Box<Type>, Box<Type>),
    Named(String),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Map {
    Hash,
    /// With a hasher of one's own.
    HashBy,
    Tree,
}

impl Type {
    pub(crate) fn is_scalar(&self) -> bool {
        matches!(self, Type::Scalar(_))
    }
}

/// As it is written in Rust.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Scalar(name) => f.write_str(name),
            Type::Unit => f.write_str("()"),
            Type::String => f.write_str("String"),
            Type::List(part) => write!(f, "Vec<{part}>"),
            Type::Option(part) => write!(f, "Option<{part}>"),
            Type::Result(ok, err) => write!(f, "Result<{ok}, {err}>"),
            Type::Tuple(parts) => {
                f.write_str("(")?;
                parts.iter().try_for_each(|part| write!(f, "{part}, "))?;
                f.write_str(")")
            }
            Type::Array(part, length) => write!(f, "[{part}; {length}]"),
            Type::Map(Map::Hash, key, value) => {
                write!(f, "std::collections::HashMap<{key}, {value}>")
            }
            Type::Map(Map::HashBy, key, value) => write!(
                f,
                "std::collections::HashMap<{key}, {value}, \
                 std::hash::BuildHasherDefault<std::hash::DefaultHasher>>"
            ),
            Type::Map(Map::Tree, key, value) => {
                write!(f, "std::collections::BTreeMap<{key}, {value}>")
            }
            Type::Named(name) => f.write_str(name),
        }
    }
}

/// A struct or an enum.
pub(crate) struct Definition {
    pub(crate) name: String,
    pub(crate) docs: &'static str,
    /// Of its layout; empty, or a whole attribute.
    pub(crate) repr: &'static str,
    pub(crate) kind: Kind,
}

pub(crate) enum Kind {
    Struct(Fields),
    Enum(Vec<Variant>),
}

pub(crate) struct Variant {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static str,
    pub(crate) fields: Fields,
}

pub(crate) enum Fields {
    /// Of a variant; how it is written.
    None(&'static str),
    Unnamed(Vec<Type>),
    Named(Vec<(&'static str, Type)>),
}

impl Fields {
    pub(crate) fn types(&self) -> Vec<&Type> {
        match self {
            Fields::None(_) => Vec::new(),
            Fields::Unnamed(types) => types.iter().collect(),
            Fields::Named(fields) => fields.iter().map(|(_, ty)| ty).collect(),
        }
    }

    /// As in `S { 0: .., 1: .. }`, which unnamed ones have, too.
    pub(crate) fn members(&self) -> Vec<String> {
        match self {
            Fields::None(_) => Vec::new(),
            Fields::Unnamed(types) => (0..types.len()).map(|at| at.to_string()).collect(),
            Fields::Named(fields) => fields.iter().map(|(name, _)| raw(name)).collect(),
        }
    }
}

impl Definition {
    pub(crate) fn types(&self) -> Vec<&Type> {
        match &self.kind {
            Kind::Struct(fields) => fields.types(),
            Kind::Enum(variants) => variants.iter().flat_map(|it| it.fields.types()).collect(),
        }
    }
}

/// A name that may be a keyword.
pub(crate) fn raw(name: &str) -> String {
    const KEYWORDS: [&str; 9] =
        ["abstract", "do", "fn", "match", "struct", "try", "type", "typeof", "unsafe"];
    if KEYWORDS.contains(&name) { format!("r#{name}") } else { name.to_owned() }
}

/// How a value goes round.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Mode {
    Sync,
    /// Lent until the answer.
    Async,
    DropSafe,
    DropSafeRet,
    /// As two items.
    Stream,
    /// The peer has it from a function that Rust offers.
    Through,
    /// The same, and both are async.
    ThroughAsync,
}

/// Of the trait that Rust calls; and, by the same name, of the one that it offers, if the mode needs
/// it. Answers what it is given: the one argument, or a tuple of all.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) mode: Mode,
    pub(crate) arguments: Vec<Argument>,
}

pub(crate) struct Argument {
    pub(crate) name: &'static str,
    pub(crate) ty: Type,
    /// In the trait that Rust calls.
    pub(crate) lent: bool,
    /// In the one that it offers.
    pub(crate) taken_lent: bool,
}

impl Function {
    pub(crate) fn answer(&self) -> Type {
        match self.arguments.as_slice() {
            [one] => one.ty.clone(),
            several => Type::Tuple(several.iter().map(|it| it.ty.clone()).collect()),
        }
    }

    pub(crate) fn is_through(&self) -> bool {
        matches!(self.mode, Mode::Through | Mode::ThroughAsync)
    }
}

/// All that crosses to one peer.
pub(crate) struct Interface {
    pub(crate) peer: Peer,
    pub(crate) definitions: Vec<Definition>,
    pub(crate) functions: Vec<Function>,
}
