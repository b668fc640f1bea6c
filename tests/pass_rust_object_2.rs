//! Experiment 6: what its chapter claims.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Barrier;
use std::thread;

use pass_rust_object_2::{NoCallback, Report, State, Tally};

#[test]
fn the_callback_gets_the_object_from_c_and_edits_it() {
    let report = pass_rust_object_2::run().expect("the experiment runs");
    let expected = Report {
        before: Tally { count: 0, total: 5 },
        delivered: vec![1, 2],
        after: Tally { count: 2, total: 8 },
        refusal: NoCallback,
    };
    assert_eq!(report, expected);
}

#[test]
fn the_object_that_was_set_last_is_the_one_that_is_edited() {
    let mut state = State::lock();
    state.set(Tally { count: 0, total: 100 });
    state.deliver(1).expect("an object is set");
    state.set(Tally { count: 0, total: 200 });
    state.deliver(2).expect("an object is set");
    assert_eq!(state.take(), Some(Tally { count: 1, total: 202 }));
    assert_eq!(state.take(), None);
}

#[test]
fn c_has_let_go_of_the_object_when_the_state_is_dropped() {
    let mut state = State::lock();
    state.set(Tally { count: 0, total: 0 });
    state.deliver(1).expect("an object is set");
    drop(state);
    assert_eq!(State::lock().deliver(2), Err(NoCallback));
}

#[test]
fn c_writes_to_no_object_that_was_taken_back() {
    let mut state = State::lock();
    state.set(Tally { count: 0, total: 0 });
    assert!(state.take().is_some());
    // The memory that was freed last is what the next box gets: a late write would be seen here.
    let next_in_its_place = Box::new(Tally { count: 0, total: 0 });
    // SAFETY: it is our turn, and the state is empty, or this test finds out.
    unsafe { pass_rust_object_2::ffi::pass_rust_object_2_state_call(7) };
    assert_eq!(*next_in_its_place, Tally { count: 0, total: 0 });
}

#[test]
fn threads_take_turns_at_the_one_place() {
    let start = Barrier::new(2);
    // Many short turns, so that without the lock one falls into the other.
    let turns = |value: i32| {
        start.wait();
        for _ in 0..20_000 {
            let mut state = State::lock();
            state.set(Tally { count: 0, total: 0 });
            for _ in 0..10 {
                state.deliver(value).expect("an object is set");
            }
            assert_eq!(state.take(), Some(Tally { count: 10, total: 10 * value }));
        }
    };
    thread::scope(|scope| {
        scope.spawn(|| turns(1));
        scope.spawn(|| turns(100));
    });
}

#[test]
fn a_total_that_is_too_large_wraps_and_does_not_panic() {
    let mut state = State::lock();
    state.set(Tally { count: u32::MAX, total: i32::MAX });
    state.deliver(1).expect("an object is set");
    assert_eq!(state.take(), Some(Tally { count: 0, total: i32::MIN }));
}

/// Compiles a program of its own into `folder`.
fn rustc(folder: &Path, options: &[&str], source: &str) -> Output {
    let file = folder.join("program.rs");
    std::fs::write(&file, source).expect("a file");
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-o"]).arg(program(folder)).args(options).arg(file);
    rustc.output().expect("rustc is there: it compiled this test")
}

fn program(folder: &Path) -> std::path::PathBuf {
    folder.join("program").with_extension(std::env::consts::EXE_EXTENSION)
}

#[test]
fn the_compiler_refuses_the_write_where_it_sees_the_cast() {
    let casts = [
        "&total as *const i32 as *mut i32",
        "std::ptr::from_ref(&total).cast_mut()",
        "std::ptr::from_ref(&total).cast_mut().cast::<i32>()",
    ];
    for cast in casts {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let source = format!("fn main() {{ let total = 5; unsafe {{ *({cast}) = 6 }} }}");
        let output = rustc(folder.path(), &["--emit=metadata"], &source);
        let words = support::stderr(&output);
        assert!(!output.status.success(), "{cast} compiled");
        assert!(words.contains("#[deny(invalid_reference_casting)]` on by default"), "{words}");
    }
}

/// The mistake of the wrong version, without C between the cast and the write.
const PURELY_IN_RUST: &str = r#"
    struct Tally { total: i32 }

    fn edit(tally: *mut Tally) {
        println!("read {}", unsafe { (*tally).total });
        unsafe { (*tally).total = 6 };
        println!("now {}", unsafe { (*tally).total });
    }

    fn main() {
        let tally = &Tally { total: 5 };
        edit(std::ptr::from_ref(tally).cast_mut());
    }
"#;

#[test]
fn the_compiler_says_nothing_where_the_write_is_in_another_function() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = rustc(folder.path(), &["--emit=metadata"], PURELY_IN_RUST);
    assert!(output.status.success());
    assert_eq!(support::stderr(&output), "");
}

#[test]
fn clippy_points_at_as_ptr_cast_to_mut() {
    let samples = [1_i16, 2];
    // Where clippy runs with warnings as errors it also refuses an expectation that isn't met.
    #[expect(clippy::as_ptr_cast_mut, reason = "the chapter says that clippy points at it")]
    let writable = samples.as_ptr() as *mut i16;
    assert_eq!(writable.cast_const(), samples.as_ptr());
}

mod crashes {
    use super::{PURELY_IN_RUST, program, rustc};
    use std::process::{Command, Output};

    /// That the system ended the process because of a forbidden access to memory.
    #[track_caller]
    fn assert_access_violation(output: &Output) {
        #[cfg(target_os = "macos")]
        {
            use std::os::unix::process::ExitStatusExt;
            let signal = output.status.signal();
            assert!(matches!(signal, Some(10 | 11)), "{}", output.status); // SIGBUS, SIGSEGV
        }
        #[cfg(all(unix, not(target_os = "macos")))]
        support::assert_signal(output, 11); // SIGSEGV
        #[cfg(windows)]
        assert_eq!(output.status.code(), Some(0xC000_0005_u32 as i32)); // STATUS_ACCESS_VIOLATION
    }

    #[test]
    fn a_promoted_constant_can_be_read_and_the_first_write_ends_the_program() {
        let output = support::run("edit_promoted_constant", &[]);
        assert_eq!(support::stdout(&output), "read 5\n");
        assert_access_violation(&output);
    }

    #[test]
    fn purely_in_rust_and_not_optimised_the_write_ends_the_program_too() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = rustc(folder.path(), &["-Copt-level=0"], PURELY_IN_RUST);
        assert!(output.status.success(), "{}", support::stderr(&output));
        let output = Command::new(program(folder.path())).output().expect("the program starts");
        assert_eq!(support::stdout(&output), "read 5\n");
        assert_access_violation(&output);
    }

    #[test]
    fn purely_in_rust_and_optimised_the_edit_does_not_arrive_either() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = rustc(folder.path(), &["-Copt-level=3"], PURELY_IN_RUST);
        assert!(output.status.success(), "{}", support::stderr(&output));
        let output = Command::new(program(folder.path())).output().expect("the program starts");
        // rustc 1.95 drops the write and says "now 5". The behaviour is undefined, so another one may
        // do something else. What it has no way to do is to write to read-only memory.
        let words = support::stdout(&output);
        let arrived = output.status.success() && words.contains("now 6");
        assert!(!arrived, "the constant was edited: {words}");
    }
}
