//! `#[r2g]`.

use foreign_call_model::{Argument, Function, Mode, Outcome, Trait, answered, is_mark, returned};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{
    Attribute, Error, FnArg, ItemTrait, Pat, Result, TraitItem, TraitItemFn, Type, parse_quote,
};

pub(crate) fn expand(arguments: TokenStream, item: &ItemTrait) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[r2g]` takes no arguments"));
    }
    let it = Trait::parse(item)?;
    let functions = it.functions.iter().zip(&item.items).map(|(function, item)| match item {
        TraitItem::Fn(written) => Call::new(&it, function, written),
        other => Err(Error::new_spanned(other, "only functions can be called")),
    });
    let calls: Vec<Call<'_>> = functions.collect::<Result<_>>()?;
    let (attributes, vis, name) = (&item.attrs, &item.vis, &item.ident);
    let imp = format_ident!("{name}Impl");
    let docs = format!("[`{name}`], answered by the peer that this program is linked with.");
    let interface = format_ident!("{name}_interface");
    let shape = shape(&it, &calls);
    let text = &it.name;
    let declared = calls.iter().map(Call::declaration);
    let prototypes = calls.iter().map(Call::prototype);
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
            }

            /// The peer must have been made for the same interface, or it reads other bytes.
            #[inline]
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

/// The interface's number, for the compiler to compute.
fn shape(it: &Trait, calls: &[Call<'_>]) -> TokenStream {
    let name = &it.name;
    let functions = calls.iter().map(|call| {
        let (name, mode) = (&call.function.name, call.function.mode.name());
        let cancel = call.function.cancel.then(|| quote!(.text("cancel")));
        let names = call.function.arguments.iter().map(|argument| &argument.name);
        let types = &call.types;
        let answer = call.function.answer.is_some().then(|| {
            let answer = &call.answer;
            quote!(.text("->").number(<#answer as ::foreign_call::ToRef>::SHAPE))
        });
        quote! {
            .text(#name).text(#mode) #cancel
            #(.text(#names).number(<#types as ::foreign_call::ToRef>::SHAPE))*
            #answer
        }
    });
    quote! {
        ::foreign_call::rt::Shape::new("trait").number(::foreign_call::rt::ABI).text(#name)
        #(#functions)*
        .value()
    }
}

/// One function of the trait.
struct Call<'a> {
    it: &'a Trait,
    function: &'a Function,
    written: &'a TraitItemFn,
    /// Of its arguments, as written.
    names: Vec<Ident>,
    /// Of its arguments, as written, but without the `&`.
    types: Vec<&'a Type>,
    /// What it returns in the end, as written.
    returned: Type,
    /// What the peer answers, as written.
    answer: Type,
}

impl<'a> Call<'a> {
    fn new(it: &'a Trait, function: &'a Function, written: &'a TraitItemFn) -> Result<Call<'a>> {
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
        Ok(Call { it, function, written, names, types, returned, answer })
    }

    /// In the trait.
    fn declaration(&self) -> TokenStream {
        let kept = self.written.attrs.iter().filter(|attribute| !is_mark(attribute));
        let (docs, signature) = (self.docs(), self.signature());
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

    fn signature(&self) -> TokenStream {
        let (name, inputs) = (&self.written.sig.ident, &self.written.sig.inputs);
        let unsafety = self.function.is_unsafe().then(|| quote!(unsafe));
        let returned = &self.returned;
        let output = match self.function.mode {
            Mode::OneWay => quote!(),
            Mode::Sync => quote!(-> #returned),
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

    /// In the implementation.
    fn definition(&self) -> TokenStream {
        let signature = self.signature();
        let body = match self.function.mode {
            Mode::OneWay | Mode::Sync => self.at_once(),
            Mode::Async => self.later(),
            Mode::DropSafe | Mode::DropSafeRet => self.lent(),
        };
        quote!(#signature { #body })
    }

    /// Names that no argument's name can meet.
    fn views(&self) -> Vec<Ident> {
        self.names
            .iter()
            .map(|name| Ident::new(&format!("{name}_view").replace("r#", ""), Span::mixed_site()))
            .collect()
    }

    /// The arguments that are lent: all but numbers, which go by value.
    fn lent_arguments(&self) -> Vec<(&Ident, Ident)> {
        let views = self.names.iter().zip(self.views());
        let lent = views.zip(&self.function.arguments).filter(|(_, it)| !it.ty.is_scalar());
        lent.map(|(names, _)| names).collect()
    }

    /// All as references, whatever they were.
    fn as_references(&self) -> TokenStream {
        let owned = self.names.iter().zip(&self.function.arguments).filter(|(_, it)| !it.borrowed);
        let owned: Vec<_> = owned.map(|(name, _)| name).collect();
        quote!(#(let #owned = &#owned;)*)
    }

    /// What the peer's function is called with, but for the call.
    fn passed(&self) -> Vec<TokenStream> {
        let views = self.names.iter().zip(self.views());
        let pass = |((name, view), argument): ((&Ident, Ident), &Argument)| match argument
            .ty
            .is_scalar()
        {
            true => quote!(::foreign_call::rt::Scalar::to_c(*#name)),
            false => quote!(::core::ptr::from_ref(#view).cast()),
        };
        views.zip(&self.function.arguments).map(pass).collect()
    }

    /// One-way and sync: the views lie on the stack.
    fn at_once(&self) -> TokenStream {
        let (symbol, references, passed) = (self.symbol(), self.as_references(), self.passed());
        let (names, views): (Vec<_>, Vec<_>) = self.lent_arguments().into_iter().unzip();
        let call = match self.function.mode {
            Mode::OneWay => quote_spanned! {Span::mixed_site()=>
                // SAFETY: the peer has the function, for this interface; the views live through it.
                unsafe { #symbol(#(#passed),*) }
            },
            _ => {
                let (answer, finish) = (&self.answer, self.finish());
                quote_spanned! {Span::mixed_site()=>
                    let outcome = ::foreign_call::rt::call_now::<#answer>(|call| {
                        // SAFETY: as the interface says; the views live through the call.
                        unsafe { #symbol(#(#passed,)* call) }
                    });
                    #finish
                }
            }
        };
        quote_spanned! {Span::mixed_site()=>
            check();
            #references
            #[allow(unused_mut, reason = "nothing is lent")]
            let mut size = 0;
            #(::foreign_call::ToRef::to_size(#names, &mut size);)*
            let mut buffer = ::foreign_call::rt::Room::new(size);
            #[allow(unused_mut, unused_variables, reason = "nothing is lent")]
            let mut writer = buffer.writer();
            #(let #views = &::foreign_call::ToRef::to_ref(#names, &mut writer);)*
            #call
        }
    }

    /// Async: the views lie in the buffer, which lives in the future.
    fn later(&self) -> TokenStream {
        let (symbol, references, passed) = (self.symbol(), self.as_references(), self.passed());
        let (names, views): (Vec<_>, Vec<_>) = self.lent_arguments().into_iter().unzip();
        let (answer, finish, notify) = (&self.answer, self.finish(), self.notify());
        self.in_time(quote_spanned! {Span::mixed_site()=>
            async move {
                check();
                #[allow(unused_mut, reason = "nothing is lent")]
                let mut size = 0;
                #(::foreign_call::rt::place_size(#names, &mut size);)*
                let mut buffer = ::foreign_call::convert::Buffer::new(size);
                let response = {
                    #references
                    #[allow(unused_mut, unused_variables, reason = "nothing is lent")]
                    let mut writer = buffer.writer();
                    #(let #views = writer.place(#names);)*
                    ::foreign_call::rt::call_later::<#answer>(#notify, |call| {
                        // SAFETY: as the interface says; the views live as long as the buffer, which
                        // the caller keeps until the answer.
                        unsafe { #symbol(#(#passed,)* call) }
                    })
                };
                let outcome = ::foreign_call::rt::answered(response).await;
                ::core::mem::drop(buffer);
                #finish
            }
        })
    }

    /// Drop-safe: arguments and views lie where they stay until the answer.
    fn lent(&self) -> TokenStream {
        let (symbol, passed, all) = (self.symbol(), self.passed(), &self.names);
        let (names, views): (Vec<_>, Vec<_>) = self.lent_arguments().into_iter().unzip();
        let (answer, finish, notify) = (&self.answer, self.finish(), self.notify());
        let back = match self.function.mode {
            Mode::DropSafeRet => {
                let arguments = match all.as_slice() {
                    [_] => quote_spanned!(Span::mixed_site()=> arguments.0),
                    _ => quote_spanned!(Span::mixed_site()=> arguments),
                };
                quote_spanned!(Span::mixed_site()=> ({ #finish }, #arguments))
            }
            _ => quote_spanned!(Span::mixed_site()=> ::core::mem::drop(arguments); #finish),
        };
        self.in_time(quote_spanned! {Span::mixed_site()=>
            async move {
                check();
                #[allow(unused_variables, reason = "numbers need no room")]
                let (outcome, arguments) = ::foreign_call::rt::lend::<_, #answer, _, _>(
                    #notify,
                    (#(#all,)*),
                    |(#(#all,)*), size| { #(::foreign_call::rt::place_size(#names, size);)* },
                    |(#(#all,)*), writer, call| {
                        #(let #views = writer.place(#names);)*
                        // SAFETY: as the interface says; arguments and views are kept until the
                        // peer has answered.
                        unsafe { #symbol(#(#passed,)* call) }
                    },
                )
                .await;
                #back
            }
        })
    }

    /// For a call whose peer is told when its future is dropped.
    fn notify(&self) -> TokenStream {
        let interface = format_ident!("{}_interface", self.it.name);
        match self.function.cancel {
            // SAFETY: a constant of the generated code; reading it is all that is done with it.
            true => quote!(unsafe { #interface.notify }),
            false => quote!(::core::option::Option::None),
        }
    }

    /// The future, with its deadline if it has one.
    fn in_time(&self, future: TokenStream) -> TokenStream {
        let Some(milliseconds) = self.function.deadline else { return future };
        let limit = quote!(::foreign_call::rt::Duration::from_millis(#milliseconds));
        quote!(::foreign_call::within(#limit, #future))
    }

    /// From how it went to what the function returns.
    fn finish(&self) -> TokenStream {
        let name = format!("{}::{}", self.it.name, self.function.name);
        match self.function.outcome {
            Outcome::Panics => quote_spanned!(Span::mixed_site()=>
                ::foreign_call::rt::or_panic(#name, outcome)),
            Outcome::CallError => {
                quote_spanned!(Span::mixed_site()=> outcome.map_err(|error| *error))
            }
            Outcome::Own => {
                // At the type, so that an error that is not `From<CallError>` is shown there.
                let at = self.returned.span().resolved_at(Span::mixed_site());
                let convert = quote_spanned!(at=> ::core::convert::From::from);
                quote_spanned! {Span::mixed_site()=>
                    outcome.unwrap_or_else(|error| ::core::result::Result::Err(#convert(*error)))
                }
            }
        }
    }
}
