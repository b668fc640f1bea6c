use std::error::Error;
use std::fmt::{self, Write};

/// What is wrong with a source, each with its line, as a compiler shows it.
#[derive(Debug)]
pub struct Diagnostics(String);

impl Diagnostics {
    pub(crate) fn new(errors: syn::Error, source: &str, name: &str) -> Diagnostics {
        let mut text = String::new();
        for error in errors {
            let (start, end) = (error.span().start(), error.span().end());
            let line = source.lines().nth(start.line.wrapping_sub(1));
            let nowhere = start == end && start.column == 0; // about the file as a whole
            let Some(line) = line.filter(|_| !nowhere) else {
                let _ = writeln!(text, "{name}: error: {error}");
                continue;
            };
            let (number, column) = (start.line, start.column);
            let width = match end.line == number {
                true => end.column - column,
                false => line.chars().count().saturating_sub(column),
            };
            let margin = " ".repeat(number.to_string().len());
            // A tab stays one, so that the marks stand below what they mean.
            let indent: String =
                line.chars().take(column).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
            let _ = writeln!(text, "{name}:{number}:{}: error: {error}", column + 1);
            let _ = writeln!(text, " {number} | {line}");
            let _ = writeln!(text, " {margin} | {indent}{}", "^".repeat(width.max(1)));
        }
        Diagnostics(text)
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.trim_end())
    }
}

impl Error for Diagnostics {}
