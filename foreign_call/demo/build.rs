//! Writes `call.h`, compiles the C, links it.

fn main() {
    foreign_call_codegen::Builder::new("src/call.rs").c("csrc/demo.c").c("csrc/worker.c").build();
}
