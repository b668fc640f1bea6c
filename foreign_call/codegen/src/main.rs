//! `foreign-call-cli --src src/call.rs --dst include/call.h`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Arg, Command, value_parser};

fn main() -> ExitCode {
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .help(help)
            .required(true)
            .value_parser(value_parser!(PathBuf))
    };
    let arguments = Command::new("foreign-call-cli")
        .about("Writes the C side of the foreign_call traits in a Rust source file")
        .arg(path("src", "Where the traits and their types stand"))
        .arg(path("dst", "Where to write to; a .h is a C header"))
        .get_matches();
    let [source, target] = ["src", "dst"].map(|name| {
        arguments.get_one::<PathBuf>(name).expect("clap has seen that it is there").as_path()
    });
    match generate(source, target) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(source: &Path, target: &Path) -> Result<(), String> {
    let (from, to) = (source.display().to_string(), target.display());
    let at = |place: &str, error: io::Error| format!("{place}: error: {error}");
    if target.extension().is_none_or(|extension| extension != "h") {
        return Err(format!("{to}: error: only C headers can be written so far; name it `*.h`"));
    }
    let text = fs::read_to_string(source).map_err(|error| at(&from, error))?;
    let header = foreign_call_codegen::c_header(&text, &from).map_err(|it| it.to_string())?;
    fs::write(target, header).map_err(|error| at(&to.to_string(), error))
}
