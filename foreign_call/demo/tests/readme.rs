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

/// Where a step's file comes from: the code block after a title.
struct Step(&'static str, &'static str);

/// Goes the steps, the first of which makes a package of this name, and returns what it prints.
fn follow(name: &str, first: &str, steps: &[Step]) -> String {
    let this = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    // Outside of this workspace, or `cargo new` would make it a member.
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let cargo = |at: &Path, arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(at).args(arguments).env("CARGO_TERM_COLOR", "never");
        // What the steps build is kept from run to run; the folder is new each time.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme_target");
        let output = command.env("CARGO_TARGET_DIR", target).output().expect("cargo runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "cargo {arguments:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let package = folder.join(name);
    cargo(folder, &["new", "-q", "--vcs", "none", name]);
    // The versions that are at hand, so that nothing has to be fetched.
    fs::copy(this.join("Cargo.lock"), package.join("Cargo.lock")).expect("the lock file");
    let this = this.display().to_string();
    for line in block_after(first).lines().skip(1) {
        let line = line.replace("THIS", &this);
        let words: Vec<_> = line.split_whitespace().skip(1).collect();
        cargo(&package, &[words.as_slice(), &["-q", "--offline"]].concat());
    }
    cargo(&package, &["add", "tokio", "--features", "macros,rt", "-q", "--offline"]);
    for Step(title, file) in steps {
        let path = package.join(file);
        fs::create_dir_all(path.parent().expect("it is in the package")).expect("a folder");
        fs::write(path, block_after(&format!("{title}`{file}`.**"))).expect("written");
    }
    cargo(&package, &["run", "-q", "--offline"])
}

fn transcript() -> &'static str {
    let rest = README.split("$ cargo run -q\n").nth(1).expect("a transcript");
    rest.split("```").next().expect("its end")
}

const CALLS: Step = Step("**2. What crosses: ", "src/call.rs");
const MAIN: Step = Step("**5. The calls: ", "src/main.rs");

#[test]
fn the_five_steps_to_c_lead_from_an_empty_folder_to_the_transcript() {
    let build = Step("**3. How it is built: ", "build.rs");
    let c = Step("**4. The C: ", "csrc/greeter.c");
    let printed = follow("hello_c", "**1. A package.**", &[CALLS, build, c, MAIN]);
    assert_eq!(printed, transcript());
}

#[test]
#[cfg_attr(not(go), ignore = "there is no Go")]
fn the_five_steps_to_go_lead_to_the_same() {
    let build = Step("**3. How Go is built: ", "build.rs");
    let go = Step("**4. The Go: ", "go/impl.go");
    let printed = follow("hello_go", "**1. A package for Go.**", &[CALLS, build, go, MAIN]);
    assert_eq!(printed, transcript());
}
