//! Writes `interface.h` and `offered.h`, compiles the C, links it.

fn main() {
    foreign_call_codegen::Builder::new("src/interface.rs")
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
