use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs, io, process};

use crate::{c_header, find_go, go_build, go_file};

/// A build script's three lines: writes what the other side needs, compiles and links it.
///
/// ```no_run
/// foreign_call_codegen::Builder::new("src/call.rs").c("csrc/call.c").build();
/// ```
///
/// or
///
/// ```no_run
/// foreign_call_codegen::Builder::new("src/call.rs").go("go").build();
/// ```
///
/// Cargo runs all of it again when the source or something beside it in C or Go changes. What is
/// wrong is shown with its line, and the build stops.
///
/// # C
///
/// The header has the source's name (`call.h`) and is found by `#include "call.h"`. What a C file
/// includes from elsewhere is looked at too, but for the system's headers; with MSVC only what lies
/// beside the file.
///
/// # Go
///
/// The folder is a package `main`; `gen.go` is written there. It is built as a C archive, by the Go
/// that [`find_go`] finds. If the folder is in a module (has a `go.mod`), its `go` line must say 1.18
/// or newer; without one it can use the standard library alone. A program can have one Go runtime,
/// so one such folder; [`source`](Builder::source) adds the traits of more files to it.
#[derive(Debug)]
#[must_use = "`build` does it"]
pub struct Builder {
    sources: Vec<PathBuf>,
    c: Vec<PathBuf>,
    /// The folder, and where the build script says so.
    go: Option<(PathBuf, &'static Location<'static>)>,
}

impl Builder {
    /// For the traits of this source file.
    pub fn new(source: impl AsRef<Path>) -> Builder {
        Builder { sources: vec![source.as_ref().to_owned()], c: Vec::new(), go: None }
    }

    /// And for those of this one.
    pub fn source(mut self, source: impl AsRef<Path>) -> Builder {
        self.sources.push(source.as_ref().to_owned());
        self
    }

    /// A C file that implements functions of the header.
    pub fn c(mut self, file: impl AsRef<Path>) -> Builder {
        self.c.push(file.as_ref().to_owned());
        self
    }

    /// The folder of a Go package that implements the interfaces of `gen.go`. Where there is no Go, the
    /// error names the line of this.
    #[track_caller]
    pub fn go(mut self, folder: impl AsRef<Path>) -> Builder {
        self.go = Some((folder.as_ref().to_owned(), Location::caller()));
        self
    }

    /// Does it. Only in a build script: Cargo's variables say where to.
    ///
    /// # Panics
    ///
    /// If Cargo's variables are not there.
    pub fn build(self) {
        let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
        let package = env::var("CARGO_PKG_NAME").expect("Cargo sets CARGO_PKG_NAME");
        self.sources.iter().for_each(|source| tell_cargo(source));
        let mut built = Ok(());
        if let Some((folder, asked)) = &self.go {
            built = self.build_go(folder, asked, &out, &format!("{package}_go_peer"));
        }
        if self.go.is_none() || !self.c.is_empty() {
            built = built.and_then(|()| self.build_c(&out, &format!("{package}_peer")));
        }
        built.unwrap_or_else(|error| {
            eprintln!("{error}");
            process::exit(1)
        });
    }

    fn build_c(&self, out: &Path, library: &str) -> Result<(), String> {
        for source in &self.sources {
            let text = fs::read_to_string(source).map_err(|error| at(source, error))?;
            let header = c_header(&text, &source.display().to_string());
            let name = source.with_extension("h");
            let target = out.join(name.file_name().expect("a file's name"));
            write(&target, &header.map_err(|errors| errors.to_string())?)?;
        }
        let mut compiler = cc::Build::new();
        compiler.std("c11").flag_if_supported("-Wpedantic").include(out).files(&self.c);
        for file in &self.c {
            // The folder, for the headers in it; but never the package's own, with its target.
            let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            let beside = beside.unwrap_or(file);
            tell_cargo(beside);
            // What is made here is no reason to make it again.
            let from_elsewhere = |it: &PathBuf| !it.starts_with(beside) && !it.starts_with(out);
            let tool = compiler.get_compiler();
            if !tool.is_like_msvc() {
                let included = included(tool.to_command(), file);
                included.into_iter().filter(from_elsewhere).for_each(|it| tell_cargo(&it));
            }
        }
        compiler.compile(library);
        Ok(())
    }

    fn build_go(
        &self,
        folder: &Path,
        asked: &Location<'_>,
        out: &Path,
        library: &str,
    ) -> Result<(), String> {
        tell_cargo(folder);
        for name in ["GO", "GOFLAGS", "GOEXPERIMENT"] {
            say(&format!("rerun-if-env-changed={name}"));
        }
        let mut texts = Vec::new();
        for source in &self.sources {
            let text = fs::read_to_string(source).map_err(|error| at(source, error))?;
            texts.push((text, source.display().to_string()));
        }
        let texts: Vec<_> = texts.iter().map(|(text, name)| (&**text, &**name)).collect();
        let generated = go_file(&texts).map_err(|errors| errors.to_string())?;
        let target = folder.join("gen.go");
        if write(&target, &generated)? {
            // It is younger than this script's run, which would make Cargo run it once more.
            let changed = |source: &PathBuf| fs::metadata(source)?.modified();
            let newest = self.sources.iter().map(changed).collect::<io::Result<Vec<SystemTime>>>();
            let file = fs::File::options().append(true).open(&target);
            let dated =
                newest.and_then(|times| file?.set_modified(times.into_iter().max().expect("one")));
            dated.map_err(|error| at(&target, error))?;
        }
        let go = find_go().map_err(|why| format!("{asked}: error: {why}"))?;
        let archive = out.join(format!("lib{library}.a"));
        go_build::archive(&go, folder, &archive)?;
        say(&format!("rustc-link-search=native={}", out.display()));
        say(&format!("rustc-link-lib=static={library}"));
        go_build::libraries().iter().for_each(|name| say(&format!("rustc-link-lib={name}")));
        Ok(())
    }
}

/// What a C file includes, but for the system's headers, itself first. Nothing if it can't be compiled,
/// which is said when it is.
fn included(mut compiler: Command, file: &Path) -> Vec<PathBuf> {
    let output = compiler.arg("-MM").arg(file).output();
    let rule = output.map_or_else(|_| Vec::new(), |output| output.stdout);
    // A rule for make: `file.o: file.c one.h \`, and so on in the next line. A space in a path has a
    // backslash before it, too.
    let rule = String::from_utf8_lossy(&rule).replace("\\\r\n", " ").replace("\\\n", " ");
    let paths = rule.split_once(": ").map_or("", |(_, paths)| paths).replace("\\ ", "\0");
    let path = |path: &str| PathBuf::from(path.replace('\0', " ").replace("$$", "$"));
    paths.split_whitespace().map(path).collect()
}

/// Writes a text, unless it is there already: a file's time tells what to build again. Whether it
/// was written.
fn write(target: &Path, text: &str) -> Result<bool, String> {
    if fs::read_to_string(target).is_ok_and(|old| old == text) {
        return Ok(false);
    }
    fs::write(target, text).map(|()| true).map_err(|error| at(target, error))
}

fn at(path: &Path, error: io::Error) -> String {
    format!("{}: error: {error}", path.display())
}

fn tell_cargo(path: &Path) {
    say(&format!("rerun-if-changed={}", path.display()));
}

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn say(what: &str) {
    println!("cargo::{what}");
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_a_c_file_includes_from_anywhere_is_found_but_not_the_systems() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        for inner in ["c", "shared $ headers"] {
            fs::create_dir(at(inner)).expect("a folder");
        }
        let outer = "#include <stdio.h>\n#include \"../shared $ headers/outer.h\"\n";
        fs::write(at("c/file.c"), outer).expect("written");
        fs::write(at("shared $ headers/outer.h"), "#include \"inner.h\"\n").expect("written");
        fs::write(at("shared $ headers/inner.h"), "").expect("written");
        let found = included(Command::new("cc"), &at("c/file.c"));
        let through = at("c/../shared $ headers");
        assert_eq!(found, [at("c/file.c"), through.join("outer.h"), through.join("inner.h")]);
        fs::write(at("shared $ headers/outer.h"), "#include \"missing.h\"\n").expect("written");
        assert_eq!(included(Command::new("cc"), &at("c/file.c")), [""; 0].map(PathBuf::from));
    }
}
