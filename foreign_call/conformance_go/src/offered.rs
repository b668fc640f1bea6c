//! What Rust offers to Go, and what Go does with it when it is told to.

use std::collections::HashMap;

use foreign_call::{CallError, R2G, g2r, r2g};

/// Something of every kind.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "their types are the point")]
pub struct Page {
    pub url: String,
    pub tags: Vec<String>,
    pub numbers: Vec<u32>,
    pub state: PageState,
    pub next: Option<(String, u8)>,
    pub known: HashMap<String, Vec<String>>,
    pub checked: Result<[String; 2], PageState>,
    pub letter: char,
    pub seen: bool,
}

/// With and without data.
#[derive(R2G, Debug, Clone, PartialEq)]
pub enum PageState {
    /// Nothing more.
    Fresh,
    /// Since then.
    Old {
        /// In seconds.
        age: u64,
        /// And why.
        why: Vec<String>,
    },
}

/// Offered by the tests, to Go.
#[g2r]
#[allow(missing_docs, reason = "the tests say what each does")]
pub trait Store {
    fn get(&self, key: &str) -> Option<String>;
    fn echo(&self, page: Page) -> Page;
    fn put(&self, room: &Page) -> Result<(), String>;
    fn scalars(&self, a: i8, b: f64, flag: bool, letter: char) -> (i8, f64, bool, char);
    fn sum(&self, numbers: &[u64]) -> Result<u64, CallError>;
    fn touched(&self, key: &str);
    async fn fetch(&self, url: String, page: &Page) -> Result<Page, CallError>;
    async fn ready(&self);
}

/// Go, which calls a [`Store`] and answers what it was answered, or fails as that did.
#[r2g]
#[allow(missing_docs, reason = "each calls the function of its name")]
pub trait Caller {
    fn get(key: &str) -> Result<Option<String>, CallError>;
    fn echo(page: &Page) -> Result<Page, CallError>;
    fn put(page: &Page) -> Result<Result<(), String>, CallError>;
    fn scalars(a: i8, b: f64, flag: bool, letter: char)
    -> Result<(i8, f64, bool, char), CallError>;
    fn sum(numbers: &[u64]) -> Result<u64, CallError>;
    fn touched(key: &str) -> Result<(), CallError>;
    #[drop_safe]
    #[send]
    async fn fetch(url: String, page: Page) -> Result<Page, CallError>;
    #[drop_safe]
    #[send]
    async fn ready() -> Result<(), CallError>;

    /// What a call with a text that is none fails with. One with a state that is none is no call.
    fn hostile() -> Result<(), CallError>;
    /// So many calls of every kind, in so many goroutines. How many were answered, failed because
    /// nobody offered, and anything else.
    fn run(goroutines: u32, calls: u64) -> Result<(u64, u64, u64), CallError>;
}
