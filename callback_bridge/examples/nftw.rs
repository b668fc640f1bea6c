//! libc's `nftw`, the walk through a directory tree, with a closure. No user data, and calls only
//! before it returns.
//!
//! ```console
//! $ cargo run -q -p callback_bridge --example nftw -- poc_cc
//! poc_cc/build.rs
//! poc_cc/src/ffi.rs
//! poc_cc/src/lib.rs
//! poc_cc/src/main.rs
//! 4 Rust files
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

#[cfg(unix)]
mod tree {
    use std::ffi::{CStr, CString, OsStr, c_char, c_int};
    use std::io;
    use std::ops::ControlFlow;
    use std::os::unix::ffi::OsStrExt;
    use std::path::Path;

    use callback_bridge::closure::Thunk;

    mod ffi {
        use std::ffi::{c_char, c_int, c_void};

        unsafe extern "C" {
            // int nftw(const char *path,
            //          int (*visit)(const char *, const struct stat *, int, struct FTW *),
            //          int descriptors, int flags);
            // `struct stat` and `struct FTW` are not looked at.
            #[cfg_attr(all(target_os = "linux", target_env = "gnu"), link_name = "nftw64")]
            pub(super) fn nftw(
                path: *const c_char,
                visit: unsafe extern "C" fn(
                    *const c_char,
                    *const c_void,
                    c_int,
                    *mut c_void,
                ) -> c_int,
                descriptors: c_int,
                flags: c_int,
            ) -> c_int;
        }

        /// Symbolic links are not followed.
        pub(super) const FTW_PHYS: c_int = 1;
    }

    /// What nftw returns when the visitor has told it to stop.
    const STOPPED: c_int = 1;

    /// Calls `visit` for `root` and all that is in it, until that says `Break`.
    ///
    /// # Errors
    ///
    /// nftw's: `root` doesn't exist, say; or `root` contains a NUL.
    ///
    /// # Panics
    ///
    /// If `visit` does; the walk ends there.
    pub(super) fn walk(
        root: &Path,
        mut visit: impl FnMut(&Path) -> ControlFlow<()>,
    ) -> io::Result<ControlFlow<()>> {
        let root = CString::new(root.as_os_str().as_bytes())?;
        let visit = Thunk::new(|path: *const c_char, _: *const _, _: c_int, _: *mut _| -> c_int {
            // SAFETY: nftw lends a string that ends in NUL for as long as the visitor runs.
            let path = unsafe { CStr::from_ptr(path) };
            let path = Path::new(OsStr::from_bytes(path.to_bytes()));
            if visit(path).is_break() { STOPPED } else { 0 }
        })
        // A visitor that has panicked ends the walk.
        .or_else(|_| STOPPED);
        let walked = visit.scope(|visit| {
            // SAFETY: the path is a string that ends in NUL. nftw calls on this thread and keeps
            // nothing. `errno` is read before anything else can change it.
            let status = unsafe { ffi::nftw(root.as_ptr(), visit, 16, ffi::FTW_PHYS) };
            (status, io::Error::last_os_error())
        });
        match walked.map_err(|full| io::Error::other(full.to_string()))? {
            (0, _) => Ok(ControlFlow::Continue(())),
            (STOPPED, _) => Ok(ControlFlow::Break(())),
            (_, error) => Err(error),
        }
    }
}

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::ops::ControlFlow;
    use std::path::PathBuf;

    let root = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    let mut sources = Vec::new();
    let _end = tree::walk(&root, |path| {
        if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(path.to_owned());
        }
        ControlFlow::Continue(())
    })?;
    sources.sort(); // nftw visits them in the order of the file system
    for path in &sources {
        println!("{}", path.display());
    }
    println!("{} Rust files", sources.len());
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("nftw is a function of Unix");
}

#[cfg(all(test, unix))]
mod tests {
    use super::tree::walk;
    use std::ops::ControlFlow::{Break, Continue};
    use std::path::Path;

    #[test]
    fn the_walk_visits_files_stops_when_told_to_and_says_what_does_not_exist() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
        let mut seen = Vec::new();
        let end = walk(&root, |path| {
            seen.push(path.to_owned());
            Continue(())
        });
        assert_eq!(end.unwrap(), Continue(()));
        assert_eq!(seen[0], root);
        assert!(seen.contains(&root.join("nftw.rs")));

        let mut visited = 0;
        let end = walk(&root, |_| {
            visited += 1;
            if visited == 2 { Break(()) } else { Continue(()) }
        });
        assert_eq!((end.unwrap(), visited), (Break(()), 2));

        let error = walk(&root.join("nothing"), |_| Continue(())).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    }

    #[test]
    fn a_panic_in_the_visitor_ends_the_walk_and_comes_out() {
        let mut visited = 0;
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = walk(Path::new(env!("CARGO_MANIFEST_DIR")), |_| {
                visited += 1;
                panic!("enough");
            });
        }));
        assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"enough"));
        assert_eq!(visited, 1);
    }
}
