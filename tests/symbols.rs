//! Exported C symbols carry their crate's and their header's name, so that none can collide.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSymbol};
use support::{EXPERIMENTS, built, workspace};

/// The wrong versions, whose C is there to collide.
const EXEMPT: [&str; 1] = ["name_collision"];

fn archives(package: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(built().out_dir(package)).expect("the build script's folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|ending| ending == "a" || ending == "lib") {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let name = name.strip_prefix("lib").unwrap_or(&name).to_owned();
            found.push((name, fs::read(&path).expect("an archive")));
        }
    }
    found
}

fn exported(archive: &[u8]) -> BTreeSet<String> {
    let members = ArchiveFile::parse(archive).expect("an archive");
    let mut names = BTreeSet::new();
    for member in members.members() {
        let data = member.expect("a member").data(archive).expect("its bytes");
        let file = object::File::parse(data).expect("an object file");
        let prefix = if cfg!(target_os = "macos") { "_" } else { "" };
        for symbol in file.symbols().filter(|symbol| symbol.is_global() && !symbol.is_undefined()) {
            let name = symbol.name().expect("UTF-8");
            names.insert(name.strip_prefix(prefix).unwrap_or(name).to_owned());
        }
    }
    // What AddressSanitizer adds to each global, where the tests run under it.
    names.retain(|name| !name.starts_with("__odr_asan"));
    names
}

/// `device_` for `device/csrc/device.h`, `device_wav_` for `device/csrc/wav.h`.
fn prefixes(package: &str) -> Vec<String> {
    let headers = fs::read_dir(workspace().join(package).join("csrc")).expect("csrc");
    let headers = headers.map(|entry| entry.expect("an entry").path());
    let stem = |path: &Path| path.file_stem().expect("a name").to_string_lossy().into_owned();
    headers
        .filter(|path| path.extension().is_some_and(|ending| ending == "h"))
        .map(|path| match stem(&path) {
            name if name == package => format!("{package}_"),
            name => format!("{package}_{name}_"),
        })
        .collect()
}

#[test]
fn exported_symbols_begin_with_their_crate_and_header() {
    for package in EXPERIMENTS.into_iter().chain(["device"]) {
        let prefixes = prefixes(package);
        let mut checked = 0;
        for (archive, bytes) in archives(package) {
            if EXEMPT.contains(&archive.as_str()) {
                continue;
            }
            for name in exported(&bytes) {
                let owned = prefixes.iter().any(|prefix| name.starts_with(prefix));
                assert!(owned, "{package}: {archive} exports {name}, not one of {prefixes:?}");
                checked += 1;
            }
        }
        assert!(checked > 0, "{package}: no archive with symbols was found");
    }
}
