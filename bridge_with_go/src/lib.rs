//! Experiment 11: a Go function, called and awaited.
//!
//! | idea | where |
//! |---|---|
//! | what crosses, in both languages' words | `csrc/bridge_with_go.h`, [`ffi`], [`views`] |
//! | functions that C, and so Rust, can call | `go/` |
//! | an answer through a callback | `call.rs` |
//! | an answer that comes later | `later.rs` |
//! | two other ways to ask, and what each costs | `costs/` |
//!
//! Where there is no Go when this is built, all that needs it is left out: `cfg(go)`.
//! The chapter is this crate's `README.md`. `panic_without_recover` and `dangling_empty_list` in
//! `src/bin/` are the dead ends.

#[cfg(go)]
mod call;
#[cfg(go)]
pub mod costs;
pub mod ffi;
#[cfg(go)]
mod later;
#[cfg(go)]
mod report;
pub mod views;

#[cfg(go)]
pub use call::{Error, Verdict, check};
#[cfg(go)]
pub use later::{check_later, lent};
#[cfg(go)]
pub use report::{Report, run};

/// What to do where there was no Go.
pub const NO_GO: &str = "built without Go: install Go 1.19 or newer (golang-go in Debian), then \
                         `cargo clean -p bridge_with_go`, and run this again";

/// The exit status that says so, of all this crate's binaries.
pub const NO_GO_STATUS: u8 = 3;

/// Somebody to check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Any text, the empty one too.
    pub name: String,
    /// In years.
    pub age: u8,
}

/// Who is to be checked, and against what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Any number of users.
    pub users: Vec<User>,
    /// The lowest age that passes, and the highest.
    pub limits: Vec<u8>,
}

impl Request {
    /// Two users, one of them too young.
    pub fn example() -> Request {
        let user = |name: &str, age| User { name: name.into(), age };
        Request { users: vec![user("荏海", 28), user("Ferris", 14)], limits: vec![18, 99] }
    }
}
