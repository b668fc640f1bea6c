//! Looks for what not every machine has, so that a test that needs it reads "ignored" where it is
//! missing: AddressSanitizer, which this Rust comes with or not, and Go.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(address_sanitizer, go)");
    let rustc = env::var("RUSTC").expect("Cargo sets it");
    let target = env::var("TARGET").expect("Cargo sets it");
    println!("cargo::rustc-env=TARGET={target}");
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().expect("rustc runs");
    let sysroot = String::from_utf8(output.stdout).expect("a path in UTF-8");
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(&target).join("lib");
    let files = fs::read_dir(libraries).into_iter().flatten().flatten();
    let mut names = files.map(|file| file.file_name().to_string_lossy().into_owned());
    if target.contains("linux") && names.any(|name| name.contains("asan")) {
        println!("cargo::rustc-cfg=address_sanitizer");
    }
    // The build script of bridge_with_go has looked for it.
    if env::var_os("DEP_BRIDGE_WITH_GO_GO").is_some() {
        println!("cargo::rustc-cfg=go");
    }
}
