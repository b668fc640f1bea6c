//! `foreign-call-cli`, as it is run.
#![cfg(feature = "cli")]

use snapbox::cmd::Command;
use snapbox::str;

fn cli() -> Command {
    Command::new(env!("CARGO_BIN_EXE_foreign-call-cli"))
}

#[test]
fn help_says_what_it_takes() {
    cli().arg("--help").assert().success().stdout_eq(str![[r#"
Writes the other side of the foreign_call traits in a Rust source file

Usage: foreign-call-cli --src <FILE> --dst <FILE>

Options:
      --src <FILE>  Where the traits and their types stand; for Go, one or several
      --dst <FILE>  Where to write to; a .h is a C header, a .go is Go
  -h, --help        Print help

"#]]);
}

#[test]
fn it_writes_the_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = folder.path().join("call.h");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/src/call.rs");
    let run = cli().args(["--src", source, "--dst"]).arg(&header).assert().success();
    run.stdout_eq("").stderr_eq("");
    let written = std::fs::read_to_string(header).expect("a header");
    assert!(written.contains("void DemoCall_demo_oneway(const DemoUserRef *req);"), "{written}");
}

#[test]
fn it_writes_go_from_one_source_or_several() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("gen.go");
    let demo = concat!(env!("CARGO_MANIFEST_DIR"), "/../demo/src/call.rs");
    let every = concat!(env!("CARGO_MANIFEST_DIR"), "/../conformance/src/interface.rs");
    let run = cli().args(["--src", demo, "--src", every, "--dst"]).arg(&file).assert().success();
    run.stdout_eq("").stderr_eq("");
    let written = std::fs::read_to_string(file).expect("a file");
    assert!(written.contains("\tdemo_oneway(req DemoUser)\n"), "{written}");
    assert!(written.contains("var EchoImpl Echo\n"), "{written}");
    let run = cli().args(["--src", demo, "--src", every, "--dst", "call.h"]).assert();
    run.code(1).stderr_eq(str![[r#"
call.h: error: a header is made from one source; write one header for each

"#]]);
}

#[test]
fn it_says_what_is_wrong_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = folder.path().join("call.h");
    std::fs::write(folder.path().join("call.rs"), "#[r2g]\ntrait T { fn f(self); }\n").expect("ok");
    let run =
        cli().current_dir(folder.path()).args(["--src", "call.rs", "--dst", "call.h"]).assert();
    run.code(1).stdout_eq("").stderr_eq(str![[r#"
call.rs:2:16: error: there is no object to call it on; leave `self` out
 2 | trait T { fn f(self); }
   |                ^^^^

"#]]);
    assert!(!header.exists());
}

#[test]
fn a_file_that_is_not_there_and_a_language_that_is_not_known() {
    let run = cli().args(["--src", "no_such.rs", "--dst", "call.h"]).assert();
    run.code(1).stderr_eq(str![[r#"
no_such.rs: error: [..]

"#]]);
    let run = cli().args(["--src", "no_such.rs", "--dst", "call.py"]).assert();
    run.code(1).stderr_eq(str![[r#"
call.py: error: C and Go can be written; name it `*.h` or `*.go`

"#]]);
}
