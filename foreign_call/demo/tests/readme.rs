//! The five steps of the README, as a new user would go them: in an empty folder, with nothing but
//! what stands there.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const README: &str = include_str!("../../README.md");

/// The first code block after a text that is there once.
fn block_after(text: &str) -> &'static str {
    let mut parts = README.split(text);
    let (_, Some(rest), None) = (parts.next(), parts.next(), parts.next()) else {
        panic!("`{text}` should stand in the README once");
    };
    let block = rest.split("```").nth(1).expect("a code block");
    block.split_once('\n').expect("a line with the language").1
}

#[test]
fn the_five_steps_lead_from_an_empty_folder_to_the_transcript() {
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Outside of this workspace, or `cargo new` would make it a member.
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let cargo = |at: &Path, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(at).args(arguments).env("CARGO_TERM_COLOR", "never");
        // What the steps build is kept from run to run; the folder is new each time.
        command
            .env("CARGO_TARGET_DIR", Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme_target"));
        let output = command.output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "cargo {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let package = folder.join("hello_c");
    cargo(folder, &["new", "-q", "--vcs", "none", "hello_c"]);
    // The versions that are at hand, so that nothing has to be fetched.
    fs::copy(this.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock file");
    let this = this.display().to_string();
    for line in block_after("**1. A package.**").lines().skip(1) {
        let line = line.replace("THIS", &this);
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        cargo(&package, &[words.as_slice(), &["-q", "--offline"]].concat());
    }
    cargo(&package, &["add", "tokio", "--features", "macros,rt", "-q", "--offline"]);
    fs::create_dir(package.join("csrc")).expect("a folder");
    for (title, file) in [
        ("**2. What crosses: ", "src/call.rs"),
        ("**3. How it is built: ", "build.rs"),
        ("**4. The C: ", "csrc/greeter.c"),
        ("**5. The calls: ", "src/main.rs"),
    ] {
        let title = format!("{title}`{file}`.**");
        fs::write(package.join(file), block_after(&title)).expect("written");
    }
    let printed = cargo(&package, &["run", "-q", "--offline"]);
    let expected =
        README.split("$ cargo run -q\n").nth(1).and_then(|rest| rest.split("```").next());
    assert_eq!(Some(printed.as_str()), expected);
}
