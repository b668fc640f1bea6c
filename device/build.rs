//! Compiles the vendor's C.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    println!("cargo::metadata=include={}/csrc", env!("CARGO_MANIFEST_DIR"));
    let sources =
        ["device", "acquire", "source", "reader", "wav", "platform_posix", "platform_win32"];
    cc::Build::new()
        .std("c11")
        .files(sources.map(|name| format!("csrc/{name}.c")))
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .compile("device");
}
