//! Names that are given out, so that no two things get the same one in C or in Go.

use std::collections::HashMap;

use proc_macro2::Span;
use syn::{Error, Result};

/// What the names of one generated file already mean.
pub(crate) struct Names {
    language: &'static str,
    /// The source that is being read.
    source: String,
    taken: HashMap<String, String>,
}

impl Names {
    /// For a language with these names of its own.
    pub(crate) fn new(language: &'static str, own: &str) -> Names {
        let own =
            own.split_whitespace().map(|name| (name.to_owned(), format!("{language} itself")));
        Names { language, source: String::new(), taken: own.collect() }
    }

    /// From now on this source is read.
    pub(crate) fn read(&mut self, source: &str) {
        source.clone_into(&mut self.source);
    }

    /// Takes a name for something, for good.
    ///
    /// # Errors
    ///
    /// If something else has it, which is named with its line.
    pub(crate) fn claim(&mut self, name: &str, by: &str, span: Span) -> Result<()> {
        let refuse = |other: &str| {
            let why = format!("the name `{name}` is taken in {}, by {other}", self.language);
            Err(Error::new(span, why))
        };
        if name.to_lowercase().starts_with("foreign_call") {
            return refuse("the library, as all that begin so");
        }
        if let Some(other) = self.taken.get(name) {
            return refuse(other);
        }
        let by = format!("{by} ({}:{})", self.source, span.start().line);
        self.taken.insert(name.to_owned(), by);
        Ok(())
    }
}

/// Refuses two parts of one thing, as fields of a struct, that get the same name.
pub(crate) fn apart<'a>(
    language: &str,
    parts: impl IntoIterator<Item = (&'a String, Span)>,
    renamed: impl Fn(&str) -> String,
) -> Result<()> {
    let mut taken: HashMap<String, (&str, usize)> = HashMap::new();
    for (part, span) in parts {
        let name = renamed(part);
        if let Some((other, line)) = taken.get(&name) {
            let why = format!(
                "in {language} its name is `{name}`, as is that of `{other}` in line {line}"
            );
            return Err(Error::new(span, why));
        }
        taken.insert(name, (part, span.start().line));
    }
    Ok(())
}
