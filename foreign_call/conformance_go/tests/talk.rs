//! The talk's program, with its Go file as it is.

use foreign_call_conformance_go::with_go;

with_go! {
    fn the_talk_s_program_prints_what_it_should() {
        let run = snapbox::cmd::Command::new(env!("CARGO_BIN_EXE_talk")).assert().success();
        run.stderr_eq("").stdout_eq(snapbox::str![[r#"
[Go-oneway] Golang received name: chihai, age: 28
[Rust-oneway] done
[Go-call] Golang received req: 2 users
[Go-call] Golang returned result
[Rust-sync] User pass: true
[Go-call async] Golang received req, will sleep 1s
[Go-call async] Golang returned result
[Rust-async] User pass: true
[Go-call async drop_safe] Golang received req, will sleep 1s
[Rust-async drop_safe] User pass: true, 2 users are back

"#]]);
    }
}
