//! Writes `call.h`, `numbers.h` and `store.h`, compiles the C, links it.

fn main() {
    foreign_call_codegen::Builder::new("src/call.rs")
        .source("src/numbers.rs")
        .source("src/store.rs")
        .c("csrc/client.c")
        .c("csrc/demo.c")
        .c("csrc/numbers.c")
        .c("csrc/worker.c")
        .build();
    has_go();
}

/// The README's steps with Go are tested where there is one.
#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn has_go() {
    println!("cargo::rustc-check-cfg=cfg(go)");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=GO");
    if foreign_call_codegen::find_go().is_ok() {
        println!("cargo::rustc-cfg=go");
    }
}
