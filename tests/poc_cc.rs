//! Experiment 1: what its chapter claims.

use std::fs;
use std::path::Path;
use std::process::Command;

use poc_cc::{Levels, measure, saturate, span};

#[test]
fn each_kind_of_value_crosses() {
    let report = poc_cc::run().expect("the experiment runs");
    assert_eq!(report.saturated, i16::MAX);
    assert_eq!(report.levels, Levels { lowest: -200, highest: 1000, mean: 300.0 });
    assert_eq!(report.span, 1200);
    let [empty, null] = report.refusals;
    assert_eq!((empty.status, empty.words.as_str()), (2, "there are no samples"));
    assert_eq!((null.status, null.words.as_str()), (1, "a pointer is null"));
}

#[test]
fn c_and_rust_lay_the_struct_out_alike() {
    let [c, rust] = poc_cc::run().expect("the experiment runs").layouts;
    assert_eq!(c, rust);
    assert!(c[3] > 4, "there is padding before `mean`, or the chapter is wrong: {c:?}");
}

#[test]
fn c_computes_what_rust_computes() {
    let samples: Vec<i16> = (0..10_000).map(device::signal).collect();
    let levels = measure(&samples).expect("there are samples");
    assert_eq!(Some(&levels.lowest), samples.iter().min());
    assert_eq!(Some(&levels.highest), samples.iter().max());
    let sum: f64 = samples.iter().copied().map(f64::from).sum();
    assert_eq!(levels.mean, sum / samples.len() as f64);
    assert_eq!(span(levels), i32::from(levels.highest) - i32::from(levels.lowest));
}

#[test]
fn the_ends_of_the_range_saturate_and_the_rest_is_left_alone() {
    let cases = [(i32::MIN, i16::MIN), (-32_769, i16::MIN), (-32_768, i16::MIN), (-1, -1)];
    for (value, sample) in cases.into_iter().chain([(32_767, i16::MAX), (i32::MAX, i16::MAX)]) {
        assert_eq!(saturate(value), sample, "{value}");
    }
}

#[test]
fn a_number_that_is_no_status_has_words_too() {
    assert_eq!(poc_cc::status_text(99), "not a status of poc_cc");
}

#[test]
fn a_missing_semicolon_is_reported_by_file_and_line() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = fs::read_to_string(support::workspace().join("poc_cc/csrc/poc_cc.c"))
        .expect("the experiment's C");
    let broken = source.replacen("*levels = found;", "*levels = found", 1);
    assert_ne!(broken, source, "the chapter names a statement that is no longer there");
    fs::create_dir(folder.path().join("csrc")).expect("a folder");
    fs::write(folder.path().join("csrc/poc_cc.c"), broken).expect("a file");

    let compiler = support::c_compiler();
    let output = compiler
        .to_command()
        .current_dir(folder.path())
        .env("LC_ALL", "C")
        .arg("-I")
        .arg(support::workspace().join("poc_cc/csrc"))
        .args(["-c", "csrc/poc_cc.c"])
        .output()
        .expect("a C compiler");
    assert!(!output.status.success(), "C without its semicolon compiled");
    let words = support::stderr(&output);
    if compiler.is_like_gnu() {
        let chapter =
            fs::read_to_string(support::workspace().join("poc_cc/README.md")).expect("the chapter");
        let line = chapter.lines().find(|line| line.contains("error: expected")).expect("a quote");
        assert!(words.contains(line), "the chapter quotes {line}, but the compiler said {words}");
    } else {
        assert!(words.contains("poc_cc.c"), "{words}");
    }
}

/// A copy of the experiment in a workspace of its own, whose C can be edited.
fn copy_of_the_experiment(folder: &Path) {
    let from = support::workspace();
    for part in ["csrc", "src"] {
        fs::create_dir_all(folder.join("poc_cc").join(part)).expect("a folder");
    }
    for file in [
        "Cargo.toml",
        "build.rs",
        "csrc/poc_cc.c",
        "csrc/poc_cc.h",
        "src/ffi.rs",
        "src/lib.rs",
        "src/main.rs",
    ] {
        fs::copy(from.join("poc_cc").join(file), folder.join("poc_cc").join(file)).expect(file);
    }
    fs::copy(from.join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file");
    let manifest = fs::read_to_string(from.join("Cargo.toml")).expect("the workspace's manifest");
    let (before, rest) = manifest.split_once("members = [").expect("members");
    let (_, after) = rest.split_once(']').expect("the end of members");
    let alone = format!("{before}members = [\"poc_cc\"]{after}");
    fs::write(folder.join("Cargo.toml"), alone).expect("a manifest");
}

fn report_of(folder: &Path) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--offline", "-p", "poc_cc"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{}", support::stderr(&output));
    support::stdout(&output)
}

#[test]
fn an_edited_c_file_is_compiled_again_because_the_build_script_names_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    copy_of_the_experiment(folder.path());
    assert!(report_of(folder.path()).contains("there are no samples"));

    let edit = |from: &str, to: &str| {
        let path = folder.path().join("poc_cc/csrc/poc_cc.c");
        let text = fs::read_to_string(&path).expect("the C");
        assert!(text.contains(from), "{from}");
        fs::write(&path, text.replace(from, to)).expect("the C, edited");
    };
    edit("there are no samples", "nothing to measure");
    assert!(report_of(folder.path()).contains("nothing to measure"), "the edit was overlooked");

    // Without that line the next edit is overlooked: the chapter's second trap.
    let path = folder.path().join("poc_cc/build.rs");
    let script = fs::read_to_string(&path).expect("the build script");
    let line = "    println!(\"cargo::rerun-if-changed=csrc\");\n";
    assert!(script.contains(line), "the chapter's line is gone");
    fs::write(&path, script.replace(line, "")).expect("the build script, edited");
    assert!(report_of(folder.path()).contains("nothing to measure"));
    edit("nothing to measure", "no block at all");
    assert!(report_of(folder.path()).contains("nothing to measure"), "Cargo saw the edit");
}
