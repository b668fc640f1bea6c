//! Compiles the C end of the ring, and finds out whether there is a Go for the other one.

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
    if std::env::var_os("CARGO_CFG_UNIX").is_none() {
        return;
    }
    let mut build = cc::Build::new();
    build.file("csrc/ring_peer.c").include("../include").std("c11").extra_warnings(true);
    for flag in ["-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes"] {
        build.flag_if_supported(flag);
    }
    build.compile("foreign_call_ring_peer");
}
