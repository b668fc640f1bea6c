//! The C that calls, a loop of callbacks and a pool of threads that answer; and what is called, in C
//! and, where there is Go, in Go.

use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() {
    // First, as it calls the other's functions, and a linker looks from left to right.
    foreign_call_codegen::Builder::new("src/foreign/in_c.rs").c("csrc/foreign.c").build();
    println!("cargo::rerun-if-changed=csrc");
    let mut build = cc::Build::new();
    build.std("c11").warnings(true).opt_level(2);
    for flag in ["-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes"] {
        build.flag_if_supported(flag);
    }
    build.files(["csrc/answers.c", "csrc/calls.c"]).compile("benchmarks");
    println!("cargo::rustc-link-lib=pthread");
    println!("cargo::rustc-check-cfg=cfg(go)");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=GO");
    match foreign_call_codegen::find_go() {
        Ok(_) => {
            println!("cargo::rustc-cfg=go");
            println!("cargo::rerun-if-changed=rust2go/src");
            rust2go(Path::new("go/rust2go/gen.go"));
            // One archive for all of it: a process has room for one Go runtime.
            foreign_call_codegen::Builder::new("src/foreign/in_go.rs").go("go").build();
        }
        Err(why) => println!("cargo::warning=no calls into Go are measured: {why}"),
    }
}

/// Has rust2go write its Go code: a main package, which has to be one of many here.
fn rust2go(generated: &Path) {
    let scratch = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR")).join("gen.go");
    rust2go_cli::generate(&rust2go_cli::Args {
        src: "rust2go/src/lib.rs".into(),
        dst: scratch.to_str().expect("a path in UTF-8").into(),
        without_main: true,
        ..Default::default()
    });
    let text = fs::read_to_string(&scratch).expect("it was written just now");
    let text = text.replacen("package main", "package rust2go", 1);
    if fs::read_to_string(generated).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(generated, text).expect("the folder can be written to");
}
