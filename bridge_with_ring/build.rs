//! Compiles C's end of the ring, and the service that works on it.

fn main() {
    println!("cargo::rerun-if-changed=csrc");
    cc::Build::new()
        .std("c11")
        .flag_if_supported("/experimental:c11atomics") // MSVC's word for <stdatomic.h>
        .flag_if_supported("-Wpedantic")
        .flag_if_supported("-Wstrict-prototypes")
        .flag_if_supported("-Wmissing-prototypes")
        .files(["csrc/bell.c", "csrc/ring.c", "csrc/service.c"])
        .compile("bridge_with_ring");
}
