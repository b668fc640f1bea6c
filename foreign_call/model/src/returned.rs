//! What a function returns: what comes, when, and what becomes of it when it goes wrong.

use syn::{Error, GenericArgument, Result, ReturnType, Signature, Type, TypeParamBound};

use crate::Outcome;

/// When a function's answer comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before it returns, if there is one.
    AtOnce,
    /// Once, by a future.
    Later,
    /// Again and again, by a stream.
    Again,
}

/// What a function returns, as it is written: of a future its output, of a stream its item.
///
/// # Errors
///
/// At what is neither a type nor an `impl Future<Output = T>` nor an `impl Stream<Item = T>`.
pub fn returned(signature: &Signature) -> Result<(Option<&Type>, When)> {
    let when = if signature.asyncness.is_some() { When::Later } else { When::AtOnce };
    let ReturnType::Type(_, ty) = &signature.output else { return Ok((None, when)) };
    match (of_impl(ty)?, when) {
        (Some((at, When::Later)), When::Later) => {
            Err(Error::new_spanned(at, "`async` and `impl Future`: write one of them"))
        }
        (Some((at, _)), When::Later) => Err(Error::new_spanned(
            at,
            "a stream begins at once and is not awaited itself: leave `async` out",
        )),
        (Some((part, when)), _) => Ok((Some(part), when)),
        (None, when) => Ok((Some(ty), when)),
    }
}

/// Of what a function returns: what the peer answers, and what the rest becomes.
pub fn answered(ty: &Type) -> (&Type, Outcome) {
    let Type::Path(path) = ty else { return (ty, Outcome::Panics) };
    let Some(last) = path.path.segments.last() else { return (ty, Outcome::Panics) };
    let syn::PathArguments::AngleBracketed(parts) = &last.arguments else {
        return (ty, Outcome::Panics);
    };
    let mut parts = parts.args.iter();
    match (parts.next(), parts.next()) {
        (Some(GenericArgument::Type(ok)), Some(GenericArgument::Type(Type::Path(error))))
            if last.ident == "Result"
                && error.path.segments.last().is_some_and(|last| last.ident == "CallError") =>
        {
            (ok, Outcome::CallError)
        }
        _ if last.ident == "Result" => (ty, Outcome::Own),
        _ => (ty, Outcome::Panics),
    }
}

/// The `T` of an `impl Future<Output = T>` or an `impl Stream<Item = T>`; `None` for any other type.
fn of_impl(ty: &Type) -> Result<Option<(&Type, When)>> {
    let Type::ImplTrait(bounds) = ty else { return Ok(None) };
    for bound in &bounds.bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        let Some(last) = bound.path.segments.last() else { continue };
        let syn::PathArguments::AngleBracketed(arguments) = &last.arguments else { continue };
        for argument in &arguments.args {
            let GenericArgument::AssocType(part) = argument else { continue };
            if last.ident == "Future" && part.ident == "Output" {
                return Ok(Some((&part.ty, When::Later)));
            }
            if last.ident == "Stream" && part.ident == "Item" {
                return Ok(Some((&part.ty, When::Again)));
            }
        }
    }
    let why = "only `impl Future<Output = T>` and `impl Stream<Item = T>` can be answered";
    Err(Error::new_spanned(ty, why))
}
