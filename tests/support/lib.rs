//! What several test files need: the workspace's binaries, built once, and child processes that
//! can't hang.

pub mod bridge;
#[cfg(unix)]
pub mod ctrl_c;
#[cfg(unix)]
pub mod terminal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;

/// Guards against hanging, and nothing else: far longer than any test takes, under valgrind too.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The experiments, in reading order.
pub const EXPERIMENTS: [&str; 12] = [
    "poc_cc",
    "poc_callback",
    "poc_function_pointer",
    "pointer_callback",
    "pass_rust_object",
    "pass_rust_object_2",
    "pass_rust_object_3",
    "bridge_with_tokio",
    "bridge_with_sync",
    "bridge_with_future",
    "bridge_with_go",
    "bridge_with_ring",
];

/// Those whose chapters end with the library: before them there is nothing that it takes over.
pub const WITH_THE_LIBRARY: &[&str] = EXPERIMENTS.split_at(3).1;

/// Those that say what to install where there is no Go, and do nothing else.
pub const NEEDS_GO: &[&str] = &["bridge_with_go"];

/// A page beside a chapter: step 12 once more, with Go at the other end.
pub const RING_WITH_GO: &str = "bridge_with_ring/with_go";

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

/// What `cargo build` made: each binary by its name, and by package where the build scripts wrote.
#[derive(Debug, Default)]
pub struct Built {
    binaries: BTreeMap<String, PathBuf>,
    out_dirs: BTreeMap<String, PathBuf>,
}

impl Built {
    /// The binary of that name, as `cargo run` would start it.
    pub fn binary(&self, name: &str) -> &Path {
        self.binaries.get(name).unwrap_or_else(|| panic!("the workspace has no binary {name}"))
    }

    /// Where the build script of that package wrote: its C archive lies there.
    pub fn out_dir(&self, package: &str) -> &Path {
        self.out_dirs.get(package).unwrap_or_else(|| panic!("{package} has no build script"))
    }
}

/// Builds every binary of the workspace, once a process, in the profile of the tests themselves.
pub fn built() -> &'static Built {
    static BUILT: OnceLock<Built> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(workspace()).stderr(Stdio::inherit());
        build.args(["build", "--quiet", "--workspace", "--bins", "--message-format=json"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let output = build.output().expect("cargo is there: it started this test");
        assert!(output.status.success(), "cargo build failed: {:?}", output.status);
        let mut built = Built::default();
        for line in String::from_utf8(output.stdout).expect("cargo prints UTF-8").lines() {
            let message: Value = serde_json::from_str(line).expect("cargo prints JSON");
            match message["reason"].as_str() {
                Some("compiler-artifact") => {
                    if let Some(path) = message["executable"].as_str() {
                        let name = message["target"]["name"].as_str().expect("a target's name");
                        built.binaries.insert(name.into(), path.into());
                    }
                }
                Some("build-script-executed") => {
                    let id = message["package_id"].as_str().expect("a package's id");
                    let out_dir = message["out_dir"].as_str().expect("a folder");
                    built.out_dirs.insert(package_name(id).into(), out_dir.into());
                }
                _ => {}
            }
        }
        built
    })
}

/// The package's name in an id such as `path+file:///home/me/project/device#0.1.0`.
fn package_name(id: &str) -> &str {
    let (source, version) = id.rsplit_once('#').unwrap_or((id, ""));
    match version.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(source),
    }
}

/// A child process of one of the workspace's binaries. It is killed after [`PATIENCE`].
pub fn command(binary: &str) -> snapbox::cmd::Command {
    snapbox::cmd::Command::new(built().binary(binary))
        .current_dir(workspace())
        .env("RUST_BACKTRACE", "0")
        .timeout(PATIENCE)
}

/// Runs a binary to its end and gives back what it printed.
pub fn run(binary: &str, arguments: &[&str]) -> Output {
    command(binary).args(arguments).output().expect("the binary starts")
}

/// What a process printed on standard output.
pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8 on standard output")
}

/// What a process printed on standard error.
pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8 on standard error")
}

/// Asserts that the process was ended by that signal (SIGSEGV, say), not by a status of its own.
#[cfg(unix)]
#[track_caller]
pub fn assert_signal(output: &Output, signal: i32) {
    use std::os::unix::process::ExitStatusExt;
    let ended_by = output.status.signal();
    assert_eq!(ended_by, Some(signal), "{}\n{}", output.status, stderr(output));
}

/// Builds one binary with AddressSanitizer, C and all, in a folder of its own.
pub fn with_address_sanitizer(package: &str, binary: &str) -> PathBuf {
    let folder = built().binary(binary).parent().expect("a folder").join("address_sanitizer");
    let mut build = Command::new(env!("CARGO"));
    build.current_dir(workspace()).args(["build", "--quiet", "--package", package]);
    build.args(["--bin", binary, "--target", env!("TARGET"), "--target-dir"]).arg(&folder);
    build.env("RUSTC_BOOTSTRAP", "1");
    build.env("RUSTFLAGS", "-Zsanitizer=address -Cunsafe-allow-abi-mismatch=sanitizer");
    let output = build.output().expect("cargo is there: it started this test");
    assert!(output.status.success(), "cargo build failed: {}", stderr(&output));
    folder.join(env!("TARGET")).join("debug").join(binary)
}

/// The C compiler that builds the experiments, for tests that compile wrong C.
pub fn c_compiler() -> cc::Tool {
    let version = Command::new("rustc").arg("-vV").output().expect("rustc is there");
    let version = String::from_utf8(version.stdout).expect("UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host");
    let mut build = cc::Build::new();
    build.cargo_metadata(false).opt_level(0).host(host).target(host).std("c11");
    build.get_compiler()
}
