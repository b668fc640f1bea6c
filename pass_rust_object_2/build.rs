//! Compiles the library and the state into one static library, which Cargo then links.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .files(["csrc/main.c", "csrc/state.c"])
        .compile("pass_rust_object_2");
}
