//! `#[mem]`: the functions whose calls are messages.

use foreign_call_model::{Argument, Mode, Trait};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use super::Call;

/// The peer's function that serves the ring of a trait.
pub(super) fn serve(it: &Trait) -> Ident {
    format_ident!("foreign_call_serve_{}", it.name)
}

/// The ring of a trait, if it needs one.
pub(super) fn link(it: &Trait, calls: &[Call<'_>]) -> TokenStream {
    let marked: Vec<_> = calls.iter().filter(|call| call.function.mem).collect();
    let words = marked.iter().map(|call| call.function.message_words()).max();
    let Some(words) = words else { return quote!() };
    let serve = serve(it);
    let answers = marked.iter().map(|call| match (&call.answer, call.function.mode) {
        (item, Mode::Stream) => quote!(answering_items::<#item>()),
        (answer, _) => quote!(answering::<#answer>()),
    });
    quote! {
        #[cfg(not(unix))]
        ::core::compile_error!("`#[mem]` needs file descriptors, so a Unix");

        const ANSWERS: &[::foreign_call::rt::Answering] =
            &[#(::foreign_call::rt::#answers),*];

        static LINK: ::foreign_call::rt::Link =
            ::foreign_call::rt::Link::new(#serve, ANSWERS, #words);
    }
}

impl Call<'_> {
    /// One-way: the arguments are kept until the peer has read them, if there is something to read.
    pub(super) fn told(&self) -> TokenStream {
        let (all, names, message) = (&self.names, self.lent_names(), self.message());
        let lends = self.function.lends();
        let function = format!("{}::{}", self.it.name, self.function.name);
        quote_spanned! {Span::mixed_site()=>
            #[allow(unused_variables, reason = "numbers need no room")]
            let outcome = ::foreign_call::rt::tell_over(
                &LINK,
                #lends,
                (#(#all,)*),
                |(#(#all,)*), size| { #(::foreign_call::rt::place_size(#names, size);)* },
                |(#(#all,)*), writer| #message,
            );
            ::foreign_call::rt::or_panic(#function, outcome)
        }
    }

    /// A stream: the arguments are kept as those of a one-way call.
    pub(super) fn stream_over(&self) -> TokenStream {
        let (all, names, message) = (&self.names, self.lent_names(), self.message());
        let (lends, items) = (self.function.lends(), self.items());
        quote_spanned! {Span::mixed_site()=>
            #[allow(unused_variables, reason = "numbers need no room")]
            let items = ::foreign_call::rt::stream_over(
                &LINK,
                #items,
                #lends,
                (#(#all,)*),
                |(#(#all,)*), size| { #(::foreign_call::rt::place_size(#names, size);)* },
                |(#(#all,)*), writer| #message,
            );
            items
        }
    }

    /// Async: the views lie in the buffer, which lives in the future.
    pub(super) fn later_over(&self) -> TokenStream {
        let (references, names, message) =
            (self.as_references(), self.lent_names(), self.message());
        let (answer, finish, notify) = (&self.answer, self.finish(), self.notify());
        self.in_time(quote_spanned! {Span::mixed_site()=>
            async move {
                #[allow(unused_mut, reason = "nothing is lent")]
                let mut size = 0;
                #(::foreign_call::rt::place_size(#names, &mut size);)*
                let mut buffer = ::foreign_call::convert::Buffer::new(size);
                let message = {
                    #references
                    #[allow(unused_mut, unused_variables, reason = "nothing is lent")]
                    let mut writer = buffer.writer();
                    #message
                };
                let called =
                    ::foreign_call::rt::call_over::<#answer, _>(&LINK, #notify, message).await;
                let outcome = ::foreign_call::rt::answered(called).await;
                ::core::mem::drop(buffer);
                #finish
            }
        })
    }

    /// Drop-safe: arguments and views lie where they stay until the answer.
    pub(super) fn lent_over(&self) -> TokenStream {
        let (all, names, message) = (&self.names, self.lent_names(), self.message());
        let (answer, notify) = (&self.answer, self.notify());
        let back = self.given_back();
        self.in_time(quote_spanned! {Span::mixed_site()=>
            async move {
                #[allow(unused_variables, reason = "numbers need no room")]
                let (outcome, arguments) = ::foreign_call::rt::lend_over::<_, #answer, _, _, _>(
                    &LINK,
                    #notify,
                    (#(#all,)*),
                    |(#(#all,)*), size| { #(::foreign_call::rt::place_size(#names, size);)* },
                    |(#(#all,)*), writer| #message,
                )
                .await;
                #back
            }
        })
    }

    fn lent_names(&self) -> Vec<&Ident> {
        self.lent_arguments().into_iter().map(|(name, _)| name).collect()
    }

    /// The words of the message, from references to all arguments and a `writer`.
    fn message(&self) -> TokenStream {
        let number = self.it.mem_functions().position(|it| it.name == self.function.name);
        let number = number.expect("it is one of them") as u64;
        let word = |(name, argument): (&Ident, &Argument)| match argument.ty.is_scalar() {
            true => quote!(::foreign_call::rt::Scalar::to_word(*#name)),
            false => quote_spanned!(Span::mixed_site()=>
                ::core::ptr::from_ref(writer.place(#name)).expose_provenance() as u64),
        };
        let words = self.names.iter().zip(&self.function.arguments).map(word);
        let later = (1..self.function.words_before_arguments()).map(|_| 0_u64);
        quote!([#number, #(#later,)* #(#words),*])
    }
}
