use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Result};

use crate::errors::every;
use crate::{Type, docs};

/// A struct or enum of the user's.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<String>,
    /// What it is.
    pub kind: Kind,
    /// Whether it has `#[repr(C)]` (a struct) or `#[repr(u32)]` (an enum without data), so that its
    /// memory can be that of its view.
    pub repr: bool,
    /// Where its name stands.
    pub span: Span,
}

/// What a [`Definition`] is.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A struct.
    Struct(Vec<Field>),
    /// An enum, with or without data.
    Enum(Vec<Variant>),
}

/// A field of a struct or of a variant.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name; `f0`, `f1`, ... where it has none.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<String>,
    /// Its type.
    pub ty: Type,
    /// Where its type stands.
    pub span: Span,
    /// Where its name stands, or its type where it has none.
    pub name_span: Span,
}

/// A variant of an enum. Its tag is its position.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<String>,
    /// Its data.
    pub fields: Vec<Field>,
    /// Where its name stands.
    pub span: Span,
}

impl Definition {
    /// Reads a struct or an enum.
    ///
    /// # Errors
    ///
    /// At what can't have a view.
    pub fn parse(input: &DeriveInput) -> Result<Definition> {
        if !input.generics.params.is_empty() {
            return Err(Error::new_spanned(
                &input.generics,
                "a type that crosses can't be generic: its view has one layout",
            ));
        }
        let kind = match &input.data {
            Data::Struct(data) => Kind::Struct(some(parse_fields(&data.fields)?, input)?),
            Data::Enum(data) => {
                let variants = every(data.variants.iter().map(parse_variant))?;
                Kind::Enum(some(variants, input)?)
            }
            Data::Union(data) => {
                return Err(Error::new_spanned(
                    data.union_token,
                    "a union can't cross: nobody knows which of its fields is the one; use an enum",
                ));
            }
        };
        let without_data = |variant: &Variant| variant.fields.is_empty();
        let repr = match &kind {
            Kind::Struct(_) => has_repr(&input.attrs, "C"),
            Kind::Enum(variants) => {
                has_repr(&input.attrs, "u32") && variants.iter().all(without_data)
            }
        };
        let definition = Definition {
            name: input.ident.to_string(),
            docs: docs(&input.attrs),
            kind,
            repr,
            span: input.ident.span(),
        };
        // By way of another type only the generator can see it, which reads the whole file.
        let name = definition.name.as_str();
        match definition.fields().into_iter().find(|field| field.ty.names().contains(&name)) {
            Some(field) => Err(contains_itself(name, field)),
            None => Ok(definition),
        }
    }

    /// All fields, the variants' too.
    pub fn fields(&self) -> Vec<&Field> {
        match &self.kind {
            Kind::Struct(fields) => fields.iter().collect(),
            Kind::Enum(variants) => variants.iter().flat_map(|variant| &variant.fields).collect(),
        }
    }
}

pub(crate) fn contains_itself(name: &str, field: &Field) -> Error {
    let why = format!(
        "`{name}` contains itself here, so its views would have no end; put all of them into one \
         list, and let them name each other by their places in it"
    );
    Error::new(field.span, why)
}

fn some<T>(parts: Vec<T>, input: &DeriveInput) -> Result<Vec<T>> {
    if parts.is_empty() {
        return Err(Error::new_spanned(
            &input.ident,
            "C has no empty types: give it a field or a variant, or use `()`",
        ));
    }
    Ok(parts)
}

fn parse_variant(variant: &syn::Variant) -> Result<Variant> {
    if let Some((_, number)) = &variant.discriminant {
        return Err(Error::new_spanned(
            number,
            "the tag that crosses is the variant's position; a number of its own would mislead",
        ));
    }
    Ok(Variant {
        name: variant.ident.unraw().to_string(),
        docs: docs(&variant.attrs),
        fields: parse_fields(&variant.fields)?,
        span: variant.ident.span(),
    })
}

fn parse_fields(fields: &Fields) -> Result<Vec<Field>> {
    let parse = |(index, field): (usize, &syn::Field)| {
        Ok(Field {
            name: match &field.ident {
                Some(name) => name.unraw().to_string(),
                None => format!("f{index}"),
            },
            docs: docs(&field.attrs),
            ty: Type::parse(&field.ty)?,
            span: field.ty.span(),
            name_span: field.ident.as_ref().map_or_else(|| field.ty.span(), Spanned::span),
        })
    };
    every(fields.iter().enumerate().map(parse))
}

fn has_repr(attributes: &[Attribute], wanted: &str) -> bool {
    let mut found = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        let mut other = false;
        let _ = attribute.parse_nested_meta(|meta| {
            found |= meta.path.is_ident(wanted);
            // `packed` and `align` change the layout: then it is not the view's.
            other |= !meta.path.is_ident(wanted);
            if meta.input.peek(syn::token::Paren) {
                let inside;
                syn::parenthesized!(inside in meta.input);
                inside.parse::<proc_macro2::TokenStream>()?;
            }
            Ok(())
        });
        if other {
            return false;
        }
    }
    found
}
