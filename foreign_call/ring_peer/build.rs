//! Compiles the C ends of the ring, and finds out whether there is a Go for another one.

use std::env;
use std::path::PathBuf;
use std::process::Command;

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn main() {
    println!("cargo::rerun-if-changed=csrc");
    println!("cargo::rerun-if-changed=../include");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rustc-check-cfg=cfg(go)");
    if Command::new("go").arg("version").output().is_ok_and(|go| go.status.success()) {
        println!("cargo::rustc-cfg=go");
    } else {
        println!("cargo::warning=the tests with Go are ignored: there is no `go` in the path");
    }
    if env::var_os("CARGO_CFG_UNIX").is_none() {
        return;
    }
    let mut build = cc::Build::new();
    build.include("../include").std("c11").extra_warnings(true);
    for flag in ["-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes"] {
        build.flag_if_supported(flag);
    }
    build.clone().file("csrc/ring_peer.c").compile("foreign_call_ring_peer");
    if env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        // A program of its own, without anything of Rust's.
        let folder = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets it"));
        let program = folder.join("foreign_call_ring_c_process");
        let mut link = build.get_compiler().to_command();
        let linked = link.arg("csrc/other_process.c").arg("-o").arg(&program).status();
        assert!(linked.expect("the C compiler runs").success(), "the C program was not built");
        println!("cargo::rustc-env=C_PROCESS={}", program.display());
    }
}
