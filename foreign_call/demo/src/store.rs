//! The other direction: what Rust implements, and C calls.

use foreign_call::{CallError, g2r, r2g};

/// A store of texts, offered to C.
#[g2r]
pub trait Store {
    /// What was put there.
    fn get(&self, key: &str) -> Option<String>;
    /// Puts it there.
    fn put(&self, key: String, value: String);
    /// Waits until something is there; fails if that takes too long.
    async fn wait_for(&self, key: String) -> Result<String, CallError>;
}

/// C, which uses the store when it is told to.
#[r2g]
pub trait Client {
    /// Puts a text under this key, some time later, on a thread of its own.
    fn put_later(key: &str);
    /// What the store has there, as C sees it.
    fn look(key: &str) -> String;
    /// Has the store wait for it.
    #[drop_safe]
    async fn wait(key: String) -> Result<String, CallError>;
}
