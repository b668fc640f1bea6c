//! What the demo prints.

use snapbox::cmd::Command;
use snapbox::str;

#[test]
fn the_demo_says_how_each_call_went() {
    let run = Command::new(env!("CARGO_BIN_EXE_foreign_call_demo")).assert().success();
    run.stderr_eq("").stdout_eq(str![[r#"
[one-way] C was told of DemoUser { name: "chihai", age: 28 }
[sync] users pass: true
[async] users pass: true and true, [..] s for two calls
[drop-safe] users pass: true
[drop-safe] dropped half-way: true
[drop-safe, returned] users pass: Ok(true), and 2 users are back
[error] balabala is empty (code 22)

"#]]);
}

#[test]
fn and_the_other_direction_what_c_got_from_the_store() {
    let run = Command::new(env!("CARGO_BIN_EXE_store")).assert().success();
    run.stderr_eq("").stdout_eq(str![[r#"
[before] nobody offers `Store`
[sync] nothing
[async] Ok("put by C's worker")
[sync] put by C's worker
[error] no there came (code 110)
[after] nobody offers `Store`

"#]]);
}

#[test]
fn a_search_and_a_stream_that_are_dropped_stop_in_c() {
    let run = Command::new(env!("CARGO_BIN_EXE_numbers")).assert().success();
    run.stderr_eq("").stdout_eq(str![[r#"
[async] the smallest factor: Ok(1000003)
[cancel] dropped half-way: true
[stream] [1009, 1013, 1019, 1021, 1031]
[cancel] searches that C has stopped: 1
[async] C goes on: Ok(7)

"#]]);
}
