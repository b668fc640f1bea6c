//! Finds Go, and has it build an archive.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error, fmt, fs};

/// The oldest Go that does: 1.19.
const OLDEST: (u32, u32) = (1, 19);

/// The oldest language that a module may choose: the one with type parameters.
const OLDEST_LANGUAGE: (u32, u32) = (1, 18);

/// Why there is no Go to build with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoGo(String);

impl fmt::Display for NoGo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; Go 1.19 or newer is needed", self.0)
    }
}

impl error::Error for NoGo {}

/// The Go to build with: what the variable `GO` names, or else `go`, from `PATH`.
///
/// # Errors
///
/// If there is none, or it is older than 1.19.
pub fn find_go() -> Result<PathBuf, NoGo> {
    let named = env::var_os("GO").filter(|name| !name.is_empty());
    let program = PathBuf::from(named.clone().unwrap_or_else(|| "go".into()));
    let shown = program.display();
    let output = Command::new(&program).args(["env", "GOVERSION"]).output().map_err(|error| {
        NoGo(match named {
            Some(_) => format!("`{shown}`, which the variable GO names, does not run ({error})"),
            None => format!("there is no Go in PATH, and the variable GO is not set ({error})"),
        })
    })?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(NoGo(format!("`{shown} env GOVERSION` fails: {said}")));
    }
    match numbers(&version) {
        Some(numbers) if numbers < OLDEST => Err(NoGo(format!("`{shown}` is {version}"))),
        Some(_) => Ok(program),
        None => Err(NoGo(format!("`{shown}` does not say which version it is (`{version}`)"))),
    }
}

/// Of `go1.26.8`, or `devel go1.27-1234567`.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split_once("go")?.1.split('.');
    let minor: String = parts.clone().nth(1)?.chars().take_while(char::is_ascii_digit).collect();
    Some((parts.next()?.parse().ok()?, minor.parse().ok()?))
}

/// Has Go build the package in `folder` as a C archive, for Cargo's target.
///
/// # Errors
///
/// What Go says, with file names as they are seen from the build script.
pub(crate) fn archive(go: &Path, folder: &Path, archive: &Path) -> Result<(), String> {
    let mut command = Command::new(go);
    command.current_dir(folder);
    command.args(["build", "-buildmode=c-archive", "-buildvcs=false", "-o"]).arg(archive).arg(".");
    command.env("CGO_ENABLED", "1").envs(platform());
    match module(folder) {
        Some(file) => language(&file)?,
        // The standard library is all that it can use then.
        None => drop(command.env("GO111MODULE", "off")),
    }
    let output = command.output().map_err(|error| format!("{}: {error}", go.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.lines().filter(|line| !line.starts_with("# "));
    let said: Vec<_> = said.map(|line| from_outside(folder, line)).collect();
    Err(said.join("\n"))
}

/// Go names a file as it sees it from its folder.
fn from_outside(folder: &Path, line: &str) -> String {
    match line.strip_prefix("./") {
        Some(rest) => folder.join(rest).display().to_string(),
        None => line.to_owned(),
    }
}

/// The `go.mod` that counts in a folder.
fn module(folder: &Path) -> Option<PathBuf> {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    folder.ancestors().map(|folder| folder.join("go.mod")).find(|file| file.is_file())
}

/// Refuses a module in a language without type parameters, as Go would, but there in `gen.go`.
fn language(module: &Path) -> Result<(), String> {
    let text = fs::read_to_string(module).unwrap_or_default(); // Go says why it can't be read
    let mut versions = (1..).zip(text.lines()).filter_map(|(number, line)| {
        let line = line.split("//").next().unwrap_or_default();
        Some((number, line.trim().strip_prefix("go ")?.trim()))
    });
    let file = module.display();
    match versions.next() {
        None => Err(format!("{file}: error: it needs a line `go 1.18`, or newer")),
        Some((number, version)) => match numbers(&format!("go{version}")) {
            Some(old) if old < OLDEST_LANGUAGE => {
                Err(format!("{file}:{number}: error: `go {version}` is too old, 1.18 is needed"))
            }
            _ => Ok(()),
        },
    }
}

/// Go's words for what Cargo builds for, and the C compiler for it.
fn platform() -> Vec<(&'static str, String)> {
    let cargo = |name: &str| env::var(name).unwrap_or_default();
    let (os, arch) = (cargo("CARGO_CFG_TARGET_OS"), cargo("CARGO_CFG_TARGET_ARCH"));
    let os = match os.as_str() {
        "macos" => "darwin".to_owned(),
        _ => os,
    };
    let arch = match arch.as_str() {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "loongarch64" => "loong64",
        "powerpc64" if cargo("CARGO_CFG_TARGET_ENDIAN") == "little" => "ppc64le",
        "powerpc64" => "ppc64",
        _ => &arch, // riscv64, s390x
    };
    let mut platform = vec![("GOOS", os), ("GOARCH", arch.to_owned())];
    if cargo("HOST") != cargo("TARGET") {
        let compiler = cc::Build::new().get_compiler();
        platform.push(("CC", compiler.path().display().to_string()));
    }
    platform
}

/// What Go's own library needs of the system, for the linker.
pub(crate) fn libraries() -> &'static [&'static str] {
    match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux") => &["resolv"],
        Ok("macos") => &["resolv", "framework=CoreFoundation", "framework=Security"],
        Ok("windows") => &["winmm", "ws2_32", "ntdll"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_however_it_is_written() {
        assert_eq!(numbers("go1.26.8"), Some((1, 26)));
        assert_eq!(numbers("go1.19"), Some((1, 19)));
        assert_eq!(numbers("go1.21rc2"), Some((1, 21)));
        assert_eq!(numbers("devel go1.27-d1c1f0e Tue Nov 10"), Some((1, 27)));
        assert_eq!(numbers("go2"), None);
        assert_eq!(numbers(""), None);
        assert!((1, 18) < OLDEST && (1, 100) > OLDEST && (2, 0) > OLDEST);
    }
}
