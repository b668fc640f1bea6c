//! Writes `interface.h`, `offered.h` and `over_ring.h`, compiles the C, links it.

fn main() {
    let mut builder = foreign_call_codegen::Builder::new("src/interface.rs");
    // What is marked `#[mem]` needs file descriptors.
    if std::env::var_os("CARGO_CFG_UNIX").is_some() {
        builder = builder.source("src/over_ring.rs").c("csrc/over_ring.c");
    }
    builder
        .source("src/offered.rs")
        .c("csrc/caller.c")
        .c("csrc/caller_cost.c")
        .c("csrc/caller_hostile.c")
        .c("csrc/caller_threads.c")
        .c("csrc/cost.c")
        .c("csrc/echo.c")
        .c("csrc/heap.c")
        .c("csrc/hostile.c")
        .c("csrc/later.c")
        .c("csrc/watch.c")
        .build();
}
