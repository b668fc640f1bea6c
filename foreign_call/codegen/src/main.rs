//! `foreign-call-cli --src src/call.rs --dst include/call.h`, or `--dst go/gen.go`

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Arg, ArgAction, Command, value_parser};

fn main() -> ExitCode {
    let path = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name)
            .value_name("FILE")
            .help(help)
            .required(true)
            .value_parser(value_parser!(PathBuf))
    };
    let source = path("src", "Where the traits and their types stand; for Go, one or several")
        .action(ArgAction::Append);
    let arguments = Command::new("foreign-call-cli")
        .about("Writes the other side of the foreign_call traits in a Rust source file")
        .arg(source)
        .arg(path("dst", "Where to write to; a .h is a C header, a .go is Go"))
        .get_matches();
    let sources: Vec<_> = arguments.get_many::<PathBuf>("src").into_iter().flatten().collect();
    let target = arguments.get_one::<PathBuf>("dst").expect("clap has seen that it is there");
    match generate(&sources, target) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn generate(sources: &[&PathBuf], target: &Path) -> Result<(), String> {
    let at = |place: &Path, error: io::Error| format!("{}: error: {error}", place.display());
    let language = target.extension().and_then(|extension| extension.to_str());
    let refuse = |why: &str| Err(format!("{}: error: {why}", target.display()));
    if !matches!(language, Some("h" | "go")) {
        return refuse("C and Go can be written; name it `*.h` or `*.go`");
    }
    let mut texts = Vec::new();
    for source in sources {
        let text = fs::read_to_string(source).map_err(|error| at(source, error))?;
        texts.push((text, source.display().to_string()));
    }
    let texts: Vec<_> = texts.iter().map(|(text, name)| (text.as_str(), name.as_str())).collect();
    let written = match (language, texts.as_slice()) {
        (Some("go"), texts) => foreign_call_codegen::go_file(texts),
        (_, [(text, name)]) => foreign_call_codegen::c_header(text, name),
        _ => return refuse("a header is made from one source; write one header for each"),
    };
    fs::write(target, written.map_err(|it| it.to_string())?).map_err(|error| at(target, error))
}
