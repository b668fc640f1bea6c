//! The C header: as it should look, and as both compilers take it.

use std::fs;
use std::process::Command;

use foreign_call_codegen::c_header;
use snapbox::{assert_data_eq, file};

const DEMO: &str = include_str!("../../demo/src/call.rs");
const EVERY_TYPE: &str = include_str!("../../conformance/src/interface.rs");
const OFFERED: &str = include_str!("../../conformance/src/offered.rs");
const RUNTIME: &str = include_str!("../../include/foreign_call.h");
const OFFERS: &str = include_str!("../../include/foreign_call_offers.h");

fn generated(source: &str) -> String {
    c_header(source, "src/call.rs").unwrap_or_else(|error| panic!("{error}"))
}

/// Without the part that is the same in every header.
fn without_runtime(header: &str) -> String {
    assert!(header.contains(RUNTIME), "the runtime is in it");
    let header = header.replace(RUNTIME, "(include/foreign_call.h)\n");
    header.replace(OFFERS, "(include/foreign_call_offers.h)\n")
}

#[test]
fn the_demo_s_header() {
    assert_data_eq!(without_runtime(&generated(DEMO)), file!["demo.h.txt"].raw());
}

#[test]
fn the_header_of_every_type() {
    assert_data_eq!(without_runtime(&generated(EVERY_TYPE)), file!["every_type.h.txt"].raw());
}

#[test]
fn the_header_of_what_is_offered() {
    assert_data_eq!(without_runtime(&generated(OFFERED)), file!["offered.h.txt"].raw());
}

#[test]
fn both_compilers_take_it_without_a_warning() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("demo.h"), generated(DEMO)).expect("written");
    fs::write(at("every.h"), generated(EVERY_TYPE)).expect("written");
    fs::write(at("offered.h"), generated(OFFERED)).expect("written");
    // All in one file, and one of them twice; and a file with nothing but the types.
    let all = "#include \"demo.h\"\n#include \"every.h\"\n#include \"offered.h\"\n\
        #include \"demo.h\"\n";
    fs::write(at("all.c"), all).expect("written");
    let types = "#define FOREIGN_CALL_TYPES_ONLY\n#include \"every.h\"\n#include \"offered.h\"\n\
        static int Echo_all(void) { return 0; }\nstatic int Store_get(void) { return 0; }\n\
        int main(void) { return Echo_all() + Store_get(); }\n";
    fs::write(at("types.c"), types).expect("written");
    let mut tried = 0;
    for compiler in ["cc", "gcc", "clang"] {
        for file in ["all.c", "types.c"] {
            let flags = "-std=c11 -Wall -Wextra -Wpedantic -Wstrict-prototypes \
                -Wmissing-prototypes -Werror -fsyntax-only";
            let mut command = Command::new(compiler);
            // What is not installed can't be asked; `cc` is, or nothing here was built.
            let Ok(output) = command.args(flags.split_whitespace()).arg(at(file)).output() else {
                assert_ne!(compiler, "cc", "there is a C compiler");
                continue;
            };
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{compiler} {file}: {said}");
            tried += 1;
        }
    }
    assert!(tried >= 2);
}

#[test]
fn a_wrong_layout_would_not_compile() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.c");
    let wrong = generated(DEMO).replace("uint8_t age;", "uint64_t age, more;");
    fs::write(&file, wrong).expect("written");
    let output = Command::new("cc").args(["-std=c11", "-fsyntax-only"]).arg(&file).output();
    let said = output.expect("there is a C compiler").stderr;
    let said = String::from_utf8_lossy(&said).into_owned();
    assert!(said.contains("size of DemoUserRef"), "{said}");
}
