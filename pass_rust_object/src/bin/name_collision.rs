//! WRONG: two C files have a global variable of one name, and the linker makes them one variable.
//!
//! The Rust is the experiment's own, line for line. Only the C is another: `csrc/name_collision/`.
#![expect(clippy::print_stdout, reason = "printing is what a main is for")]

#[path = "../lib.rs"]
#[expect(unreachable_pub, reason = "written as a library, whose items others can reach")]
mod experiment;

fn main() -> anyhow::Result<()> {
    println!("{}", experiment::run()?); // never gets as far as printing
    Ok(())
}
