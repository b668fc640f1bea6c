//! Writes `interface.h`, compiles the C, links it.

fn main() {
    foreign_call_codegen::Builder::new("src/interface.rs")
        .c("csrc/cost.c")
        .c("csrc/echo.c")
        .c("csrc/hostile.c")
        .c("csrc/later.c")
        .build();
}
