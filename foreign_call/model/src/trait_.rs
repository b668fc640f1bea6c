use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemTrait, Pat, Result, TraitItem, TraitItemFn};

use crate::errors::{all, every};
use crate::marks::{Marked, Marks};
use crate::returned::{When, answered, returned};
use crate::{Type, docs};

/// A trait of foreign calls.
#[derive(Debug, Clone)]
pub struct Trait {
    /// Its name. The peer's functions begin with it.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<String>,
    /// Its functions, as they stand.
    pub functions: Vec<Function>,
    /// Whether another process has the functions.
    pub process: bool,
    /// Where its name stands.
    pub span: Span,
}

/// A function of a [`Trait`].
#[derive(Debug, Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// Its doc comment.
    pub docs: Vec<String>,
    /// What it takes.
    pub arguments: Vec<Argument>,
    /// What the peer answers, each time if it is a stream; `None` for a one-way call.
    pub answer: Option<Type>,
    /// What becomes of a call that goes wrong.
    pub outcome: Outcome,
    /// How it is called.
    pub mode: Mode,
    /// Whether its future must be `Send`.
    pub send: bool,
    /// Whether the peer is told when its future is dropped.
    pub cancel: bool,
    /// After so many milliseconds nobody waits any more.
    pub deadline: Option<u64>,
    /// So many items of a stream wait at most.
    pub buffer: usize,
    /// Whether its calls go over a ring.
    pub mem: bool,
    /// Whether another process has it, so that all that crosses is copied and nothing lent.
    pub process: bool,
    /// Where its name stands.
    pub span: Span,
    /// Where its answer's type stands.
    pub answer_span: Span,
}

/// How a function is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Nothing comes back.
    OneWay,
    /// The answer comes before the peer's function returns.
    Sync,
    /// The answer comes later. What was lent must live until then, which the caller promises.
    Async,
    /// The answer comes later. The arguments are given, and live until then whatever happens.
    DropSafe,
    /// As `DropSafe`, and the arguments come back with the answer.
    DropSafeRet,
    /// Any number of answers come, from any thread. What is lent must live until the peer's function
    /// returns.
    Stream,
}

impl Mode {
    /// Whether the answer comes later.
    pub fn is_async(self) -> bool {
        matches!(self, Mode::Async | Mode::DropSafe | Mode::DropSafeRet)
    }

    /// What the peer has to know of it.
    pub fn name(self) -> &'static str {
        match self {
            Mode::OneWay => "one-way",
            Mode::Sync => "sync",
            Mode::Async | Mode::DropSafe | Mode::DropSafeRet => "async",
            Mode::Stream => "stream",
        }
    }
}

/// What becomes of a call that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It panics: the answer's type has no room for an error.
    Panics,
    /// `Result<T, CallError>`: the peer answers a `T`, and all else is the error.
    CallError,
    /// `Result<T, E>`: the peer answers the `Result`, and all else becomes an `E`.
    Own,
}

/// An argument of a [`Function`].
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type, without the `&`.
    pub ty: Type,
    /// Whether it is a `&`.
    pub borrowed: bool,
    /// Where its type stands.
    pub span: Span,
    /// Where its name stands.
    pub name_span: Span,
}

impl Function {
    /// Whether the peer reads in memory of the caller's: not if all arguments are numbers.
    pub fn lends(&self) -> bool {
        self.arguments.iter().any(|argument| !argument.ty.is_scalar())
    }

    /// So many words of its message come before the arguments (`#[mem]`): which function, the call's
    /// handle, and for a stream the loan's handle and the address of its room.
    pub fn words_before_arguments(&self) -> usize {
        if self.mode == Mode::Stream { 4 } else { 2 }
    }

    /// So many words its message has (`#[mem]`).
    pub fn message_words(&self) -> usize {
        self.words_before_arguments() + self.arguments.len()
    }

    /// Whether the caller has to promise something: it lends memory for a call that ends later.
    pub fn is_unsafe(&self) -> bool {
        self.mode == Mode::Async && self.lends() && !self.process
    }
}

impl Trait {
    /// The attribute that marks one.
    pub const ATTRIBUTE: &str = "r2g";

    /// Reads a trait, whose functions another process may have.
    ///
    /// # Errors
    ///
    /// At what can't be called.
    pub fn parse(item: &ItemTrait, process: bool) -> Result<Trait> {
        let made_for = |function: &Function| match function.mode {
            Mode::Stream => ["_call", "_answer", "_send", "_end"].as_slice(),
            _ => ["_call", "_answer"].as_slice(),
        };
        let no_supertraits = "a trait of calls has no supertraits: only functions cross";
        let parse = |function: &TraitItemFn| Function::parse(function, process);
        let it = Trait { process, ..Trait::read(item, no_supertraits, parse, made_for)? };
        if process {
            it.fits_process()?;
        }
        Ok(it)
    }

    /// The functions whose calls go over the ring. A message names each by its place among them.
    pub fn mem_functions(&self) -> impl Iterator<Item = &Function> {
        self.functions.iter().filter(|function| function.mem)
    }

    /// Reads a trait of either direction. `made_for` says which endings of a function's name the
    /// generator gives to something else.
    pub(crate) fn read(
        item: &ItemTrait,
        no_supertraits: &str,
        parse: impl Fn(&TraitItemFn) -> Result<Function>,
        made_for: impl Fn(&Function) -> &'static [&'static str],
    ) -> Result<Trait> {
        if !item.generics.params.is_empty() {
            return Err(Error::new_spanned(&item.generics, "a trait of calls can't be generic"));
        }
        if !item.supertraits.is_empty() {
            return Err(Error::new_spanned(&item.supertraits, no_supertraits));
        }
        let parse = |item: &TraitItem| match item {
            TraitItem::Fn(function) => parse(function),
            other => Err(Error::new_spanned(other, "only functions can be called")),
        };
        let functions = every(item.items.iter().map(parse))?;
        all(functions.iter().filter_map(|it| it.is_free(&functions, &made_for).err()))?;
        Ok(Trait {
            name: item.ident.to_string(),
            docs: docs(&item.attrs),
            functions,
            process: false,
            span: item.ident.span(),
        })
    }
}

impl Function {
    /// Whether the peer's name for it is not one that the generator gives to something else.
    fn is_free(
        &self,
        all: &[Function],
        made_for: impl Fn(&Function) -> &'static [&'static str],
    ) -> Result<()> {
        if self.name == "interface" {
            return Err(Error::new(self.span, "the interface's number has this name in C"));
        }
        let takes = |other: &&Function| {
            let ending = self.name.strip_prefix(&other.name);
            ending.is_some_and(|ending| made_for(other).contains(&ending))
        };
        match all.iter().find(takes) {
            Some(other) => Err(Error::new(
                self.span,
                format!("in C this name belongs to the calls of `{}`", other.name),
            )),
            None => Ok(()),
        }
    }

    /// Refuses what no function that crosses can have, in either direction.
    pub(crate) fn is_bare(item: &TraitItemFn, no_body: &str, not_generic: &str) -> Result<()> {
        if let Some(body) = &item.default {
            return Err(Error::new_spanned(body, no_body));
        }
        if !item.sig.generics.params.is_empty() {
            return Err(Error::new_spanned(&item.sig.generics, not_generic));
        }
        match item.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
            Some(cfg) => Err(Error::new_spanned(
                cfg,
                "the generator can't know which `cfg` holds; make two traits of it",
            )),
            None => Ok(()),
        }
    }

    fn parse(item: &TraitItemFn, process: bool) -> Result<Function> {
        let signature = &item.sig;
        Function::is_bare(
            item,
            "the peer has the body; end the declaration with `;`",
            "a foreign function can't be generic",
        )?;
        if let Some(first @ FnArg::Receiver(_)) = signature.inputs.first() {
            let why = "there is no object to call it on; leave `self` out";
            return Err(Error::new_spanned(first, why));
        }
        let arguments = every(signature.inputs.iter().map(Argument::parse))?;
        let (answer, when) = returned(signature)?;
        let marks = Marks(&item.attrs);
        let written = answer.map(answered);
        let (answer, outcome) = written.map_or((None, Outcome::Panics), |(ty, it)| (Some(ty), it));
        let lends = !process && arguments.iter().any(|argument| !argument.ty.is_scalar());
        marks.fit(&Marked { when, outcome, lends, answers: answer.is_some() })?;
        let mode = match (when, answer) {
            (When::Later, _) => marks.mode_of_async()?,
            (When::Again, _) => Mode::Stream,
            (When::AtOnce, Some(_)) => Mode::Sync,
            (When::AtOnce, None) => Mode::OneWay,
        };
        let written = arguments.iter().zip(&signature.inputs);
        let mem = marks.has("mem");
        let lent = |(argument, written): (&Argument, _)| argument.fits(mode, mem, written).err();
        let copied = process && matches!(mode, Mode::OneWay | Mode::Async);
        all(written.filter(|_| !copied).filter_map(lent))?;
        let answer_span = answer.map_or_else(|| signature.ident.span(), Spanned::span);
        Ok(Function {
            name: signature.ident.unraw().to_string(),
            docs: docs(&item.attrs),
            arguments,
            answer: match answer {
                Some(ty) => Some(Type::parse(ty)?),
                None => (when == When::Later).then_some(Type::Unit),
            },
            outcome,
            mode,
            send: marks.has("send"),
            cancel: marks.has("cancel"),
            deadline: marks.deadline()?,
            buffer: marks.buffer()?,
            mem,
            process,
            span: signature.ident.span(),
            answer_span,
        })
    }
}

impl Argument {
    pub(crate) fn parse(argument: &FnArg) -> Result<Argument> {
        let FnArg::Typed(argument) = argument else {
            return Err(Error::new_spanned(argument, "`self` has no place here"));
        };
        let Pat::Ident(name) = &*argument.pat else {
            return Err(Error::new_spanned(&argument.pat, "give the argument a name"));
        };
        let (ty, borrowed) = match &*argument.ty {
            syn::Type::Reference(reference) => {
                if reference.mutability.is_some() {
                    return Err(Error::new_spanned(
                        reference,
                        "the peer may read what is lent, not write it; use `&`",
                    ));
                }
                (&*reference.elem, true)
            }
            ty => (ty, false),
        };
        let name: &Ident = &name.ident;
        Ok(Argument {
            name: name.unraw().to_string(),
            ty: Type::parse(ty)?,
            borrowed,
            span: argument.ty.span(),
            name_span: name.span(),
        })
    }

    fn fits(&self, mode: Mode, mem: bool, written: &FnArg) -> Result<()> {
        let FnArg::Typed(written) = written else { return Ok(()) };
        match (mode, self.borrowed) {
            (Mode::DropSafe | Mode::DropSafeRet, true) => Err(Error::new_spanned(
                &written.ty,
                "a drop-safe call keeps its arguments until the answer; give it an owned one",
            )),
            (Mode::OneWay | Mode::Stream, true) if mem && !self.ty.is_scalar() => {
                Err(Error::new_spanned(
                    &written.ty,
                    "the peer reads the message after the call has returned; give it an owned argument",
                ))
            }
            (Mode::Async, false) if !self.ty.is_scalar() => Err(Error::new_spanned(
                &written.ty,
                "who keeps it until the answer? Lend it (`&`), or mark the function \
                 `#[drop_safe]` or `#[drop_safe_ret]`",
            )),
            _ => Ok(()),
        }
    }
}
