//! `#[r2g(process)]`: functions that another process has. A call is made into a message, and nothing of
//! it is needed afterwards.

use foreign_call_model::{Mode, Trait};
use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ItemTrait;

use super::Call;

pub(super) fn expand(
    it: &Trait,
    item: &ItemTrait,
    shape: &TokenStream,
    calls: &[Call<'_>],
) -> TokenStream {
    let (attributes, vis, name, text) = (&item.attrs, &item.vis, &item.ident, &it.name);
    let imp = format_ident!("{name}Impl");
    let docs =
        format!("[`{name}`], answered by another process, which [`{imp}::connect`] tells of.");
    let serve = format!(
        "From now on the process at the other end of `socket` is called: one that accepts there, by \
         `{name}_serve` of the generated header. `options` says how many calls have room in the ring, \
         and how long a message may be, in bytes."
    );
    let declared = calls.iter().map(Call::declaration);
    let made = calls.iter().enumerate().map(|(number, call)| call.in_process(number as u64));
    quote! {
        #(#attributes)*
        #vis trait #name { #(#declared)* }

        #[doc = #docs]
        #[derive(Debug, Clone, Copy)]
        #vis struct #imp;

        const _: () = {
            #[cfg(not(target_os = "linux"))]
            ::core::compile_error!("a trait that another process has needs Linux");

            static PROCESS: ::foreign_call::rt::Process =
                ::foreign_call::rt::Process::new(#text, #shape);

            impl #imp {
                #[doc = #serve]
                ///
                /// It waits until that process has accepted, for as long as the socket's read timeout
                /// says. The socket is used for this only, and may be closed afterwards. May be called
                /// again, with another process: calls that are under way end in the one that has them.
                ///
                /// # Errors
                ///
                /// The process is gone, does not accept, or serves another version of the trait. Then
                /// all is as before.
                #vis fn connect(
                    socket: &::foreign_call::rt::UnixStream,
                    options: &::foreign_call::ring::Options,
                ) -> ::std::io::Result<()> {
                    PROCESS.connect(socket, options)
                }

                /// From now on no process is called. The one that was gets to know when the calls that
                /// are under way have ended.
                #vis fn disconnect() {
                    PROCESS.disconnect();
                }
            }

            impl #name for #imp { #(#made)* }
        };
    }
}

impl Call<'_> {
    /// In the implementation.
    fn in_process(&self, number: u64) -> TokenStream {
        let signature = self.signature(&quote!(use<>));
        let (all, references) = (&self.names, self.as_references());
        let prepared = quote_spanned! {Span::mixed_site()=>
            #references
            #[allow(unused_variables, reason = "there may be no arguments")]
            let outgoing = ::foreign_call::rt::prepare(&PROCESS, #number, |packer| {
                #(packer.value(#all);)*
            });
        };
        let body = match self.function.mode {
            Mode::OneWay => {
                let function = format!("{}::{}", self.it.name, self.function.name);
                quote_spanned! {Span::mixed_site()=>
                    #prepared
                    let outcome = ::foreign_call::rt::tell_process(outgoing);
                    ::foreign_call::rt::or_panic(#function, outcome)
                }
            }
            _ => {
                let (answer, given_back) = (&self.answer, self.given_back());
                self.in_time(quote_spanned! {Span::mixed_site()=>
                    async move {
                        let outgoing = { #prepared outgoing };
                        let arguments = (#(#all,)*);
                        let outcome = ::foreign_call::rt::ask_process::<#answer>(outgoing).await;
                        #given_back
                    }
                })
            }
        };
        quote!(#[inline] #[track_caller] #signature { #body })
    }
}
