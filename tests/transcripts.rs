//! Every transcript in every README is run and compared.

use std::fs;
use std::process::Command;

use support::{EXPERIMENTS, workspace};

/// Commands whose transcripts are not run here, because they run this test or take minutes.
/// Their blocks are marked `console,ignore`.
const EXEMPT: [&str; 1] = ["$ cargo test --workspace"];

#[test]
fn transcripts_are_what_the_commands_print() {
    // So that no `cargo run` below compiles, or waits for another that does. One by one, as the
    // transcripts do it: with other packages a dependency may have other features.
    for name in EXPERIMENTS {
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(workspace()).args(["build", "--quiet", "--bins", "-p", name]);
        assert!(build.status().expect("cargo is there").success(), "{name}");
    }
    let cases = trycmd::TestCases::new();
    cases.register_bin("cargo", std::path::Path::new(env!("CARGO")));
    cases.timeout(support::PATIENCE);
    cases.case(workspace().join("README.md"));
    for name in EXPERIMENTS {
        cases.case(workspace().join(name).join("README.md"));
    }
    cases.run();
}

#[test]
fn only_the_named_commands_are_exempt() {
    let chapters = EXPERIMENTS.iter().map(|name| format!("{name}/README.md"));
    for page in chapters.chain([String::from("README.md")]) {
        let text = fs::read_to_string(workspace().join(&page)).expect(&page);
        for (fence, _) in text.match_indices("```console") {
            let block = &text[fence..];
            let (info, rest) = block.split_once('\n').expect("a block after its fence");
            let command = rest.lines().next().unwrap_or_default();
            match info {
                "```console" => assert!(!EXEMPT.contains(&command), "{page}: {command}"),
                "```console,ignore" => assert!(EXEMPT.contains(&command), "{page}: {command}"),
                other => panic!("{page}: {other} is neither run nor exempt"),
            }
        }
    }
}
