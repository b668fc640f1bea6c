//! Experiment 5: what its chapter claims.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::ptr;
use std::sync::Barrier;
use std::thread;

use pass_rust_object::{Bridge, NoCallback, Report, Tally, ffi};
use support::workspace;

const FILES: [&str; 2] = ["main", "bridge"];

#[test]
fn the_object_is_edited_through_a_function_that_is_given_no_object() {
    let report = pass_rust_object::run().expect("the experiment runs");
    let expected = Report {
        first: Tally { count: 3, total: 6 },
        second: Tally { count: 2, total: 90 },
        same_function: true,
        refusal: NoCallback,
    };
    assert_eq!(report, expected);
}

#[test]
fn a_second_object_takes_the_first_ones_place() {
    let mut bridge = Bridge::lock();
    assert_eq!(bridge.set(Tally { count: 0, total: 100 }), None);
    bridge.deliver(1).expect("the first object is set");
    let former = bridge.set(Tally { count: 0, total: 200 });
    assert_eq!(former, Some(Tally { count: 1, total: 101 }));
    bridge.deliver(2).expect("the second object is set");
    assert_eq!(bridge.take(), Some(Tally { count: 1, total: 202 }));
    assert_eq!(bridge.take(), None);
}

#[test]
fn a_dropped_bridge_leaves_nothing_in_c() {
    let mut bridge = Bridge::lock();
    bridge.set(Tally::default());
    bridge.deliver(1).expect("an object is set");
    drop(bridge);
    assert_eq!(Bridge::lock().deliver(2), Err(NoCallback));
}

#[test]
fn c_writes_to_no_object_that_was_taken_back() {
    let mut bridge = Bridge::lock();
    // SAFETY: it is our turn, and nothing is set: this asks for the bridge's function alone.
    let plain = unsafe { ffi::pass_rust_object_bridge_set(ptr::null_mut(), None) };
    bridge.set(Tally::default());
    assert!(bridge.take().is_some());
    // The memory that was freed last is what the next box gets: a late write would be seen here.
    let next_in_its_place = Box::new(Tally::default());
    let plain = plain.expect("the bridge has a function");
    // SAFETY: it is our turn, and the bridge is empty, or this test finds out.
    unsafe { plain(7) };
    assert_eq!(*next_in_its_place, Tally::default());
}

#[test]
fn threads_take_turns_at_the_one_place() {
    let start = Barrier::new(2);
    // Many short turns, so that without the lock one falls into the other.
    let turns = |value: i32| {
        start.wait();
        for _ in 0..20_000 {
            let mut bridge = Bridge::lock();
            bridge.set(Tally::default());
            for _ in 0..10 {
                bridge.deliver(value).expect("an object is set");
            }
            assert_eq!(bridge.take(), Some(Tally { count: 10, total: 10 * value }));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| turns(1));
        scope.spawn(|| turns(100));
    });
}

#[test]
fn a_total_that_is_too_large_wraps_and_does_not_panic() {
    let mut bridge = Bridge::lock();
    bridge.set(Tally { count: u32::MAX, total: i32::MAX });
    bridge.deliver(1).expect("an object is set");
    assert_eq!(bridge.take(), Some(Tally { count: 0, total: i32::MIN }));
}

fn c_file(path: &str) -> PathBuf {
    workspace().join("pass_rust_object/csrc").join(path)
}

#[test]
fn the_wrong_c_is_the_right_c_but_for_the_word_static() {
    for name in FILES {
        let right = fs::read_to_string(c_file(&format!("{name}.c"))).expect("the right C");
        let wrong =
            fs::read_to_string(c_file(&format!("name_collision/{name}.c"))).expect("the wrong C");
        let (first, rest) = wrong.split_once('\n').expect("a first line");
        assert!(first.starts_with("/* WRONG: "), "{name}.c begins with {first}");
        let declaration = right
            .lines()
            .find(|line| line.starts_with("static ") && line.ends_with(" callback;"))
            .expect("the global variable");
        let shared = declaration.strip_prefix("static ").expect("it is static");
        assert_eq!(rest, right.replacen(declaration, shared, 1), "{name}.c");
    }
}

/// Compiles `csrc/{folder}main.c` and `bridge.c`, with `callback` under the given names, and links
/// the two into one object file.
#[cfg(unix)]
fn link(folder: &str, common: &str, names: [&str; 2]) -> Output {
    let output_folder = tempfile::tempdir().expect("a temporary folder");
    let compiler = || {
        let mut command = support::c_compiler().to_command();
        command.current_dir(output_folder.path()).env("LC_ALL", "C");
        command
    };
    let objects = FILES.map(|file| format!("{file}.o"));
    for ((file, object), name) in FILES.iter().zip(&objects).zip(names) {
        let mut compile = compiler();
        compile.arg("-I").arg(c_file("")).arg(format!("-Dcallback={name}")).arg(common);
        compile.args(["-o", object, "-c"]).arg(c_file(&format!("{folder}{file}.c")));
        let output = compile.output().expect("a C compiler");
        assert!(output.status.success(), "{}", support::stderr(&output));
    }
    let mut link = compiler();
    link.args(["-r", "-nostdlib", "-o", "both.o"]).args(objects).output().expect("a C compiler")
}

#[cfg(unix)]
#[track_caller]
fn assert_refused(output: &Output, name: &str) {
    let words = support::stderr(output);
    assert!(!output.status.success(), "it linked");
    let refusal = match cfg!(target_os = "macos") {
        true => String::from("duplicate symbol"),
        false => format!("multiple definition of `{name}'"),
    };
    assert!(words.contains(&refusal), "{words}");
}

#[cfg(unix)]
#[test]
fn without_common_storage_the_linker_refuses_the_wrong_c() {
    let output = link("name_collision/", "-fno-common", ["callback"; 2]);
    assert_refused(&output, "callback");
    let chapter = fs::read_to_string(workspace().join("pass_rust_object/README.md"));
    assert!(chapter.expect("the chapter").contains("multiple definition of `callback'"));
}

#[cfg(unix)]
#[test]
fn with_common_storage_the_linker_takes_the_wrong_c_without_a_word() {
    let output = link("name_collision/", "-fcommon", ["callback"; 2]);
    assert!(output.status.success(), "{}", support::stderr(&output));
    assert_eq!(support::stderr(&output), "");
}

#[cfg(unix)]
#[test]
fn the_crates_name_as_a_prefix_is_not_enough_and_the_files_name_is() {
    let crates = link("name_collision/", "-fno-common", ["pass_rust_object_callback"; 2]);
    assert_refused(&crates, "pass_rust_object_callback");
    let names = ["pass_rust_object_main_kept", "pass_rust_object_bridge_kept"];
    let files = link("name_collision/", "-fno-common", names);
    assert!(files.status.success(), "{}", support::stderr(&files));
}

#[cfg(unix)]
#[test]
fn the_right_c_links_either_way() {
    for common in ["-fcommon", "-fno-common"] {
        let output = link("", common, ["callback"; 2]);
        assert!(output.status.success(), "{common}: {}", support::stderr(&output));
    }
}

#[test]
fn only_the_wrong_version_links_the_wrong_c() {
    let folder: &Path = support::built().out_dir("pass_rust_object");
    let made = fs::read_dir(folder).expect("the build script's folder");
    let names: Vec<_> = made.map(|entry| entry.expect("an entry").file_name()).collect();
    let has = |part: &str| names.iter().any(|name| name.to_string_lossy().contains(part));
    assert!(has("name_collision.") && has("pass_rust_object."), "{names:?}");
    // The right one runs to its end, and so has a `callback` in each file.
    let output = support::run("pass_rust_object", &[]);
    assert!(output.status.success(), "{}", support::stderr(&output));
    assert!(support::stdout(&output).starts_with("first object   3 values, total 6\n"));
}

mod crashes {
    #[test]
    fn two_globals_of_one_name_overflow_the_stack() {
        let output = support::run("name_collision", &[]);
        assert_eq!(support::stdout(&output), "");
        let words = support::stderr(&output);
        assert!(words.contains("has overflowed its stack"), "{words}");
        #[cfg(unix)]
        support::assert_signal(&output, 6); // SIGABRT: Rust's handler ends the process itself
        #[cfg(windows)]
        assert_eq!(output.status.code(), Some(0xC000_00FD_u32 as i32)); // STATUS_STACK_OVERFLOW
    }
}
