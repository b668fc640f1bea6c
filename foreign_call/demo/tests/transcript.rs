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
