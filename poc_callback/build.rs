//! Compiles the callbacks. Where `device.h` lies, the build script of `device` says.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    let device = std::env::var("DEP_DEVICE_INCLUDE").expect("device says where its header is");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .include(device) // New: a second library's header.
        .file("csrc/poc_callback.c")
        .compile("poc_callback");
}
