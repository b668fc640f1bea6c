//! The macros of `foreign_call`, which re-exports and documents them.

mod views;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// The view of a struct or an enum, so that it can be an argument (`ToRef`) and an answer
/// (`FromRef`).
///
/// A struct of numbers with `#[repr(C)]`, or an enum without data with `#[repr(u32)]`, lies in memory
/// as its view does: then a `Vec` of it goes by reference. Any other goes field by field.
#[proc_macro_derive(R2G)]
pub fn derive_r2g(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as syn::DeriveInput);
    views::derive(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}
