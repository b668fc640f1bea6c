//! Compiles the Go, into a static library and a program. Without Go there is no `cfg(go)`.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    for folder in ["go", "../csrc/bell.h", "../../foreign_call/go/ring"] {
        println!("cargo::rerun-if-changed={folder}");
    }
    for variable in ["GO", "PATH"] {
        println!("cargo::rerun-if-env-changed={variable}");
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
    let build = |arguments: &[&str], made: &str, package: &str| {
        let mut build = Command::new(&go);
        build.current_dir("go").env("CGO_ENABLED", "1").args(["build", "-buildvcs=false"]);
        build.args(arguments).arg("-o").arg(out.join(made)).arg(package);
        assert!(build.status().expect("it runs").success(), "go build failed: see above");
    };
    build(&["-buildmode=c-archive"], "libring_in_go.a", ".");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // For the example in two processes: a program of its own.
        build(&[], "squares_in_go", "./squares");
        println!("cargo::rustc-env=SQUARES_IN_GO={}", out.join("squares_in_go").display());
    }

    println!("cargo::rustc-cfg=go");
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=ring_in_go");
    if env::var("CARGO_CFG_TARGET_VENDOR").is_ok_and(|vendor| vendor == "apple") {
        println!("cargo::rustc-link-lib=framework=CoreFoundation");
        println!("cargo::rustc-link-lib=framework=Security");
    }
}
