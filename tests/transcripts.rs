//! Every transcript in every README is run and compared, and what the examples print.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Once;

use support::{EXPERIMENTS, NEEDS_GO, RING_WITH_GO, WITH_THE_LIBRARY, workspace};

/// Commands whose transcripts are not run here, because they run this test or take minutes.
/// Their blocks are marked `console,ignore`.
const EXEMPT: [&str; 1] = ["$ cargo test --workspace"];

/// Runs cargo in the workspace's folder and gives back what is on standard output.
#[track_caller]
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    let output = command.current_dir(workspace()).args(arguments).output().expect("cargo is there");
    assert!(output.status.success(), "{arguments:?}: {}", support::stderr(&output));
    support::stdout(&output)
}

/// So that no `cargo run` below compiles, or waits for another that does. One by one, as the
/// transcripts do it: with other packages a dependency may have other features.
fn build() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        for name in EXPERIMENTS {
            cargo(&["build", "--quiet", "--bins", "-p", name]);
        }
        for name in EXPERIMENTS.into_iter().chain(["callback_bridge"]) {
            cargo(&["build", "--quiet", "--examples", "-p", name]);
        }
    });
}

/// Runs what stands in these folders' READMEs.
fn run_transcripts<'a>(folders: impl IntoIterator<Item = &'a str>) {
    build();
    let cases = trycmd::TestCases::new();
    cases.register_bin("cargo", Path::new(env!("CARGO")));
    cases.timeout(support::PATIENCE);
    for folder in folders {
        cases.case(workspace().join(folder).join("README.md"));
    }
    cases.run();
}

#[test]
fn transcripts_are_what_the_commands_print() {
    let without_go = EXPERIMENTS.into_iter().filter(|name| !NEEDS_GO.contains(name));
    run_transcripts(without_go.chain([""]));
}

#[test]
#[cfg_attr(not(go), ignore = "Go is missing")]
fn transcripts_with_go_are_what_the_commands_print() {
    cargo(&["build", "--quiet", "-p", "bridge_with_go_and_the_library"]);
    cargo(&["build", "--quiet", "--bins", "-p", "bridge_with_ring_and_go"]);
    cargo(&["build", "--quiet", "--examples", "-p", "bridge_with_ring_and_go"]);
    // Its last transcript is of two processes.
    let ring_with_go = cfg!(target_os = "linux").then_some(RING_WITH_GO);
    run_transcripts(NEEDS_GO.iter().copied().chain(ring_with_go));
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

/// The lines that differ from one run to the next.
const VARYING: [&str; 6] =
    ["most waiting", "longest callback", "callback thread", "consumer threads", "took", "slept"];

/// "With the library" says so, in each chapter that has it.
#[test]
fn with_the_library_the_same_lines_are_printed() {
    build();
    // With Go the library's calls are other ones, and the chapter shows what they print.
    for &name in WITH_THE_LIBRARY.iter().filter(|name| !NEEDS_GO.contains(name)) {
        let (package, example, strategy) = match name {
            // Its strategies have the library's names.
            "bridge_with_sync" => ("callback_bridge", "device", "strategy"),
            _ => (name, "with_the_library", "no line"),
        };
        let lines = |printed: String| -> Vec<String> {
            let varies = |line: &str| {
                VARYING.iter().chain([&strategy]).any(|beginning| line.starts_with(beginning))
            };
            printed.lines().filter(|line| !varies(line)).map(str::to_owned).collect()
        };
        // Not in real time, which a busy machine may miss; steps 4 to 7 look at no argument.
        let run = |package, target: &[&str]| {
            let flat_out = ["--", "--pace", "flat-out"];
            lines(cargo(&[&["run", "--quiet", "-p", package], target, &flat_out].concat()))
        };
        let by_hand = run(name, &[]);
        assert_eq!(run(package, &["--example", example]), by_hand, "{name}");
        assert!(by_hand.len() >= 4, "{name} prints {by_hand:?}");
    }
}

/// Transcripts in the documentation of an example.
#[test]
fn examples_print_what_their_documentation_shows() {
    build();
    // nftw is a function of Unix.
    for example in ["qsort", "meter"].into_iter().chain(cfg!(unix).then_some("nftw")) {
        let path = Path::new("callback_bridge/examples").join(example).with_extension("rs");
        let source = fs::read_to_string(workspace().join(&path)).expect("the example");
        let page = source.lines().map_while(|line| line.strip_prefix("//!"));
        let page: Vec<_> = page.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect();
        let from = page.iter().skip_while(|line| **line != "```console").skip(1);
        let mut transcript = from.take_while(|line| **line != "```");
        let command = transcript.next().and_then(|line| line.strip_prefix("$ cargo "));
        let command = command.unwrap_or_else(|| panic!("{} shows no command", path.display()));
        let arguments: Vec<_> = command.split_whitespace().collect();
        let printed = cargo(&arguments);
        assert!(printed.lines().eq(transcript.copied()), "{}: {printed}", path.display());
    }
}
