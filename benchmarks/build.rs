//! The C that calls: a loop of callbacks, and a pool of threads that answer.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    let mut build = cc::Build::new();
    build.std("c11").warnings(true).opt_level(2);
    for flag in ["-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes"] {
        build.flag_if_supported(flag);
    }
    build.files(["csrc/answers.c", "csrc/calls.c"]).compile("benchmarks");
    println!("cargo::rustc-link-lib=pthread");
}
