//! Compiles the service: C with threads of its own.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .file("csrc/service.c")
        .compile("bridge_with_future");
}
