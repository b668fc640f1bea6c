//! Go when C has no memory left for what it answers.

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use std::{fs, process::Command};

with_go! {
    /// Go's own tests of the generated file, in a package where `malloc` can be made to fail.
    fn a_failure_without_memory_is_an_error_and_never_a_second_panic() {
        let source = include_str!("../src/talk.rs");
        let generated = foreign_call_codegen::go_file(&[(source, "talk.rs")]).expect("it is Go");
        let package = tempfile::tempdir().expect("a folder");
        for (name, text) in [
            ("gen.go", generated.as_str()),
            ("no_memory.h", include_str!("no_memory/no_memory.h")),
            ("no_memory.c", include_str!("no_memory/no_memory.c")),
            ("recovers.go", include_str!("no_memory/recovers.go")),
            ("recovers_test.go", include_str!("no_memory/recovers_test.go")),
        ] {
            fs::write(package.path().join(name), text).expect("written");
        }
        let go = foreign_call_codegen::find_go().expect("it built this");
        let mut test = Command::new(go);
        test.current_dir(package.path()).args(["test", "-v", "."]);
        test.env("GO111MODULE", "off").env("CGO_ENABLED", "1");
        let output = test.output().expect("Go runs");
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}{errors}");
        assert_eq!(said.matches("--- PASS").count(), 3, "{said}");
    }
}
