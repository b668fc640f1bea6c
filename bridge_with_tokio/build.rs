//! Compiles `csrc/state.c`, the place where the callback finds its sender.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .file("csrc/state.c")
        .compile("bridge_with_tokio");
}
