//! `#[r2g]`.

mod body;
mod in_process;
mod over_ring;

use std::ops::Deref;

use foreign_call_model::{Mode, Outcome, Trait, is_mark};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Attribute, ItemTrait, Result, parse_quote};

use crate::crossing::{Crossing, shape};

pub(crate) fn expand(arguments: TokenStream, item: &ItemTrait) -> Result<TokenStream> {
    let process = Trait::in_process(&arguments)?;
    Trait::alone(&item.attrs)?;
    let it = Trait::parse(item, process)?;
    let crossings = Crossing::all(&it, item)?;
    let shape = shape(if process { "process" } else { "trait" }, &it, &crossings);
    let calls: Vec<Call<'_>> = crossings.into_iter().map(Call).collect();
    if process {
        return Ok(in_process::expand(&it, item, &shape, &calls));
    }
    let (attributes, vis, name) = (&item.attrs, &item.vis, &item.ident);
    let imp = format_ident!("{name}Impl");
    let docs = format!("[`{name}`], answered by the peer that this program is linked with.");
    let interface = format_ident!("{name}_interface");
    let text = &it.name;
    let declared = calls.iter().map(Call::declaration);
    let called = calls.iter().filter(|call| !call.function.mem);
    let prototypes = called.map(Call::prototype);
    let serve = it.mem_functions().next().map(|_| {
        let serve = over_ring::serve(&it);
        quote!(fn #serve(end: *const ::foreign_call::rt::End) -> i32;)
    });
    let link = over_ring::link(&it, &calls);
    let made = calls.iter().map(Call::definition);
    Ok(quote! {
        #(#attributes)*
        #vis trait #name { #(#declared)* }

        #[doc = #docs]
        #[derive(Debug, Clone, Copy)]
        #vis struct #imp;

        const _: () = {
            /// Names, order and layout of all that crosses, as Rust has them.
            const INTERFACE: u64 = #shape;

            #[allow(non_snake_case, non_upper_case_globals, reason = "the peer's names")]
            unsafe extern "C" {
                static #interface: ::foreign_call::rt::Interface;
                #(#prototypes)*
                #serve
            }

            #link

            /// The peer must have been made for the same interface, or it reads other bytes.
            #[inline]
            #[track_caller]
            fn check() {
                // SAFETY: a constant of the generated code; reading it is all that is done with it.
                let theirs = unsafe { #interface.number };
                if theirs != INTERFACE {
                    ::foreign_call::rt::other_interface(#text, INTERFACE, theirs);
                }
            }

            impl #name for #imp { #(#made)* }
        };
    })
}

/// One function of the trait, which the peer has.
struct Call<'a>(Crossing<'a>);

impl<'a> Deref for Call<'a> {
    type Target = Crossing<'a>;

    fn deref(&self) -> &Crossing<'a> {
        &self.0
    }
}

impl Call<'_> {
    /// In the trait.
    fn declaration(&self) -> TokenStream {
        let kept = self.written.attrs.iter().filter(|attribute| !is_mark(attribute));
        let (docs, signature) = (self.docs(), self.signature(&quote!(use<Self>)));
        quote!(#(#kept)* #(#docs)* #signature;)
    }

    fn docs(&self) -> Vec<Attribute> {
        let mut lines = Vec::new();
        if self.function.is_unsafe() {
            lines.extend([
                "",
                "# Safety",
                "",
                "What is lent must live until the peer has answered, since the peer may read it \
                 until then. So once the future was polled, it must be polled until it is ready: it \
                 may be neither dropped nor forgotten before. `#[drop_safe]` needs no such promise.",
            ]);
        }
        if self.function.outcome == Outcome::Panics && self.function.answer.is_some() {
            lines.extend([
                "",
                "# Panics",
                "",
                "If the peer fails, gives the call up, or answers what is no value of the type. \
                 Return a `Result` to get that as an error.",
            ]);
        }
        lines.into_iter().map(|line| parse_quote!(#[doc = #line])).collect()
    }

    /// `captures` is what a stream may borrow from.
    fn signature(&self, captures: &TokenStream) -> TokenStream {
        let (name, inputs) = (&self.written.sig.ident, &self.written.sig.inputs);
        let unsafety = self.function.is_unsafe().then(|| quote!(unsafe));
        let returned = &self.returned;
        let output = match self.function.mode {
            Mode::OneWay => quote!(),
            Mode::Sync => quote!(-> #returned),
            Mode::Stream => {
                // It borrows nothing: what is lent is lent until the peer's function returns.
                let output = &self.written.sig.output;
                quote!(#output + ::core::marker::Send + ::core::marker::Unpin + #captures)
            }
            Mode::Async | Mode::DropSafe => {
                quote!(-> impl ::core::future::Future<Output = #returned>)
            }
            Mode::DropSafeRet => {
                let arguments = match self.types.as_slice() {
                    [one] => quote!(#one),
                    several => quote!((#(#several),*)),
                };
                quote!(-> impl ::core::future::Future<Output = (#returned, #arguments)>)
            }
        };
        let send = self.function.send.then(|| quote!(+ ::core::marker::Send));
        quote!(#unsafety fn #name(#inputs) #output #send)
    }

    fn symbol(&self) -> Ident {
        format_ident!("{}_{}", self.it.name, self.function.name)
    }

    /// Of the peer's function.
    fn prototype(&self) -> TokenStream {
        let symbol = self.symbol();
        let arguments = self.function.arguments.iter().zip(&self.types).map(|(argument, ty)| {
            match argument.ty.is_scalar() {
                true => quote!(_: <#ty as ::foreign_call::rt::Scalar>::C,),
                false => quote!(_: *const ::core::ffi::c_void,),
            }
        });
        let call =
            self.function.answer.is_some().then(|| quote!(call: ::foreign_call::rt::RawCall));
        quote!(fn #symbol(#(#arguments)* #call);)
    }
}
