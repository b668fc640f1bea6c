//! `#[g2r]`.

use std::ops::Deref;

use foreign_call_model::{Argument, Mode, Outcome, Trait};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Error, ItemTrait, Result, Type};

use crate::crossing::{Crossing, shape};

pub(crate) fn expand(arguments: TokenStream, item: &ItemTrait) -> Result<TokenStream> {
    if !arguments.is_empty() {
        return Err(Error::new_spanned(arguments, "`#[g2r]` takes no arguments"));
    }
    Trait::alone(&item.attrs)?;
    let it = Trait::parse_offered(item)?;
    let crossings = Crossing::all(&it, item)?;
    let shape = shape("offer", &it, &crossings);
    let functions: Vec<Offered<'_>> = crossings.into_iter().map(Offered).collect();
    let (attributes, vis, name, text) = (&item.attrs, &item.vis, &item.ident, &it.name);
    let (offer, erased) = (format_ident!("{name}Offer"), format_ident!("{name}Erased"));
    let docs = format!("An instance of [`{name}`] that C and Go can call, until this is dropped.");
    let is_async = it.functions.iter().any(|function| function.mode.is_async());
    let spawn = is_async.then(|| quote!(, ::foreign_call::rt::Spawn));
    let new = new(&it, &offer, &erased, is_async);
    let declared = functions.iter().map(Offered::declaration);
    let erased_declared = functions.iter().map(Offered::erased_declaration);
    let erased_defined = functions.iter().map(Offered::erased_definition);
    let exported = functions.iter().map(|it| it.exported(&erased));
    Ok(quote! {
        #(#attributes)*
        #vis trait #name: ::core::marker::Send + ::core::marker::Sync + 'static { #(#declared)* }

        #[doc = #docs]
        #[derive(Debug)]
        #[must_use = "dropped, it offers nothing"]
        #vis struct #offer(());

        #[allow(clippy::too_many_arguments, reason = "as many as the trait has, and three")]
        const _: () = {
            /// Names, order and layout of all that crosses, as Rust has them.
            const INTERFACE: u64 = #shape;

            static OFFERED: ::foreign_call::rt::Slot<dyn #erased #spawn> =
                ::foreign_call::rt::Slot::new(#text, INTERFACE);

            impl #offer { #new }

            impl ::core::ops::Drop for #offer {
                fn drop(&mut self) {
                    OFFERED.withdraw();
                }
            }

            /// The trait without the instance's type, and with futures that have one size.
            trait #erased: ::core::marker::Send + ::core::marker::Sync { #(#erased_declared)* }

            impl<Instance: #name> #erased for Instance { #(#erased_defined)* }

            #(#exported)*
        };
    })
}

/// `StoreOffer::new`.
fn new(it: &Trait, offer: &Ident, erased: &Ident, is_async: bool) -> TokenStream {
    let name = format_ident!("{}", it.name);
    let spawn = is_async.then(|| {
        quote!(, spawn: impl ::core::ops::Fn(::foreign_call::Task)
            + ::core::marker::Send + ::core::marker::Sync + 'static)
    });
    let spawned = match is_async {
        true => quote!(::std::boxed::Box::new(spawn)),
        false => quote!(()),
    };
    let docs = is_async.then(|| {
        quote! {
            /// `spawn` gives a task to a runtime. It is called on the thread of whoever calls an
            /// async function, so for tokio it takes a handle along:
            /// `move |task| { handle.spawn(task); }`.
            ///
        }
    });
    quote! {
        /// Offers an instance: from now on, calls from any thread find it.
        ///
        #docs
        /// # Errors
        ///
        /// If another instance is offered. This one comes back.
        pub fn new<Instance: #name>(
            instance: Instance #spawn
        ) -> ::core::result::Result<#offer, ::foreign_call::AlreadyOffered<Instance>> {
            let instance = ::std::sync::Arc::new(instance);
            let erased: ::std::sync::Arc<dyn #erased> = instance.clone();
            OFFERED.offer(instance, erased, #spawned)?;
            ::core::result::Result::Ok(#offer(()))
        }
    }
}

/// One function of the trait, which Rust has.
struct Offered<'a>(Crossing<'a>);

impl<'a> Deref for Offered<'a> {
    type Target = Crossing<'a>;

    fn deref(&self) -> &Crossing<'a> {
        &self.0
    }
}

impl Offered<'_> {
    /// In the trait.
    fn declaration(&self) -> TokenStream {
        let (attributes, signature) = (&self.written.attrs, self.signature());
        quote!(#(#attributes)* #signature;)
    }

    fn signature(&self) -> TokenStream {
        let (name, inputs, returned) =
            (&self.written.sig.ident, &self.written.sig.inputs, &self.returned);
        let output = match self.function.mode {
            Mode::OneWay => quote!(),
            Mode::Sync => quote!(-> #returned),
            _ => quote!(-> impl ::core::future::Future<Output = #returned> + ::core::marker::Send),
        };
        quote!(fn #name(#inputs) #output)
    }

    /// Without the instance's type. What an async function gets is its own by then.
    fn erased_signature(&self) -> TokenStream {
        if !self.function.mode.is_async() {
            return self.signature();
        }
        let (name, names, answer) = (&self.written.sig.ident, &self.names, &self.answer);
        let types = self.arguments().map(|argument| argument.owned());
        quote_spanned! {Span::mixed_site()=>
            fn #name(
                self: ::std::sync::Arc<Self>,
                #(#names: #types,)*
                later: ::foreign_call::rt::Later<#answer>,
            ) -> ::foreign_call::Task
        }
    }

    fn erased_declaration(&self) -> TokenStream {
        let signature = self.erased_signature();
        quote!(#signature;)
    }

    fn erased_definition(&self) -> TokenStream {
        let signature = self.erased_signature();
        let (it, name) = (format_ident!("{}", self.it.name), &self.written.sig.ident);
        let names = &self.names;
        if !self.function.mode.is_async() {
            return quote!(#signature { <Instance as #it>::#name(self, #(#names),*) });
        }
        let passed =
            self.arguments().map(|Passed { name, argument, .. }| match argument.borrowed {
                true => quote!(&#name),
                false => quote!(#name),
            });
        let outcome = self.outcome(quote_spanned! {Span::mixed_site()=>
            <Instance as #it>::#name(&*self, #(#passed),*).await
        });
        quote_spanned! {Span::mixed_site()=>
            #signature {
                ::std::boxed::Box::pin(::foreign_call::rt::answer_later(later, async move {
                    #outcome
                }))
            }
        }
    }

    /// From what the implementation returns to an answer, or why there is none.
    fn outcome(&self, returned: TokenStream) -> TokenStream {
        match self.function.outcome {
            Outcome::CallError => quote!(::core::result::Result::Ok(#returned?)),
            Outcome::Own | Outcome::Panics => quote!(::core::result::Result::Ok(#returned)),
        }
    }

    fn arguments(&self) -> impl Iterator<Item = Passed<'_>> {
        let parts = self.names.iter().zip(&self.types).zip(&self.function.arguments);
        parts.map(|((name, ty), argument)| Passed { name, ty, argument })
    }

    /// What the peer calls.
    fn exported(&self, erased: &Ident) -> TokenStream {
        let (symbol, name) = (
            format_ident!("{}_{}_rust", self.it.name, self.function.name),
            &self.written.sig.ident,
        );
        let parameters = self.arguments().map(|argument| argument.parameter());
        let checked = self.arguments().map(|argument| argument.checked(self.function.mode));
        let passed = self.arguments().map(|argument| argument.passed(self.function.mode));
        let answer = &self.answer;
        let body = match self.function.mode {
            Mode::OneWay | Mode::Sync => {
                let call = quote_spanned! {Span::mixed_site()=>
                    #erased::#name(&*offered.instance, #(#passed),*)
                };
                let outcome = self.outcome(call);
                let end = match self.function.mode {
                    Mode::OneWay => quote!(tell),
                    _ => quote!(answer_now::<#answer>),
                };
                quote_spanned! {Span::mixed_site()=>
                    ::foreign_call::rt::#end(reply, || {
                        let offered = OFFERED.find(interface)?;
                        #(#checked)*
                        #outcome
                    })
                }
            }
            _ => quote_spanned! {Span::mixed_site()=>
                ::foreign_call::rt::begin(reply, |beginning| {
                    let offered = OFFERED.find(interface)?;
                    #(#checked)*
                    let instance = ::std::sync::Arc::clone(&offered.instance);
                    (offered.spawn)(#erased::#name(instance, #(#passed,)* beginning.later()));
                    ::core::result::Result::Ok(())
                })
            },
        };
        quote_spanned! {Span::mixed_site()=>
            /// # Safety
            ///
            /// As the interface says, if its number is the same.
            #[unsafe(no_mangle)]
            unsafe extern "C" fn #symbol(
                interface: u64,
                answer: ::core::option::Option<::foreign_call::rt::AnswerFunction>,
                user_data: *mut ::core::ffi::c_void,
                #(#parameters)*
            ) -> u32 {
                // SAFETY: as the interface says.
                let reply = unsafe { ::foreign_call::rt::Reply::new(answer, user_data) };
                #body
            }
        }
    }
}

/// An argument on its way from the peer.
struct Passed<'a> {
    name: &'a Ident,
    ty: &'a Type,
    argument: &'a Argument,
}

impl Passed<'_> {
    /// As it comes; a name that no argument's can meet.
    fn view(&self) -> Ident {
        Ident::new(&format!("{}_view", self.argument.name), Span::mixed_site())
    }

    fn parameter(&self) -> TokenStream {
        let (view, ty) = (self.view(), self.ty);
        match self.argument.ty.is_scalar() {
            true => quote!(#view: <#ty as ::foreign_call::ToRef>::Ref<'static>,),
            false => quote!(#view: *const ::core::ffi::c_void,),
        }
    }

    /// The type that keeps it.
    fn owned(&self) -> TokenStream {
        let ty = self.ty;
        match self.ty {
            Type::Slice(slice) => {
                let element = &slice.elem;
                quote!(::std::vec::Vec<#element>)
            }
            _ if self.is_str() => quote!(::std::string::String),
            _ => quote!(#ty),
        }
    }

    fn is_str(&self) -> bool {
        matches!(self.ty, Type::Path(path) if path.path.segments.last().is_some_and(|it| it.ident == "str"))
    }

    /// From the view to the value. What a sync function borrows, the peer keeps.
    fn checked(&self, mode: Mode) -> TokenStream {
        let (name, view, text, owned) = (self.name, self.view(), &self.argument.name, self.owned());
        if self.argument.ty.is_scalar() {
            return quote!(let #name = ::foreign_call::rt::scalar::<#owned>(&#view, #text)?;);
        }
        let read = match self.ty {
            Type::Slice(slice) if !mode.is_async() => {
                let element = &slice.elem;
                quote!(list::<#element>)
            }
            _ if self.is_str() && !mode.is_async() => quote!(text),
            _ => quote!(owned::<#owned>),
        };
        quote! {
            // SAFETY: a view of this type, or of none, which the peer keeps until we return.
            let #name = unsafe { ::foreign_call::rt::#read(#view, #text) }?;
        }
    }

    /// To the implementation.
    fn passed(&self, mode: Mode) -> TokenStream {
        let name = self.name;
        match self.argument.borrowed && !mode.is_async() {
            true if self.is_str() => quote!(#name),
            true => quote!(&#name),
            false => quote!(#name),
        }
    }
}
