use std::fmt;

use quote::ToTokens;
use syn::{Attribute, Error, Expr, ExprLit, GenericArgument, Lit, PathArguments, Result};

/// A type that can cross.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Type {
    /// A number, `bool` or `char`, by its name in Rust. As an argument it goes by value.
    Scalar(&'static str),
    /// `()`.
    Unit,
    /// `String`, `str`.
    String,
    /// `Vec<T>`, `[T]`.
    List(Box<Type>),
    /// `Option<T>`.
    Option(Box<Type>),
    /// `Result<T, E>`.
    Result(Box<Type>, Box<Type>),
    /// `(A, B)`.
    Tuple(Vec<Type>),
    /// `[T; N]`.
    Array(Box<Type>, usize),
    /// `HashMap<K, V>`, `BTreeMap<K, V>`.
    Map(Box<Type>, Box<Type>),
    /// A struct or enum of the user's.
    Named(String),
}

const SCALARS: [&str; 14] = [
    "u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize", "f32", "f64", "bool",
    "char",
];

impl Type {
    /// Reads a type as it is written. Names are taken at their word: an alias is not looked through.
    ///
    /// # Errors
    ///
    /// At the type, saying what can be used in its stead.
    pub fn parse(ty: &syn::Type) -> Result<Type> {
        match ty {
            syn::Type::Paren(inner) => Type::parse(&inner.elem),
            syn::Type::Group(inner) => Type::parse(&inner.elem),
            syn::Type::Slice(slice) => Ok(Type::List(Box::new(Type::parse(&slice.elem)?))),
            syn::Type::Array(array) => {
                Ok(Type::Array(Box::new(Type::parse(&array.elem)?), length(&array.len)?))
            }
            syn::Type::Tuple(tuple) if tuple.elems.is_empty() => Ok(Type::Unit),
            syn::Type::Tuple(tuple) if tuple.elems.len() <= 8 => {
                Ok(Type::Tuple(tuple.elems.iter().map(Type::parse).collect::<Result<_>>()?))
            }
            syn::Type::Tuple(tuple) => {
                Err(Error::new_spanned(tuple, "a tuple may have up to 8 parts; make it a struct"))
            }
            syn::Type::Reference(_) => Err(Error::new_spanned(
                ty,
                "a reference can only be a whole argument; use the owned type here",
            )),
            syn::Type::Path(path) if path.qself.is_none() => Type::parse_path(ty, &path.path),
            other => Err(unsupported(other)),
        }
    }

    fn parse_path(ty: &syn::Type, path: &syn::Path) -> Result<Type> {
        let Some(last) = path.segments.last() else { return Err(unsupported(ty)) };
        let name = last.ident.to_string();
        let parts = match &last.arguments {
            PathArguments::None => Vec::new(),
            PathArguments::AngleBracketed(parts) => parts.args.iter().collect(),
            PathArguments::Parenthesized(_) => return Err(unsupported(ty)),
        };
        let part = |index: usize| match parts[index] {
            GenericArgument::Type(part) => Type::parse(part).map(Box::new),
            other => Err(Error::new_spanned(other, "expected a type")),
        };
        match (name.as_str(), parts.len()) {
            ("String" | "str", 0) => Ok(Type::String),
            ("CallError", 0) => Err(Error::new_spanned(
                ty,
                "`CallError` says how a call went; it can only be an answer's error: \
                 `-> Result<T, CallError>`",
            )),
            ("Vec", 1) => Ok(Type::List(part(0)?)),
            ("Option", 1) => Ok(Type::Option(part(0)?)),
            ("Result", 2) => Ok(Type::Result(part(0)?, part(1)?)),
            ("Result", _) => Err(Error::new_spanned(
                ty,
                "write both types of the `Result` out: aliases are not looked through",
            )),
            ("HashMap", 2 | 3) | ("BTreeMap", 2) => Ok(Type::Map(part(0)?, part(1)?)),
            ("u128" | "i128", 0) => {
                Err(Error::new_spanned(ty, "C has no integers of 128 bits; use two `u64`"))
            }
            ("Self", 0) => Err(unsupported(ty)),
            (scalar, 0) if SCALARS.contains(&scalar) => {
                let known = SCALARS.iter().find(|known| **known == scalar);
                Ok(Type::Scalar(known.expect("it was found just now")))
            }
            (_, 0) => Ok(Type::Named(name)),
            _ => Err(Error::new_spanned(
                ty,
                format!("`{name}` is not known here, and types of one's own can't be generic"),
            )),
        }
    }

    /// Whether it goes by value as an argument, so that nothing is lent.
    pub fn is_scalar(&self) -> bool {
        matches!(self, Type::Scalar(_))
    }

    /// The user's types that it is made of.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Type::Named(name) => vec![name],
            other => other.parts().into_iter().flat_map(Type::names).collect(),
        }
    }

    /// What it is made of directly.
    pub fn parts(&self) -> Vec<&Type> {
        match self {
            Type::List(part) | Type::Option(part) | Type::Array(part, _) => vec![part],
            Type::Result(one, other) | Type::Map(one, other) => vec![one, other],
            Type::Tuple(parts) => parts.iter().collect(),
            _ => Vec::new(),
        }
    }
}

fn length(length: &Expr) -> Result<usize> {
    let Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) = length else {
        return Err(Error::new_spanned(
            length,
            "write the length as a number: the generator can't compute it",
        ));
    };
    match number.base10_parse()? {
        0 => Err(Error::new_spanned(length, "C has no arrays without elements")),
        length => Ok(length),
    }
}

fn unsupported(ty: &impl ToTokens) -> Error {
    Error::new_spanned(
        ty,
        "this type can't cross; use numbers, `bool`, `char`, `String`, `Vec`, `Option`, `Result`, \
         maps, tuples, arrays, and your own structs and enums with `#[derive(R2G)]`",
    )
}

/// The lines of a doc comment, without the space that follows the slashes.
pub fn docs(attributes: &[Attribute]) -> Vec<String> {
    let text = |attribute: &Attribute| match &attribute.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    let lines = attributes.iter().filter_map(text);
    lines
        .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
        .map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned())
        .collect()
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
                let parts: Vec<_> = parts.iter().map(Type::to_string).collect();
                let comma = if parts.len() == 1 { "," } else { "" };
                write!(f, "({}{comma})", parts.join(", "))
            }
            Type::Array(part, length) => write!(f, "[{part}; {length}]"),
            Type::Map(key, value) => write!(f, "HashMap<{key}, {value}>"),
            Type::Named(name) => f.write_str(name),
        }
    }
}
