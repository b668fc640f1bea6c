use std::path::{Path, PathBuf};
use std::{env, fs, process};

use crate::c_header;

/// A build script's three lines: writes the header, compiles the C, links it.
///
/// ```no_run
/// foreign_call_codegen::Builder::new("src/call.rs").c("csrc/call.c").build();
/// ```
///
/// The header has the source's name (`call.h`) and is found by `#include "call.h"`. Cargo runs all of
/// it again when the source or something beside a C file changes. What is wrong with the source is
/// shown with its line, and the build stops.
#[derive(Debug)]
#[must_use = "`build` does it"]
pub struct Builder {
    source: PathBuf,
    files: Vec<PathBuf>,
}

impl Builder {
    /// For the traits of this source file.
    pub fn new(source: impl AsRef<Path>) -> Builder {
        Builder { source: source.as_ref().to_owned(), files: Vec::new() }
    }

    /// A C file that implements functions of the header.
    pub fn c(mut self, file: impl AsRef<Path>) -> Builder {
        self.files.push(file.as_ref().to_owned());
        self
    }

    /// Does it. Only in a build script: Cargo's variables say where to.
    ///
    /// # Panics
    ///
    /// If a file can't be read or written.
    pub fn build(self) {
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
        let header = out.join(self.source.with_extension("h").file_name().expect("a file's name"));
        write_header(&self.source, &header).unwrap_or_else(|error| {
            eprintln!("{error}");
            process::exit(1)
        });
        tell_cargo(&self.source);
        let package = env::var("CARGO_PKG_NAME").expect("Cargo sets CARGO_PKG_NAME");
        let mut compiler = cc::Build::new();
        for file in &self.files {
            // The folder, for the headers in it; but never the package's own, with its target.
            let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            tell_cargo(beside.unwrap_or(file));
            compiler.file(file);
        }
        compiler.std("c11").flag_if_supported("-Wpedantic").include(out);
        compiler.compile(&format!("{package}_peer"));
    }
}

/// Writes the header of a source, unless it is there already: its time tells what to build again.
///
/// # Errors
///
/// What is wrong, in words for the user.
fn write_header(source: &Path, header: &Path) -> Result<(), String> {
    let (from, to) = (source.display().to_string(), header.display());
    let text = fs::read_to_string(source).map_err(|error| format!("{from}: error: {error}"))?;
    let generated = c_header(&text, &from).map_err(|errors| errors.to_string())?;
    if fs::read_to_string(header).is_ok_and(|old| old == generated) {
        return Ok(());
    }
    fs::write(header, generated).map_err(|error| format!("{to}: error: {error}"))
}

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn tell_cargo(path: &Path) {
    println!("cargo::rerun-if-changed={}", path.display());
}
