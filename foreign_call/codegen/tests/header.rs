//! The C header: as it should look, and as both compilers take it.

use std::fs;
use std::process::Command;

use foreign_call_codegen::c_header;
use snapbox::{assert_data_eq, file};

const DEMO: &str = include_str!("../../demo/src/call.rs");
const EVERY_TYPE: &str = include_str!("../../conformance/src/interface.rs");
const OVER_RING: &str = include_str!("../../conformance/src/over_ring.rs");
const PROCESS: &str = include_str!("../../conformance/src/process.rs");
const OFFERED: &str = include_str!("../../conformance/src/offered.rs");
const RUNTIME: &str = include_str!("../../include/foreign_call.h");
const RING: &str = include_str!("../../include/foreign_call_ring.h");
const MEM: &str = include_str!("../../include/foreign_call_mem.h");
const OFFERS: &str = include_str!("../../include/foreign_call_offers.h");
const ACCEPT: &str = include_str!("../../include/foreign_call_ring_accept.h");
const PACKED: &str = include_str!("../../include/foreign_call_packed.h");
const SERVE: &str = include_str!("../../include/foreign_call_process.h");

fn generated(source: &str) -> String {
    c_header(source, "src/call.rs").unwrap_or_else(|error| panic!("{error}"))
}

/// Without the part that is the same in every header.
fn without_runtime(header: &str) -> String {
    assert!(header.contains(RUNTIME), "the runtime is in it");
    let header = header.replace(RUNTIME, "(include/foreign_call.h)\n");
    let header = header.replace(RING, "(include/foreign_call_ring.h)\n");
    let header = header.replace(MEM, "(include/foreign_call_mem.h)\n");
    let header = header.replace(OFFERS, "(include/foreign_call_offers.h)\n");
    let accept = ACCEPT.replace("#include \"foreign_call_ring.h\"\n\n", "");
    let header = header.replace(&accept, "(include/foreign_call_ring_accept.h)\n");
    let header = header.replace(PACKED, "(include/foreign_call_packed.h)\n");
    header.replace(SERVE, "(include/foreign_call_process.h)\n")
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
fn the_header_of_what_goes_over_a_ring() {
    assert_data_eq!(without_runtime(&generated(OVER_RING)), file!["over_ring.h.txt"].raw());
}

/// As `conformance` makes it: what another process has is of the types of every type.
fn process() -> String {
    [EVERY_TYPE, PROCESS].concat().replace("//!", "//")
}

/// One of each kind of view.
const INDEX: &str = "
    #[derive(R2G)]
    struct Entry { title: Option<String>, state: State, at: [u16; 2], seen: HashMap<char, bool> }
    #[derive(R2G)]
    enum State { Fresh, Old { years: Vec<u64> } }
    /// Finds what was noted.
    #[r2g(process)]
    trait Index {
        /// Notes an entry.
        #[mem]
        fn note(entry: &Entry, number: u64);
        /// Where it was noted.
        #[mem]
        async fn find(title: &str) -> Result<Vec<u64>, CallError>;
    }
";

#[test]
fn the_header_of_what_another_process_has() {
    assert_data_eq!(without_runtime(&generated(INDEX)), file!["process.h.txt"].raw());
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
    fs::write(at("over_ring.h"), generated(OVER_RING)).expect("written");
    // All in one file, and one of them twice; and a file with nothing but the types.
    let all = "#include \"demo.h\"\n#include \"every.h\"\n#include \"offered.h\"\n\
        #include \"over_ring.h\"\n#include \"demo.h\"\n";
    fs::write(at("all.c"), all).expect("written");
    // What another process has, beside what this one has.
    fs::write(at("process.h"), generated(&process())).expect("written");
    let process = "#define _POSIX_C_SOURCE 200809L\n#include \"process.h\"\n#include \"demo.h\"\n\
        #include \"over_ring.h\"\nint main(void) { return Far_serve(0, 4096); }\n";
    fs::write(at("process.c"), process).expect("written");
    let types = "#define FOREIGN_CALL_TYPES_ONLY\n#include \"every.h\"\n#include \"offered.h\"\n\
        #include \"over_ring.h\"\nstatic int Echo_all(void) { return 0; }\n\
        static int Store_get(void) { return 0; }\n\
        int main(void) { return Echo_all() + Store_get(); }\n";
    fs::write(at("types.c"), types).expect("written");
    let mut tried = 0;
    for compiler in ["cc", "gcc", "clang"] {
        for file in ["all.c", "types.c", "process.c"] {
            if file == "process.c" && !cfg!(target_os = "linux") {
                continue;
            }
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

/// A C++ compiler that is installed, as no test needs one.
fn cpp_compilers() -> impl Iterator<Item = &'static str> {
    let there = |name: &&str| Command::new(name).arg("--version").output().is_ok();
    ["c++", "g++", "clang++"].into_iter().filter(there)
}

#[test]
fn cpp_takes_it_without_a_warning_from_cpp_11_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let keywords = "#[r2g] trait Keywords { fn new(class: u8, this: &(bool, bool)) -> u8; }";
    for (name, source) in [
        ("demo.h", DEMO),
        ("every.h", EVERY_TYPE),
        ("offered.h", OFFERED),
        ("keywords.h", keywords),
    ] {
        fs::write(at(name), generated(source)).expect("written");
    }
    let all = "#include \"demo.h\"\n#include \"every.h\"\n#include \"offered.h\"\n\
        #include \"keywords.h\"\n";
    fs::write(at("all.cpp"), all).expect("written");
    for compiler in cpp_compilers() {
        for standard in ["-std=c++11", "-std=c++20"] {
            let mut command = Command::new(compiler);
            command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"]);
            let said = command.arg(at("all.cpp")).output().expect("it runs").stderr;
            assert_eq!(String::from_utf8_lossy(&said), "", "{compiler} {standard}");
        }
    }
}

#[test]
fn a_function_that_cpp_implements_is_found_by_c() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let source = "#[r2g] trait Peer { fn tell(number: u8); }";
    fs::write(at("peer.h"), generated(source)).expect("written");
    let cpp = "#include \"peer.h\"\nvoid Peer_tell(uint8_t number) { (void)number; }\n";
    fs::write(at("peer.cpp"), cpp).expect("written");
    let c = "#include \"peer.h\"\nint main(void) { Peer_tell(1); return Peer_interface.number == 0; }\n";
    fs::write(at("main.c"), c).expect("written");
    for compiler in cpp_compilers() {
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            let output = command.current_dir(folder.path()).args(arguments).output();
            let output = output.expect("it runs");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} {arguments:?}: {said}");
        };
        run("cc", &["-std=c11", "-c", "main.c", "-o", "main.o"]);
        run(compiler, &["-std=c++11", "peer.cpp", "main.o", "-o", "program"]);
        run(at("program").to_str().expect("a path"), &[]);
    }
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

#[test]
fn what_docs_say_and_what_macros_are_called_is_no_matter() {
    let source = r#"
        /// Begins /* and ends */ comments, /*/ too, and ends in a backslash: \
        #[derive(R2G)]
        enum Number { NULL(u8), Some { errno: u8 } }
        #[r2g]
        trait Call { fn f(linux: &Number) -> Number; }
    "#;
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("call.h"), generated(source)).expect("written");
    let file = folder.path().join("call.c");
    fs::write(&file, "#include \"call.h\"\n").expect("written");
    for compiler in ["cc", "clang"] {
        let mut command = Command::new(compiler);
        command.args(["-std=gnu11", "-Wall", "-Werror", "-fsyntax-only"]).arg(&file);
        match command.output() {
            Ok(output) => {
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{compiler}: {said}");
            }
            Err(_) => assert_ne!(compiler, "cc", "there is a C compiler"),
        }
    }
}
