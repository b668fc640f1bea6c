//! Writes `go/gen.go`, builds the Go package, links it. Without Go there is no `cfg(go)`.

use foreign_call_codegen::{Builder, find_go};

fn main() {
    println!("cargo::rustc-check-cfg=cfg(go)");
    println!("cargo::rerun-if-env-changed=PATH");
    match find_go() {
        Ok(_) => {
            Builder::new("src/call.rs").go("go").build();
            println!("cargo::rustc-cfg=go");
        }
        Err(why) => println!("cargo::warning={why}"),
    }
}
