//! Names in C, and in C++, which may include the header.

use foreign_call_model::{Definition, Field, Function, Kind, Mode, Trait};
use proc_macro2::Span;
use syn::Result;

use super::Header;
use crate::names::apart;

/// Named so that something of the user's could be: by the runtime, or by what it includes.
pub(super) const C: &str = "StringRef int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t \
    uint64_t intptr_t uintptr_t intmax_t uintmax_t size_t ptrdiff_t wchar_t max_align_t nullptr_t \
    static_assert strtok_r strerror_r";

const KEYWORDS: &str = "auto break case char const continue default do double else enum extern float \
    for goto if inline int long register restrict return short signed sizeof static struct switch \
    typedef union unsigned void volatile while bool call alignas alignof asm constexpr errno false \
    linux nullptr static_assert thread_local true typeof unix and and_eq bitand bitor catch char16_t \
    char32_t char8_t class co_await co_return co_yield compl concept const_cast consteval constinit \
    decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq \
    operator or or_eq private protected public reinterpret_cast requires static_cast template this \
    throw try typeid typename using virtual wchar_t xor xor_eq NULL";

/// A field's or argument's name; one that means something in C, in C++, or here, gets an underscore.
pub(crate) fn member(name: &str) -> String {
    let taken = KEYWORDS.split_whitespace().any(|keyword| keyword == name);
    if taken { format!("{name}_") } else { name.to_owned() }
}

fn fields_apart(fields: &[Field]) -> Result<()> {
    apart("C", fields.iter().map(|it| (&it.name, it.name_span)), member)
}

/// Refuses two arguments of one name.
fn arguments_apart(function: &Function, renamed: fn(&str) -> String) -> Result<()> {
    apart("C", function.arguments.iter().map(|it| (&it.name, it.name_span)), renamed)
}

impl Header<'_> {
    /// The names that come with a struct or an enum, but for its view's own.
    pub(super) fn claim_parts(&mut self, definition: &Definition) -> Result<()> {
        let variants = match &definition.kind {
            Kind::Struct(fields) => return fields_apart(fields),
            Kind::Enum(variants) => variants,
        };
        for variant in variants {
            let (name, by) = (&definition.name, format!("a variant of `{}`", definition.name));
            self.names.claim(&format!("{name}_{}", variant.name), &by, variant.span)?;
            if !variant.fields.is_empty() {
                let by = format!("the view of {by}");
                self.names.claim(&format!("{name}_{}Ref", variant.name), &by, variant.span)?;
                fields_apart(&variant.fields)?;
            }
        }
        let data = variants.iter().filter(|variant| !variant.fields.is_empty());
        apart("C", data.map(|it| (&it.name, it.span)), member)
    }

    /// The names of what Rust calls.
    pub(super) fn claim_calls(&mut self, it: &Trait) -> Result<()> {
        if it.process {
            let by = format!("what serves `{}`", it.name);
            for made in ["serve", "refused_calls"] {
                self.names.claim(&format!("{}_{made}", it.name), &by, it.span)?;
            }
        }
        self.claim_interface(it)?;
        for function in &it.functions {
            let made: &[&str] = match function.mode {
                Mode::OneWay => &[""],
                Mode::Stream => &["", "_call", "_send", "_end"],
                _ => &["", "_call", "_answer"],
            };
            self.claim_function(it, function, made)?;
            arguments_apart(function, member)?;
        }
        Ok(())
    }

    /// The names of what C calls.
    pub(super) fn claim_offer(&mut self, it: &Trait) -> Result<()> {
        self.claim_interface(it)?;
        for function in &it.functions {
            let made: &[&str] = match function.mode {
                Mode::OneWay => &["", "_rust"],
                _ => &["", "_rust", "_answer"],
            };
            self.claim_function(it, function, made)?;
            arguments_apart(function, crate::c_offers::parameter)?;
        }
        Ok(())
    }

    fn claim_interface(&mut self, it: &Trait) -> Result<()> {
        let by = format!("the interface of `{}`", it.name);
        self.names.claim(&format!("{}_interface", it.name), &by, it.span)
    }

    fn claim_function(&mut self, it: &Trait, function: &Function, made: &[&str]) -> Result<()> {
        let (name, by) = (&function.name, format!("`{}` of `{}`", function.name, it.name));
        let span: Span = function.span;
        made.iter().try_for_each(|ending| {
            self.names.claim(&format!("{}_{name}{ending}", it.name), &by, span)
        })
    }
}
