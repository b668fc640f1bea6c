//! Chooses types, writes them and their peers into `OUT_DIR`, and builds these as a user would.
//!
//! `GENERATED_TYPES_SEED=7 cargo test -p foreign_call_generated_types` tries other types than usual.

#[path = "build/choose.rs"]
mod choose;
#[path = "build/names.rs"]
mod names;
#[path = "build/types.rs"]
mod types;
#[path = "build/write_c.rs"]
mod write_c;
#[path = "build/write_go.rs"]
mod write_go;
#[path = "build/write_rust.rs"]
mod write_rust;

use std::path::{Path, PathBuf};
use std::{env, fs};

use foreign_call_codegen::Builder;
use types::Peer;

const SEED: &str = "GENERATED_TYPES_SEED";

#[allow(clippy::print_stdout, reason = "this is how a build script talks to Cargo")]
fn main() {
    println!("cargo::rerun-if-env-changed={SEED}");
    println!("cargo::rerun-if-env-changed=PATH");
    println!("cargo::rerun-if-env-changed=GO");
    println!("cargo::rustc-check-cfg=cfg(go)");
    let seed = env::var(SEED).map_or(1, |seed| seed.parse().expect("the seed is a number"));
    println!("cargo::rustc-env={SEED}={seed}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("Cargo sets OUT_DIR"));

    let interface = choose::interface(Peer::C, seed);
    write(&out.join("to_c.rs"), &write_rust::file(&interface));
    // In folders of their own: what lies beside them is a reason to build again.
    write(&out.join("csrc/echo.c"), &write_c::file(&interface));
    Builder::new(out.join("to_c.rs")).c(out.join("csrc/echo.c")).build();

    match foreign_call_codegen::find_go() {
        Ok(_) => {
            println!("cargo::rustc-cfg=go");
            let interface = choose::interface(Peer::Go, seed);
            write(&out.join("to_go.rs"), &write_rust::file(&interface));
            write(&out.join("go/echo.go"), &write_go::file(&interface));
            write(&out.join("go/go.mod"), "module generated_types\n\ngo 1.19\n");
            Builder::new(out.join("to_go.rs")).go(out.join("go")).build();
        }
        Err(why) => println!("cargo::warning=the test with Go is ignored: {why}"),
    }
}

/// Writes a text, unless it is there already: a file's time tells what to build again.
fn write(target: &Path, text: &str) {
    if fs::read_to_string(target).is_ok_and(|old| old == text) {
        return;
    }
    fs::create_dir_all(target.parent().expect("a folder")).expect("a folder can be made");
    fs::write(target, text).expect("OUT_DIR can be written");
}
