//! Compiles the C of the experiment, and the wrong C for `src/bin/name_collision.rs` alone.

use std::env;

fn c11() -> cc::Build {
    let mut build = cc::Build::new();
    build
        .std("c11")
        .include("csrc")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes");
    build
}

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    c11().files(["csrc/main.c", "csrc/bridge.c"]).compile("pass_rust_object");

    // WRONG on purpose. An archive of its own, which only that one binary links.
    c11()
        .files(["csrc/name_collision/main.c", "csrc/name_collision/bridge.c"])
        .flag_if_supported("-fcommon") // what MSVC does, and gcc did before version 10
        .opt_level(0) // optimised, it may loop for ever instead
        .cargo_metadata(false)
        .compile("name_collision");
    let folder = env::var("OUT_DIR").expect("Cargo sets it");
    let msvc = env::var("CARGO_CFG_TARGET_ENV").is_ok_and(|name| name == "msvc");
    let archive = if msvc { "name_collision.lib" } else { "libname_collision.a" };
    println!("cargo::rustc-link-arg-bin=name_collision={folder}/{archive}");
}
