//! What Go's own tools say of the generated file, and of the files beside it.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use std::{path::Path, process::Command};

/// What it prints, errors too.
#[cfg(go)]
fn said(program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/go")).args(arguments);
    command.env("CGO_ENABLED", "1").env_remove("GOFLAGS").env_remove("GOEXPERIMENT");
    let output = command.output().expect("Go runs");
    let texts = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("text"));
    texts.concat()
}

#[cfg(go)]
fn go(arguments: &[&str]) -> String {
    said(&foreign_call_codegen::find_go().expect("it built this"), arguments)
}

with_go! {
    fn gofmt_would_change_nothing() {
        let gofmt = Path::new(go(&["env", "GOROOT"]).trim()).join("bin/gofmt");
        assert_eq!(said(&gofmt, &["-l", "."]), "");
        assert_eq!(said(&gofmt, &["-l", "../../codegen/src/go", "../tests"]), "");
    }

    fn vet_has_nothing_to_say() {
        assert_eq!(go(&["vet", "."]), "");
    }
}
