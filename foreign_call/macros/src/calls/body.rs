//! The functions of a trait's implementation: views are made, the peer is called, its answer becomes what
//! the function returns.

use foreign_call_model::{Argument, Mode, Outcome};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned;

use super::Call;

impl Call<'_> {
    /// In the implementation.
    pub(super) fn definition(&self) -> TokenStream {
        let signature = self.signature(&quote!(use<>));
        let body = match (self.function.mode, self.function.mem) {
            (Mode::OneWay, true) => self.told(),
            (Mode::Stream, true) => self.stream_over(),
            (Mode::OneWay | Mode::Sync | Mode::Stream, _) => self.at_once(),
            (Mode::Async, false) => self.later(),
            (Mode::Async, true) => self.later_over(),
            (Mode::DropSafe | Mode::DropSafeRet, false) => self.lent(),
            (Mode::DropSafe | Mode::DropSafeRet, true) => self.lent_over(),
        };
        // A panic is the caller's, so it stands at the caller's line; and the check of the interface
        // comes before the future, which is polled elsewhere. Inline, or each call would pass its line.
        quote!(#[inline] #[track_caller] #signature { check(); #body })
    }

    /// Names that no argument's name can meet.
    fn views(&self) -> Vec<Ident> {
        self.names
            .iter()
            .map(|name| Ident::new(&format!("{name}_view").replace("r#", ""), Span::mixed_site()))
            .collect()
    }

    /// The arguments that are lent: all but numbers, which go by value.
    pub(super) fn lent_arguments(&self) -> Vec<(&Ident, Ident)> {
        let views = self.names.iter().zip(self.views());
        let lent = views.zip(&self.function.arguments).filter(|(_, it)| !it.ty.is_scalar());
        lent.map(|(names, _)| names).collect()
    }

    /// All as references, whatever they were.
    pub(super) fn as_references(&self) -> TokenStream {
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
            Mode::Stream => {
                let items = self.items();
                quote_spanned! {Span::mixed_site()=>
                    ::foreign_call::rt::call_stream(
                        #items,
                        // SAFETY: as the interface says; the views live through the call.
                        |call| unsafe { #symbol(#(#passed,)* call) },
                    )
                }
            }
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
        let (answer, back, notify) = (&self.answer, self.given_back(), self.notify());
        self.in_time(quote_spanned! {Span::mixed_site()=>
            async move {
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

    /// What a drop-safe function returns, from the outcome and the arguments.
    pub(super) fn given_back(&self) -> TokenStream {
        let finish = self.finish();
        if self.function.mode != Mode::DropSafeRet {
            return quote_spanned!(Span::mixed_site()=> ::core::mem::drop(arguments); #finish);
        }
        let arguments = match self.names.as_slice() {
            [_] => quote_spanned!(Span::mixed_site()=> arguments.0),
            _ => quote_spanned!(Span::mixed_site()=> arguments),
        };
        quote_spanned!(Span::mixed_site()=> ({ #finish }, #arguments))
    }

    /// Where the items of a stream come.
    pub(super) fn items(&self) -> TokenStream {
        let (answer, item, finish) = (&self.answer, &self.returned, self.finish());
        let (buffer, notify) = (self.function.buffer, self.notify());
        quote_spanned! {Span::mixed_site()=>
            ::foreign_call::rt::Items::<#answer, #item>::new(#buffer, #notify, |outcome| #finish)
        }
    }

    /// For a call whose peer is told what becomes of it.
    pub(super) fn notify(&self) -> TokenStream {
        let interface = format_ident!("{}_interface", self.it.name);
        match self.function.cancel || self.function.mode == Mode::Stream {
            // SAFETY: a constant of the generated code; reading it is all that is done with it.
            true => quote!(unsafe { #interface.notify }),
            false => quote!(::core::option::Option::None),
        }
    }

    /// The future, with its deadline if it has one.
    pub(super) fn in_time(&self, future: TokenStream) -> TokenStream {
        let Some(milliseconds) = self.function.deadline else { return future };
        let limit = quote!(::foreign_call::rt::Duration::from_millis(#milliseconds));
        quote!(::foreign_call::within(#limit, #future))
    }

    /// From how it went to what the function returns.
    pub(super) fn finish(&self) -> TokenStream {
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
