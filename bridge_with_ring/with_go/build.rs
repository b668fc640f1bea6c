//! Compiles the Go into a static library. Without Go there is no `cfg(go)`.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn main() {
    for what in ["changed=go", "changed=../csrc/bell.h", "env-changed=GO", "env-changed=PATH"] {
        println!("cargo::rerun-if-{what}");
    }
    println!("cargo::rustc-check-cfg=cfg(go)");
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
    build.args(["-buildvcs=false", "-o"]).arg(out.join("libring_in_go.a"));
    assert!(build.status().expect("it runs").success(), "go build failed: see above");

    println!("cargo::rustc-cfg=go");
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=ring_in_go");
    if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        println!("cargo::rustc-link-lib=framework=CoreFoundation");
        println!("cargo::rustc-link-lib=framework=Security");
    }
}
