//! The macros of `foreign_call`, which re-exports and documents them.

mod calls;
mod crossing;
mod offers;
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

/// Calls to C or Go, from their description as a trait. For a trait `Demo` it makes `DemoImpl`, whose
/// functions call the peer's.
///
/// | in the trait | the call |
/// |---|---|
/// | `fn f(a: &A);` | one-way |
/// | `fn f(a: &A) -> T;` | sync: the peer answers before it returns |
/// | `async fn f(a: &A) -> T;`, or `-> impl Future<Output = T>` | async; it becomes an `unsafe fn`, since the arguments must live until the peer has answered |
/// | `#[drop_safe] async fn f(a: A) -> T;` | async; the arguments are kept until the peer has answered, whatever becomes of the future |
/// | `#[drop_safe_ret] async fn f(a: A) -> T;` | likewise, and they come back: `(T, A)`, or `(T, (A, B))` |
/// | `#[send]` with any of the async ones | the future must be `Send` |
/// | `#[cancel]` likewise | the peer is told when the future is dropped unanswered |
/// | `#[deadline(5000)]` likewise | after so many milliseconds the future is dropped, and the call ends with `CallError::Deadline`; not where the peer may still read what the caller gets back |
/// | `fn f(a: &A) -> impl Stream<Item = T>` | a stream: the peer sends items, from any threads, until either side ends it; the arguments are lent until its function returns |
/// | `#[buffer(16)]` with a stream | so many items wait at most; the peer then waits for room |
/// | `#[mem]` with a one-way or async one, or a stream | its calls, answers and items are messages of a ring. A one-way one and a stream take owned arguments |
///
/// With `#[r2g(process)]` the functions are another process's, on Linux, and all of them marked
/// `#[mem]`. `DemoImpl::connect` says which process. What is lent is copied at once, so no function is
/// `unsafe`.
///
/// If `T` is a `Result<_, E>` with `E: From<CallError>`, whatever goes wrong is an error value. With
/// any other `T` it is a panic, in the caller. In a stream the error is the last item.
///
/// What the macros write says `::foreign_call`. Where the dependency has another name, put
/// `extern crate other_name as foreign_call;` into the crate's root.
#[proc_macro_attribute]
pub fn r2g(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemTrait);
    calls::expand(arguments.into(), &item).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// Offers an implementation in Rust to C and Go, from the description of its functions as a trait.
/// For a trait `Store` it makes `StoreOffer`: `StoreOffer::new(instance)` lets the peer call this
/// instance, from any thread, until the offer is dropped.
///
/// | in the trait | the peer's call |
/// |---|---|
/// | `fn f(&self, a: A);` | one-way |
/// | `fn f(&self, a: A) -> T;` | sync: answered before it returns |
/// | `async fn f(&self, a: A) -> T;`, or `-> impl Future<Output = T>` | async; answered by a task, which `StoreOffer::new(instance, spawn)` gives to a runtime. Its future must be `Send` |
///
/// Arguments are owned or borrowed, as the trait has them. A sync function borrows a `&str`, and a
/// `&[T]` of plain numbers, from the peer's own memory. `Send + Sync + 'static` is added to the trait.
///
/// If `T` is a `Result<_, CallError>`, its error is the call's failure, with code and message. Any
/// other `Result` is a value like others. A panic is a failure, too.
#[proc_macro_attribute]
pub fn g2r(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemTrait);
    offers::expand(arguments.into(), &item).unwrap_or_else(|error| error.to_compile_error()).into()
}
