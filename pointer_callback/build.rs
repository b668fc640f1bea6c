//! Compiles the library and the bridge to it into one static library, which Cargo then links.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .files(["csrc/sensor.c", "csrc/bridge.c"])
        .compile("pointer_callback");
}
