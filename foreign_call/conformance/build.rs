//! Writes `interface.h`, `offered.h` and `over_ring.h`, compiles the C, links it; and makes a program of
//! `csrc/process.c`.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    let mut builder = foreign_call_codegen::Builder::new("src/interface.rs");
    // What is marked `#[mem]` needs file descriptors.
    if env::var_os("CARGO_CFG_UNIX").is_some() {
        builder =
            builder.source("src/over_ring.rs").c("csrc/over_ring.c").c("csrc/over_ring_streams.c");
    }
    builder
        .source("src/offered.rs")
        .c("csrc/caller.c")
        .c("csrc/caller_cost.c")
        .c("csrc/caller_hostile.c")
        .c("csrc/caller_threads.c")
        .c("csrc/cost.c")
        .c("csrc/echo.c")
        .c("csrc/heap.c")
        .c("csrc/hostile.c")
        .c("csrc/later.c")
        .c("csrc/watch.c")
        .build();
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        other_process();
    }
}

/// A program of its own, without anything of Rust's. Its types are those of the interface.
#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn other_process() {
    let source = ["src/interface.rs", "src/process.rs"].map(|file| {
        println!("cargo::rerun-if-changed={file}");
        fs::read_to_string(file).expect("it is there")
    });
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
    // What stands above a file can't stand in the middle of one.
    let source = source.map(|text| text.replace("//!", "//")).concat();
    let header = foreign_call_codegen::c_header(&source, "src/process.rs");
    fs::write(out.join("process.h"), header.unwrap_or_else(|error| panic!("{error}")))
        .expect("written");
    let program = out.join("foreign_call_conformance_process");
    let mut build = cc::Build::new();
    build.include(&out).std("c11").extra_warnings(true).warnings_into_errors(true);
    build.flag_if_supported("-Wpedantic");
    let linked = |flags: &[&str]| {
        let mut link = build.get_compiler().to_command();
        link.args(flags).arg("csrc/process.c").arg("-o").arg(&program).arg("-pthread");
        link.output().expect("the C compiler runs")
    };
    // What it is sent by hostile hands shows more where the compiler has its sanitizers.
    let sanitized = linked(&["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]);
    if !sanitized.status.success() {
        let plain = linked(&[]);
        let said = String::from_utf8_lossy(&plain.stderr);
        assert!(plain.status.success(), "the C program was not built: {said}");
    }
    println!("cargo::rustc-env=C_PROCESS={}", program.display());
}
