//! Compiles `csrc/poc_function_pointer.c` into a static library, which Cargo then links.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .file("csrc/poc_function_pointer.c")
        .compile("poc_function_pointer");
}
