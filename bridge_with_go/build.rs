//! Compiles the C, and the Go into a second static library. Without Go there is no `cfg(go)`.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    for what in ["changed=csrc", "changed=go", "env-changed=GO", "env-changed=PATH"] {
        println!("cargo::rerun-if-{what}");
    }
    println!("cargo::rustc-check-cfg=cfg(go)");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .file("csrc/bridge_with_go.c")
        .compile("bridge_with_go");

    let go = env::var_os("GO").unwrap_or("go".into());
    if Command::new(&go).arg("version").output().is_err() {
        println!(
            "cargo::warning=Go is missing: install Go 1.19 or newer, or say in GO where it is"
        );
        return;
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it")).join("go");
    fs::create_dir_all(&out).expect("a folder");
    let mut build = Command::new(&go);
    build.current_dir("go").env("CGO_ENABLED", "1").args(["build", "-buildmode=c-archive"]);
    build.args(["-buildvcs=false", "-o"]).arg(out.join("libpeer_in_go.a"));
    assert!(build.status().expect("it runs").success(), "go build failed: see above");

    println!("cargo::rustc-cfg=go");
    println!("cargo::metadata=go={}", go.display());
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=peer_in_go");
    if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        println!("cargo::rustc-link-lib=framework=CoreFoundation");
        println!("cargo::rustc-link-lib=framework=Security");
    }
}
