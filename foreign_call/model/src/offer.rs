//! Traits that Rust implements and the peer calls.

use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, FnArg, ItemTrait, ReceiverKind, Result, Signature, TraitItemFn};

use crate::errors::every;
use crate::{
    Argument, Function, Mode, Outcome, Trait, Type, When, answered, docs, is_mark, returned,
};

impl Trait {
    /// The attribute that marks one which Rust implements.
    pub const OFFERED: &str = "g2r";

    /// Reads a trait that Rust implements. Its functions are [`Mode::OneWay`], [`Mode::Sync`] or
    /// [`Mode::Async`].
    ///
    /// # Errors
    ///
    /// At what the peer can't call.
    pub fn parse_offered(item: &ItemTrait) -> Result<Trait> {
        let no_supertraits =
            "leave it out: `Send + Sync + 'static` is added, and nothing else can be called";
        let made_for = |_: &Function| ["_rust", "_answer"].as_slice();
        Trait::read(item, no_supertraits, Function::parse_offered, made_for)
    }
}

impl Function {
    fn parse_offered(item: &TraitItemFn) -> Result<Function> {
        let signature = &item.sig;
        Function::is_bare(
            item,
            "the implementation has the body; end the declaration with `;`",
            "a function that C calls can't be generic",
        )?;
        if let Some(mark) = item.attrs.iter().find(|attribute| is_mark(attribute)) {
            return Err(Error::new_spanned(mark, "this mark is for calls to the peer, with `r2g`"));
        }
        receiver(signature)?;
        let arguments = every(signature.inputs.iter().skip(1).map(argument))?;
        let (answer, when) = returned(signature)?;
        let mode = match (when, answer) {
            (When::Again, _) => {
                return Err(Error::new_spanned(
                    &signature.output,
                    "a stream can be called, with `r2g`, but not offered",
                ));
            }
            (When::Later, _) => Mode::Async,
            (When::AtOnce, Some(_)) => Mode::Sync,
            (When::AtOnce, None) => Mode::OneWay,
        };
        let written = answer.map(answered);
        let (answer, outcome) = written.map_or((None, Outcome::Panics), |(ty, it)| (Some(ty), it));
        let answer_span = answer.map_or_else(|| signature.ident.span(), Spanned::span);
        Ok(Function {
            name: signature.ident.unraw().to_string(),
            docs: docs(&item.attrs),
            arguments,
            answer: match answer {
                Some(ty) => Some(Type::parse(ty)?),
                None => (mode == Mode::Async).then_some(Type::Unit),
            },
            outcome,
            mode,
            send: mode == Mode::Async,
            cancel: false,
            deadline: None,
            buffer: 0,
            mem: false,
            process: false,
            span: signature.ident.span(),
            answer_span,
        })
    }
}

fn argument(argument: &FnArg) -> Result<Argument> {
    if let FnArg::Typed(typed) = argument
        && let syn::Type::Reference(reference) = &*typed.ty
    {
        if reference.mutability.is_some() {
            return Err(Error::new_spanned(
                reference,
                "what the peer lends may be read, not written; use `&`",
            ));
        }
        // `'static`: no other has a name here. The implementation could keep it.
        if let Some(lifetime) = reference.lifetime.as_ref().filter(|it| it.ident != "_") {
            return Err(Error::new_spanned(
                lifetime,
                "the peer lends it until its call returns: leave the lifetime out",
            ));
        }
    }
    Argument::parse(argument)
}

/// The first argument must be `&self`.
fn receiver(signature: &Signature) -> Result<()> {
    match signature.inputs.first() {
        Some(FnArg::Receiver(it)) if matches!(it.kind, ReceiverKind::Reference(_, None, None)) => {
            Ok(())
        }
        Some(FnArg::Receiver(other)) => Err(Error::new_spanned(
            other,
            "several threads may call the same instance at once: take `&self`, and have a lock or \
             atomics inside",
        )),
        _ => Err(Error::new_spanned(
            &signature.ident,
            "an instance is offered, so its functions take `&self`",
        )),
    }
}
