//! What may stand above a function of a trait, and where.

use syn::{Attribute, Error, LitInt, Meta, Result};

use crate::errors::all;
use crate::{Mode, Outcome, When};

/// So many items of a stream wait where nothing else is said.
const BUFFER: usize = 16;
/// And so many at most: a peer that is never received from may fill all of them.
const LARGEST_BUFFER: usize = 1 << 16;

/// With nothing behind the name.
const PLAIN: [&str; 5] = ["drop_safe", "drop_safe_ret", "send", "cancel", "mem"];
/// With a number.
const NUMBERED: [&str; 2] = ["deadline", "buffer"];

fn marks() -> impl Iterator<Item = &'static str> {
    PLAIN.into_iter().chain(NUMBERED)
}

/// Whether an attribute is one of ours, which no compiler knows.
pub fn is_mark(attribute: &Attribute) -> bool {
    marks().any(|name| attribute.path().is_ident(name))
}

/// The attributes of a function.
pub(crate) struct Marks<'a>(pub(crate) &'a [Attribute]);

/// The function that they stand above.
pub(crate) struct Marked {
    pub(crate) when: When,
    pub(crate) outcome: Outcome,
    /// Something else than numbers is lent.
    pub(crate) lends: bool,
    /// It answers, at whatever time.
    pub(crate) answers: bool,
}

impl<'a> Marks<'a> {
    pub(crate) fn find(&self, name: &str) -> Option<&'a Attribute> {
        self.0.iter().find(|attribute| attribute.path().is_ident(name))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.find(name).is_some()
    }

    /// How a function is called that is not one-way.
    pub(crate) fn mode_of_async(&self) -> Result<Mode> {
        match (self.find("drop_safe"), self.find("drop_safe_ret")) {
            (Some(_), Some(both)) => {
                refuse(both, "`#[drop_safe_ret]` is drop-safe; one of them is enough")
            }
            (Some(_), None) => Ok(Mode::DropSafe),
            (None, Some(_)) => Ok(Mode::DropSafeRet),
            (None, None) => Ok(Mode::Async),
        }
    }

    /// Milliseconds.
    pub(crate) fn deadline(&self) -> Result<Option<u64>> {
        let Some(mark) = self.find("deadline") else { return Ok(None) };
        match number(mark) {
            Some(milliseconds @ 1..) => Ok(Some(milliseconds)),
            _ => refuse(mark, "write it as `#[deadline(5000)]`, in milliseconds from 1"),
        }
    }

    /// Of a stream.
    pub(crate) fn buffer(&self) -> Result<usize> {
        let Some(mark) = self.find("buffer") else { return Ok(BUFFER) };
        match number(mark).map(usize::try_from) {
            Some(Ok(items @ 1..=LARGEST_BUFFER)) => Ok(items),
            _ => refuse(mark, "write it as `#[buffer(16)]`, a number of items from 1 to 65536"),
        }
    }

    /// Whether each is there once, and says no more than its name where that is all.
    fn written(&self) -> Result<()> {
        let again = |name: &'static str| {
            let named = self.0.iter().filter(move |it| it.path().is_ident(name));
            named.skip(1).map(move |mark| {
                Error::new_spanned(mark, format!("`#[{name}]` is there already; leave one out"))
            })
        };
        let with_more = |name: &'static str| {
            let named = self.0.iter().filter(move |it| it.path().is_ident(name));
            named.filter(|mark| !matches!(mark.meta, Meta::Path(_))).map(move |mark| {
                Error::new_spanned(mark, format!("it takes no arguments: write `#[{name}]`"))
            })
        };
        all(marks().flat_map(again).chain(PLAIN.into_iter().flat_map(with_more)))
    }

    /// Whether all of them may stand there.
    pub(crate) fn fit(&self, function: &Marked) -> Result<()> {
        self.written()?;
        let of_stream = match (self.find("cancel"), self.find("buffer"), function.when) {
            (Some(mark), _, When::Again) => {
                refuse(mark, "a stream's peer is always told; leave `#[cancel]` out")
            }
            (_, Some(mark), When::AtOnce | When::Later) => {
                refuse(mark, "only a stream has a buffer")
            }
            _ => Ok(()),
        };
        of_stream?;
        let later = |name, why| match self.find(name) {
            Some(mark) if function.when != When::Later => refuse(mark, why),
            _ => Ok(()),
        };
        let checks = [
            later("drop_safe", "only an async function can be dropped half-way"),
            later("drop_safe_ret", "only an async function can be dropped half-way"),
            later(
                "send",
                "`#[send]` is about a future; this function has none (a stream is always `Send`)",
            ),
            later("cancel", "only an async function can be cancelled: its future is dropped"),
            later("deadline", "only an async function can have a deadline"),
            self.deadline_fits(function),
            self.mem_fits(function),
        ];
        all(checks.into_iter().filter_map(Result::err))
    }

    fn deadline_fits(&self, function: &Marked) -> Result<()> {
        let Some(mark) = self.find("deadline").filter(|_| function.when == When::Later) else {
            return Ok(());
        };
        if function.outcome == Outcome::Panics {
            return refuse(
                mark,
                "a missed deadline is an error: let the function return a `Result`",
            );
        }
        if self.has("drop_safe_ret") {
            return refuse(
                mark,
                "the peer may read the arguments after it, so they can't come back; use \
                 `#[drop_safe]`",
            );
        }
        if function.lends && !self.has("drop_safe") {
            return refuse(
                mark,
                "the peer may read what is lent after it; give it owned arguments and \
                 `#[drop_safe]`",
            );
        }
        Ok(())
    }

    fn mem_fits(&self, function: &Marked) -> Result<()> {
        let Some(mark) = self.find("mem") else { return Ok(()) };
        match function.when {
            When::AtOnce if function.answers => refuse(
                mark,
                "the caller of a sync function waits anyway, and through a ring each answer costs a \
                 wake-up; make it `async`, or leave `#[mem]` out",
            ),
            When::AtOnce | When::Later | When::Again => Ok(()),
        }
    }
}

fn number(mark: &Attribute) -> Option<u64> {
    mark.parse_args::<LitInt>().ok()?.base10_parse().ok()
}

fn refuse<T>(mark: &Attribute, why: &str) -> Result<T> {
    Err(Error::new_spanned(mark, why))
}
