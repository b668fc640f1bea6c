//! What a build script says when there is no Go, an old Go, or Go that does not compile.

use std::fs;
use std::path::Path;

use foreign_call_conformance_go::with_go;
use snapbox::cmd::Command;
use snapbox::str;
use tempfile::TempDir;

const CALLS: &str =
    "#[foreign_call::r2g]\npub trait Adder {\n    fn add(a: i32, b: i32) -> i32;\n}\n";

/// A package with these calls, and this Go.
fn package(go: &str) -> TempDir {
    let package = tempfile::tempdir().expect("a folder");
    fs::write(package.path().join("call.rs"), CALLS).expect("written");
    fs::create_dir_all(package.path().join("go")).expect("a folder");
    fs::write(package.path().join("go/impl.go"), go).expect("written");
    package
}

/// As Cargo would run it.
fn build(package: &Path) -> Command {
    let os = if cfg!(target_os = "macos") { "macos" } else { std::env::consts::OS };
    Command::new(env!("CARGO_BIN_EXE_build_go"))
        .args(["call.rs", "go"])
        .current_dir(package)
        .env("OUT_DIR", package)
        .env("CARGO_PKG_NAME", "adder")
        .env("CARGO_CFG_TARGET_OS", os)
        .env("CARGO_CFG_TARGET_ARCH", std::env::consts::ARCH)
        .env_remove("HOST")
        .env_remove("TARGET")
}

#[test]
fn no_go_is_one_clear_line() {
    let package = package("package main\n");
    let run = build(package.path()).env("GO", "no_such_go").assert().code(1);
    run.stderr_eq(str![[r#"
[..]build_go.rs:6:[..]: error: `no_such_go`, which the variable GO names, does not run ([..]); Go 1.19 or newer is needed

"#]]);
    let run = build(package.path()).env_remove("GO").env("PATH", "").assert().code(1);
    run.stderr_eq(str![[r#"
[..]build_go.rs:6:[..]: error: there is no Go in PATH, and the variable GO is not set ([..]); Go 1.19 or newer is needed

"#]]);
}

#[test]
#[cfg(unix)]
fn an_old_go_is_one_clear_line() {
    use std::os::unix::fs::PermissionsExt;

    let package = package("package main\n");
    let old = package.path().join("old_go");
    fs::write(&old, "#!/bin/sh\necho go1.18.10\n").expect("written");
    fs::set_permissions(&old, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let run = build(package.path()).env("GO", "./old_go").assert().code(1);
    run.stderr_eq(str![[r#"
[..]build_go.rs:6:[..]: error: `./old_go` is go1.18.10; Go 1.19 or newer is needed

"#]]);
}

#[test]
fn what_is_wrong_with_the_calls_comes_first() {
    let package = package("package main\n");
    let calls = CALLS.replace("i32)", "&mut i32)");
    fs::write(package.path().join("call.rs"), calls).expect("written");
    let run = build(package.path()).env("GO", "no_such_go").assert().code(1);
    run.stderr_eq(str![[r#"
call.rs:3:23: error: the peer may read what is lent, not write it; use `&`
 3 |     fn add(a: i32, b: &mut i32) -> i32;
   |                       ^^^^^^^^

"#]]);
}

with_go! {
    fn what_go_does_not_compile_is_named_with_its_line() {
        let package = package("package main\n\ntype adder struct{}\n\nfunc init() {\n\tAdderImpl = adder{}\n}\n");
        let run = build(package.path()).assert().code(1);
        run.stderr_eq(str![[r#"
go/impl.go:6:14: cannot use adder{} [..]
...
"#]]);
        fs::write(package.path().join("go/impl.go"), "package main\n\nfunc add( {\n").expect("written");
        let run = build(package.path()).assert().code(1);
        run.stderr_eq(str![[r#"
go/impl.go:3:11: syntax error: [..]

"#]]);
    }

    fn a_module_in_an_old_language_is_one_clear_line() {
        let package = package("package main\n");
        let module = package.path().join("go/go.mod");
        fs::write(&module, "module peer\n\ngo 1.17 // long ago\n").expect("written");
        let run = build(package.path()).assert().code(1);
        run.stderr_eq("[..]go.mod:3: error: `go 1.17` is too old, 1.18 is needed\n");
        fs::write(&module, "module peer\n").expect("written");
        let run = build(package.path()).assert().code(1);
        run.stderr_eq("[..]go.mod: error: it needs a line `go 1.18`, or newer\n");
        fs::write(&module, "module peer\n\ngo 1.18\n").expect("written");
        build(package.path()).assert().success();
    }

    fn what_go_compiles_is_linked_and_written_only_when_it_changes() {
        let package = package("package main\n");
        let built = build(package.path()).assert().success();
        built.stderr_eq("").stdout_eq(str![[r#"
cargo::rerun-if-changed=call.rs
cargo::rerun-if-changed=go
cargo::rerun-if-env-changed=GO
cargo::rerun-if-env-changed=GOFLAGS
cargo::rerun-if-env-changed=GOEXPERIMENT
cargo::rustc-link-search=native=[..]
cargo::rustc-link-lib=static=adder_go_peer
...
"#]]);
        let generated = package.path().join("go/gen.go");
        let time = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).expect("it is there");
        let source = package.path().join("call.rs");
        assert_eq!(time(&generated), time(&source), "or Cargo would build once more");
        fs::write(&source, CALLS.replace("i32", "i64")).expect("written");
        build(package.path()).assert().success();
        let text = fs::read_to_string(&generated).expect("it is there");
        assert!(text.contains("\tadd(a int64, b int64) int64\n"), "{text}");
        assert_eq!(time(&generated), time(&source));
        assert!(package.path().join("libadder_go_peer.a").is_file());
    }

    fn a_layout_that_is_not_rust_s_does_not_compile() {
        let source = include_str!("../src/talk.rs");
        let file = foreign_call_codegen::go_file(&[(source, "talk.rs")]).expect("it is Go");
        let wrong = file.replace("\tage  uint8\n", "\tage  uint64\n\tmore uint8\n");
        assert_ne!(wrong, file);
        let package = package("package main\n");
        fs::write(package.path().join("go/gen.go"), wrong).expect("written");
        let go = foreign_call_codegen::find_go().expect("it built this");
        let run = Command::new(go).current_dir(package.path().join("go")).args(["vet", "."]);
        let run = run.env("GO111MODULE", "off").env("CGO_ENABLED", "1").assert().failure();
        let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(said.contains("gen.go") && said.contains("out of bounds"), "{said}");
    }
}
