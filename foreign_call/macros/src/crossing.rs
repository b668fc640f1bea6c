//! What both directions need to know of a function: what it means, and how it is written.

use foreign_call_model::{Function, Trait, answered, returned};
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Error, FnArg, ItemTrait, Pat, Result, TraitItem, TraitItemFn, Type, parse_quote};

/// One function of a trait.
pub(crate) struct Crossing<'a> {
    pub(crate) it: &'a Trait,
    pub(crate) function: &'a Function,
    pub(crate) written: &'a TraitItemFn,
    /// Of its arguments, as written.
    pub(crate) names: Vec<Ident>,
    /// Of its arguments, as written, but without the `&`.
    pub(crate) types: Vec<&'a Type>,
    /// What it returns in the end, as written.
    pub(crate) returned: Type,
    /// What is answered, as written.
    pub(crate) answer: Type,
}

impl<'a> Crossing<'a> {
    /// All functions of a trait, in order.
    pub(crate) fn all(it: &'a Trait, item: &'a ItemTrait) -> Result<Vec<Crossing<'a>>> {
        let functions = it.functions.iter().zip(&item.items);
        let crossings = functions.map(|(function, item)| match item {
            TraitItem::Fn(written) => Crossing::new(it, function, written),
            other => Err(Error::new_spanned(other, "only functions can be called")),
        });
        crossings.collect()
    }

    fn new(it: &'a Trait, function: &'a Function, written: &'a TraitItemFn) -> Result<Self> {
        let (mut names, mut types) = (Vec::new(), Vec::new());
        for argument in &written.sig.inputs {
            let FnArg::Typed(argument) = argument else { continue };
            if let Pat::Ident(name) = &*argument.pat {
                names.push(name.ident.clone());
            }
            types.push(match &*argument.ty {
                Type::Reference(reference) => &*reference.elem,
                ty => ty,
            });
        }
        let returned = match returned(&written.sig)? {
            (Some(returned), _) => returned.clone(),
            (None, _) => parse_quote!(()),
        };
        let answer = answered(&returned).0.clone();
        Ok(Crossing { it, function, written, names, types, returned, answer })
    }

    /// Its part of the interface's number.
    fn shape(&self) -> TokenStream {
        let (name, mode) = (&self.function.name, self.function.mode.name());
        let cancel = self.function.cancel.then(|| quote!(.text("cancel")));
        let mem = self.function.mem.then(|| quote!(.text("mem")));
        let names = self.function.arguments.iter().map(|argument| &argument.name);
        let types = &self.types;
        let answer = self.function.answer.is_some().then(|| {
            let answer = &self.answer;
            quote!(.text("->").number(<#answer as ::foreign_call::ToRef>::SHAPE))
        });
        quote! {
            .text(#name).text(#mode) #cancel #mem
            #(.text(#names).number(<#types as ::foreign_call::ToRef>::SHAPE))*
            #answer
        }
    }
}

/// The number of an interface of this kind, for the compiler to compute.
pub(crate) fn shape(kind: &str, it: &Trait, functions: &[Crossing<'_>]) -> TokenStream {
    let name = &it.name;
    let functions = functions.iter().map(Crossing::shape);
    quote! {
        ::foreign_call::rt::Shape::new(#kind).number(::foreign_call::rt::ABI).text(#name)
        #(#functions)*
        .value()
    }
}
