//! Traits whose functions run in another process.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Error, Meta, Result};

use crate::errors::all;
use crate::{Function, Mode, Trait};

/// Made beside a trait's functions, so none of them may be called so.
const OWN: [&str; 2] = ["connect", "disconnect"];

impl Trait {
    /// Whether the attribute's arguments say so.
    ///
    /// # Errors
    ///
    /// At what they say else.
    pub fn in_process(arguments: &TokenStream) -> Result<bool> {
        if arguments.is_empty() {
            return Ok(false);
        }
        match syn::parse2::<Ident>(arguments.clone()) {
            Ok(word) if word == "process" => Ok(true),
            _ => Err(Error::new_spanned(
                arguments,
                "`#[r2g]` takes no arguments, or `process` where another process has the functions",
            )),
        }
    }

    /// The same, where the whole attribute is there.
    pub(crate) fn marked_in_process(attributes: &[Attribute]) -> Result<bool> {
        let is_ours = |it: &&Attribute| {
            it.path().segments.last().is_some_and(|last| last.ident == Trait::ATTRIBUTE)
        };
        match attributes.iter().find(is_ours).map(|it| &it.meta) {
            Some(Meta::List(list)) => Trait::in_process(&list.tokens),
            _ => Ok(false),
        }
    }

    /// Refuses what can't be asked of another process.
    pub(crate) fn fits_process(&self) -> Result<()> {
        all(self.functions.iter().filter_map(|it| it.fits_process().err()))
    }
}

impl Function {
    fn fits_process(&self) -> Result<()> {
        let why = if OWN.contains(&self.name.as_str()) {
            "it has the name of what finds or leaves the process; give it another one"
        } else if !self.mem {
            "another process has no functions to call, it gets messages: mark it `#[mem]`"
        } else if !(self.mode == Mode::OneWay || self.mode.is_async()) {
            "another process answers each call once; make it `async`"
        } else if self.cancel {
            "another process is not told that a future was dropped; leave `#[cancel]` out"
        } else {
            return Ok(());
        };
        Err(Error::new(self.span, why))
    }
}
