//! Writes `go/gen.go`, builds the Go package, links it. Where there is no Go, the crate has its types
//! and no calls, and its tests are ignored.

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn main() {
    println!("cargo::rustc-check-cfg=cfg(go)");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=GO");
    match foreign_call_codegen::find_go() {
        Ok(_) => {
            println!("cargo::rustc-cfg=go");
            let mut builder = foreign_call_codegen::Builder::new("../conformance/src/interface.rs");
            // What is marked `#[mem]` needs file descriptors.
            if std::env::var_os("CARGO_CFG_UNIX").is_some() {
                builder = builder.source("src/over_ring.rs");
            }
            builder
                .source("src/faults.rs")
                .source("src/offered.rs")
                .source("src/talk.rs")
                .go("go")
                .build();
        }
        Err(why) => println!("cargo::warning=the tests with Go are ignored: {why}"),
    }
}
