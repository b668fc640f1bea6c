//! The C that calls, a loop of callbacks and a pool of threads that answer; and what is called, in C
//! and, where there is Go, in Go.

use std::path::{Path, PathBuf};
use std::process::Command;
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
    if Command::new("go").arg("version").output().is_ok_and(|output| output.status.success()) {
        build_go();
        println!("cargo::rustc-cfg=go");
    } else {
        println!("cargo::warning=without Go in the PATH, no calls into Go are measured");
    }
}

/// One archive for all that is called in Go: a process has room for one Go runtime.
fn build_go() {
    let generated = Path::new("go/rust2go/gen.go");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));
    rust2go(generated, &out.join("gen.go"));
    for changed in ["go", "rust2go/src"] {
        println!("cargo::rerun-if-changed={changed}");
    }
    let mut go = Command::new("go");
    go.args(["build", "-buildmode=c-archive", "-o"]).arg(out.join("libbenchmarks_go.a"));
    let status = go.arg(".").current_dir("go").status().expect("it was there just now");
    assert!(status.success(), "go build failed");
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=benchmarks_go");
}

/// Has rust2go write its Go code: a main package, which has to be one of many here.
fn rust2go(generated: &Path, scratch: &Path) {
    rust2go_cli::generate(&rust2go_cli::Args {
        src: "rust2go/src/lib.rs".into(),
        dst: scratch.to_str().expect("a path in UTF-8").into(),
        without_main: true,
        ..Default::default()
    });
    let text = fs::read_to_string(scratch).expect("it was written just now");
    let text = text.replacen("package main", "package rust2go", 1);
    if fs::read_to_string(generated).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(generated, text).expect("the folder can be written to");
}
