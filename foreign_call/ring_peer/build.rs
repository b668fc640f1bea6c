//! Compiles the C end of the ring.

fn main() {
    if std::env::var_os("CARGO_CFG_UNIX").is_none() {
        return;
    }
    let mut build = cc::Build::new();
    build.file("csrc/ring_peer.c").include("../include").std("c11").extra_warnings(true);
    for flag in ["-Wpedantic", "-Wstrict-prototypes", "-Wmissing-prototypes"] {
        build.flag_if_supported(flag);
    }
    build.compile("foreign_call_ring_peer");
    println!("cargo::rerun-if-changed=csrc");
    println!("cargo::rerun-if-changed=../include");
}
