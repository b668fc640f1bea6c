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
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=GO");
    match foreign_call_codegen::find_go() {
        Ok(_) => {
            println!("cargo::rustc-cfg=go");
            println!("cargo::rerun-if-changed=rust2go/src");
            rust2go(Path::new("go/rust2go/gen.go"));
            mem_ring(Path::new("go/mem_ring"));
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
    write(generated, &text.replacen("package main", "package rust2go", 1));
}

/// mem-ring's end in Go, which is in its crate.
fn mem_ring(folder: &Path) {
    let mut cargo = Command::new(env::var_os("CARGO").expect("Cargo sets CARGO"));
    cargo.args(["metadata", "--format-version=1", "--locked", "--offline", "--filter-platform"]);
    cargo.arg(env::var_os("TARGET").expect("Cargo sets TARGET"));
    let output = cargo.output().expect("Cargo is there");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let package = packages.iter().find(|package| package["name"] == "mem-ring").expect("mem-ring");
    let manifest = package["manifest_path"].as_str().expect("a path in UTF-8");
    let source = Path::new(manifest).parent().expect("it lies in a folder");
    fs::create_dir_all(folder).expect("the folder can be written to");
    for file in ["eventfd.go", "queue.go", "waiter.go"] {
        let text = fs::read_to_string(source.join(file)).expect("a file of mem-ring");
        write(&folder.join(file), &text);
    }
}

/// Only if it differs, or Go would build again.
fn write(file: &Path, text: &str) {
    if fs::read_to_string(file).is_ok_and(|old| old == text) {
        return;
    }
    fs::write(file, text).expect("the folder can be written to");
}
