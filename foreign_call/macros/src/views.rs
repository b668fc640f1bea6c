//! `#[derive(R2G)]`.

use foreign_call_model::{Definition, Field, Kind, Variant};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Data, DeriveInput, Fields, Index, Result, Type};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let definition = Definition::parse(input)?;
    let parts = match (&definition.kind, &input.data) {
        (Kind::Struct(fields), Data::Struct(data)) => {
            structure(input, &definition, &Part::all(fields, &data.fields))
        }
        (Kind::Enum(variants), Data::Enum(data)) => {
            let fields = data.variants.iter().map(|variant| &variant.fields);
            let parts: Vec<_> = variants
                .iter()
                .zip(fields)
                .map(|(variant, fields)| (variant, fields, Part::all(&variant.fields, fields)))
                .collect();
            match variants.iter().all(|variant| variant.fields.is_empty()) {
                true => plain_enum(input, &definition, &parts),
                false => data_enum(input, &definition, &parts),
            }
        }
        _ => unreachable!("the kind was read from this data"),
    };
    // In a block of its own, so that no name meets one of the user's.
    Ok(quote! {
        #[allow(missing_docs, missing_debug_implementations, non_camel_case_types, non_snake_case,
            unreachable_pub, reason = "generated")]
        #[doc(hidden)]
        const _: () = { #parts };
    })
}

/// A field: its name in the view, how it is reached in the value, its type.
struct Part<'a> {
    name: String,
    view: Ident,
    member: TokenStream,
    ty: &'a Type,
}

impl<'a> Part<'a> {
    fn all(fields: &[Field], written: &'a Fields) -> Vec<Part<'a>> {
        let part = |(index, (field, written)): (usize, (&Field, &'a syn::Field))| Part {
            name: field.name.clone(),
            view: match &written.ident {
                Some(name) => name.clone(),
                None => format_ident!("f{index}"),
            },
            member: match &written.ident {
                Some(name) => name.to_token_stream(),
                None => Index::from(index).to_token_stream(),
            },
            ty: &written.ty,
        };
        fields.iter().zip(written).enumerate().map(part).collect()
    }
}

/// `PartRef`: the view of these fields, and that it is one.
fn view(name: &Ident, parts: &[Part<'_>]) -> TokenStream {
    let fields = parts
        .iter()
        .map(|Part { view, ty, .. }| quote!(pub #view: <#ty as ::foreign_call::ToRef>::Ref<'a>));
    let places = parts.iter().map(|Part { view, ty, .. }| {
        quote!((
            ::core::mem::offset_of!(Self, #view),
            <<#ty as ::foreign_call::ToRef>::Ref<'static> as ::foreign_call::View>::FORM,
        ))
    });
    quote! {
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct #name<'a> { #(#fields),* }
        // SAFETY: repr(C), and each field is a view, as `ToRef::Ref` is.
        unsafe impl ::foreign_call::View for #name<'_> {
            const FORM: ::foreign_call::convert::Form = ::foreign_call::convert::Form {
                size: ::core::mem::size_of::<Self>(),
                kind: ::foreign_call::convert::Kind::All { parts: &[#(#places),*] },
            };
        }
    }
}

fn mem_type<'a>(parts: impl Iterator<Item = &'a Part<'a>>) -> TokenStream {
    let types = parts.map(|part| part.ty);
    quote! {
        ::foreign_call::MemType::Primitive #(.max(<#types as ::foreign_call::ToRef>::MEM_TYPE))*
    }
}

/// How these fields count in a shape that begins with `shape`.
fn shape(shape: TokenStream, view: &Ident, parts: &[Part<'_>]) -> TokenStream {
    let fields = parts.iter().map(|Part { name, view: field, ty, .. }| {
        quote! {
            .text(#name)
            .number(<#ty as ::foreign_call::ToRef>::SHAPE)
            .number(::core::mem::offset_of!(#view<'static>, #field) as u64)
        }
    });
    quote!(#shape #(#fields)*)
}

fn from_fields<'a>(
    parts: &'a [Part<'a>],
    view: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> {
    parts.iter().map(move |Part { name, view: field, member, ty }| {
        quote! {
            #member: ::foreign_call::convert::In::in_field(
                <#ty as ::foreign_call::FromRef>::from_ref(&#view.#field),
                #name,
            )?
        }
    })
}

fn structure(input: &DeriveInput, definition: &Definition, parts: &[Part<'_>]) -> TokenStream {
    let (name, view_name) = (&input.ident, format_ident!("{}Ref", input.ident));
    let (text, repr) = (&definition.name, definition.repr);
    let view = view(&view_name, parts);
    let mem_type = mem_type(parts.iter());
    let shape =
        shape(quote!(::foreign_call::rt::Shape::new("struct").text(#text)), &view_name, parts);
    let members: Vec<_> = parts.iter().map(|part| &part.member).collect();
    let fields: Vec<_> = parts.iter().map(|part| &part.view).collect();
    let types: Vec<_> = parts.iter().map(|part| part.ty).collect();
    let source = quote!(view);
    let from = from_fields(parts, &source);
    quote! {
        #view

        // SAFETY: `AS_IS` only if all fields are and lie in the same places, in as much room.
        #[automatically_derived]
        unsafe impl ::foreign_call::ToRef for #name {
            const MEM_TYPE: ::foreign_call::MemType = #mem_type;
            const AS_IS: bool = #repr #(&& <#types as ::foreign_call::ToRef>::AS_IS)*
                && ::foreign_call::convert::same_layout(
                    [::core::mem::size_of::<#name>(), ::core::mem::size_of::<#view_name<'static>>()],
                    &[#(::core::mem::offset_of!(#name, #members)),*],
                    &[#(::core::mem::offset_of!(#view_name<'static>, #fields)),*],
                );
            const SHAPE: u64 =
                #shape.number(::core::mem::size_of::<#view_name<'static>>() as u64).value();
            type Ref<'a> = #view_name<'a>;

            #[inline]
            fn to_size(&self, size: &mut usize) {
                if Self::MEM_TYPE.is_complex() {
                    #(::foreign_call::ToRef::to_size(&self.#members, size);)*
                }
            }

            #[inline]
            fn to_ref<'a>(&'a self, buffer: &mut ::foreign_call::Writer<'a>) -> #view_name<'a> {
                #view_name { #(#fields: ::foreign_call::ToRef::to_ref(&self.#members, buffer)),* }
            }
        }

        // SAFETY: `PLAIN` only if all fields are and lie in the same places.
        #[automatically_derived]
        unsafe impl ::foreign_call::FromRef for #name {
            const PLAIN: bool = <Self as ::foreign_call::ToRef>::AS_IS
                #(&& <#types as ::foreign_call::FromRef>::PLAIN)*;

            #[inline]
            fn from_ref(
                view: &#view_name<'_>,
            ) -> ::core::result::Result<Self, ::foreign_call::ConvertError> {
                ::core::result::Result::Ok(#name { #(#from),* })
            }
        }
    }
}

type VariantParts<'a> = (&'a Variant, &'a Fields, Vec<Part<'a>>);

fn plain_enum(
    input: &DeriveInput,
    definition: &Definition,
    variants: &[VariantParts<'_>],
) -> TokenStream {
    let (name, text, repr) = (&input.ident, &definition.name, definition.repr);
    let names: Vec<_> = variants.iter().map(|(variant, ..)| &variant.name).collect();
    let idents = written_variants(input);
    // A variant may be written `A`, `A()` or `A {}`; all are matched and made by `A {}`.
    let tags: Vec<_> = (0..variants.len() as u32).collect();
    quote! {
        // SAFETY: `AS_IS` only with `repr(u32)` and no numbers but the positions.
        #[automatically_derived]
        unsafe impl ::foreign_call::ToRef for #name {
            const MEM_TYPE: ::foreign_call::MemType = ::foreign_call::MemType::Primitive;
            const AS_IS: bool = #repr;
            const SHAPE: u64 =
                ::foreign_call::rt::Shape::new("enum").text(#text)#(.text(#names))*.number(4).value();
            type Ref<'a> = u32;

            #[inline]
            fn to_size(&self, _: &mut usize) {}

            #[inline]
            fn to_ref<'a>(&'a self, _: &mut ::foreign_call::Writer<'a>) -> u32 {
                match self { #(#name::#idents {} => #tags),* }
            }
        }

        // SAFETY: `PLAIN` is false.
        #[automatically_derived]
        unsafe impl ::foreign_call::FromRef for #name {
            const PLAIN: bool = false;

            #[inline]
            fn from_ref(view: &u32) -> ::core::result::Result<Self, ::foreign_call::ConvertError> {
                ::core::result::Result::Ok(match *view {
                    #(#tags => #name::#idents {},)*
                    other => return ::foreign_call::rt::no_variant(other, #text),
                })
            }
        }
    }
}

fn data_enum(
    input: &DeriveInput,
    definition: &Definition,
    variants: &[VariantParts<'_>],
) -> TokenStream {
    let (name, text) = (&input.ident, &definition.name);
    let view_name = format_ident!("{}Ref", input.ident);
    let value_name = format_ident!("{}RefValue", input.ident);
    let idents = written_variants(input);
    let mut views = TokenStream::new();
    let mut union = TokenStream::new();
    let mut sizes = TokenStream::new();
    let mut to = TokenStream::new();
    let mut from = TokenStream::new();
    let mut places = TokenStream::new();
    let mut shapes = quote!(::foreign_call::rt::Shape::new("enum").text(#text));
    for (tag, ((variant, _, parts), ident)) in variants.iter().zip(&idents).enumerate() {
        let (tag, variant_text) = (tag as u32, &variant.name);
        shapes = quote!(#shapes.text(#variant_text));
        if parts.is_empty() {
            sizes.extend(quote!(#name::#ident {} => {}));
            to.extend(quote!(#name::#ident {} => view.tag = #tag,));
            from.extend(quote!(#tag => ::core::result::Result::Ok(#name::#ident {}),));
            places.extend(quote!(::core::option::Option::None,));
            continue;
        }
        let part_view = format_ident!("{}_{}Ref", input.ident, variant.name);
        shapes = shape(shapes, &part_view, parts);
        views.extend(view(&part_view, parts));
        union.extend(quote!(pub #ident: #part_view<'a>,));
        places.extend(quote!(::core::option::Option::Some((
            ::core::mem::offset_of!(Self, value),
            <#part_view<'static> as ::foreign_call::View>::FORM,
        )),));
        let members: Vec<_> = parts.iter().map(|part| &part.member).collect();
        let fields: Vec<_> = parts.iter().map(|part| &part.view).collect();
        let bound: Vec<_> = (0..parts.len())
            .map(|at| Ident::new(&format!("part{at}"), Span::mixed_site()))
            .collect();
        let pattern = quote!(#name::#ident { #(#members: #bound),* });
        sizes.extend(quote! {
            #pattern => { #(::foreign_call::ToRef::to_size(#bound, size);)* }
        });
        to.extend(quote! {
            #pattern => {
                view.tag = #tag;
                view.value.#ident =
                    #part_view { #(#fields: ::foreign_call::ToRef::to_ref(#bound, buffer)),* };
            }
        });
        let source = quote!(part);
        let made = from_fields(parts, &source);
        from.extend(quote! {
            #tag => {
                // SAFETY: any bits are a view.
                let part = unsafe { &view.value.#ident };
                let make = || ::core::result::Result::Ok(#name::#ident { #(#made),* });
                ::foreign_call::convert::In::in_field(make(), #variant_text)
            }
        });
    }
    let mem_type = mem_type(variants.iter().flat_map(|(_, _, parts)| parts));
    quote! {
        #views

        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct #view_name<'a> { pub tag: u32, pub value: #value_name<'a> }

        #[derive(Clone, Copy)]
        #[repr(C)]
        pub union #value_name<'a> { #union }

        // SAFETY: repr(C): a number, and a union of views.
        unsafe impl ::foreign_call::View for #view_name<'_> {
            const FORM: ::foreign_call::convert::Form = ::foreign_call::convert::Form {
                size: ::core::mem::size_of::<Self>(),
                kind: ::foreign_call::convert::Kind::OneOf { tag_size: 4, parts: &[#places] },
            };
        }

        // SAFETY: `AS_IS` is false.
        #[automatically_derived]
        unsafe impl ::foreign_call::ToRef for #name {
            const MEM_TYPE: ::foreign_call::MemType = #mem_type;
            const AS_IS: bool = false;
            const SHAPE: u64 =
                #shapes.number(::core::mem::size_of::<#view_name<'static>>() as u64).value();
            type Ref<'a> = #view_name<'a>;

            #[inline]
            fn to_size(&self, size: &mut usize) {
                match self { #sizes }
            }

            #[inline]
            fn to_ref<'a>(&'a self, buffer: &mut ::foreign_call::Writer<'a>) -> #view_name<'a> {
                // SAFETY: any bits are a view, so zeros are; and none stay uninitialised.
                let mut view: #view_name<'a> = unsafe { ::core::mem::zeroed() };
                match self { #to }
                view
            }
        }

        // SAFETY: `PLAIN` is false.
        #[automatically_derived]
        unsafe impl ::foreign_call::FromRef for #name {
            const PLAIN: bool = false;

            fn from_ref(
                view: &#view_name<'_>,
            ) -> ::core::result::Result<Self, ::foreign_call::ConvertError> {
                match view.tag {
                    #from
                    other => ::foreign_call::rt::no_variant(other, #text),
                }
            }
        }
    }
}

fn written_variants(input: &DeriveInput) -> Vec<&Ident> {
    match &input.data {
        Data::Enum(data) => data.variants.iter().map(|variant| &variant.ident).collect(),
        _ => unreachable!("only called for enums"),
    }
}
