//! What Rust offers to C, and what C does with it when it is told to.

use foreign_call::{CallError, R2G, g2r, r2g};

/// Something of every kind.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "their types are the point")]
pub struct Page {
    pub url: String,
    pub tags: Vec<String>,
    pub place: Option<Place>,
    pub state: State,
    pub seen: bool,
}

/// Lies as C has it, with nothing to check.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
#[allow(missing_docs, reason = "numbers")]
pub struct Place {
    pub line: u32,
    pub column: u64,
}

/// With and without data.
#[derive(R2G, Debug, Clone, PartialEq)]
pub enum State {
    /// Nothing more.
    Fresh,
    /// Since then.
    Old {
        /// In seconds.
        age: u64,
        /// And why.
        why: Vec<char>,
    },
}

/// Why nothing was put.
#[derive(R2G, Debug, Clone, PartialEq)]
pub enum Refusal {
    /// No room.
    Full,
    /// What is there.
    Taken(Page),
}

/// Offered by the tests, to C.
#[g2r]
#[allow(missing_docs, reason = "the tests say what each does")]
pub trait Store {
    fn get(&self, key: &str) -> Option<String>;
    fn put(&self, key: String, page: &Page) -> Result<(), Refusal>;
    /// Borrows what is plain, and checks the rest.
    fn count(
        &self,
        places: &[Place],
        flags: &[bool],
        pages: Vec<Page>,
        only: &[u64],
    ) -> Result<u64, CallError>;
    fn scalars(&self, a: i8, b: f64, flag: bool, letter: char) -> (i8, f64, bool, char);
    fn touched(&self, key: &str);
    /// What it borrows is its own: C's is gone when it runs.
    async fn fetch(&self, url: &str, tags: &[String], page: Page) -> Result<Page, CallError>;
    fn ready(&self) -> impl std::future::Future<Output = ()>;
}

/// Offered by `examples/cost.rs`.
#[g2r]
pub trait Meter {
    /// In bytes.
    fn length(&self, text: &str) -> u64;
}

/// C, which calls a [`Store`] and answers what it was answered, or fails as that did.
#[r2g]
#[allow(missing_docs, reason = "each calls the function of its name")]
pub trait Caller {
    fn get(key: &str) -> Result<Option<String>, CallError>;
    fn put(key: &str, page: &Page) -> Result<Result<(), Refusal>, CallError>;
    fn count(
        places: &[Place],
        flags: &[bool],
        pages: &[Page],
        only: &[u64],
    ) -> Result<u64, CallError>;
    fn scalars(a: i8, b: f64, flag: bool, letter: char)
    -> Result<(i8, f64, bool, char), CallError>;
    /// What came back at once: whether the call was made.
    fn touched(key: &str) -> Result<bool, CallError>;
    /// C's own copies of the arguments are spoiled as soon as the call was made.
    #[drop_safe]
    #[send]
    async fn fetch(url: String, tags: Vec<String>, page: Page) -> Result<Page, CallError>;
    #[drop_safe]
    #[send]
    async fn ready() -> Result<(), CallError>;

    /// A call that no honest caller makes; `fault` says which.
    fn hostile(fault: u32) -> Result<(), CallError>;
    /// Answers the view that lies at this address, whatever it is.
    fn answer_what_lies_at(page: usize) -> Result<Page, CallError>;
    /// Puts it, under the key `key`.
    fn put_what_lies_at(page: usize) -> Result<Result<(), Refusal>, CallError>;
    /// So many calls of every kind, on so many threads of C's. When each has its answer: how many
    /// were answered, failed because nobody offered, and anything else.
    fn run(threads: u32, calls: u64) -> Result<(u64, u64, u64), CallError>;
    /// How many blocks C has allocated and not freed, for whatever trait of this crate.
    fn blocks() -> i64;
    /// So many calls of [`Meter::length`] from one loop in C; the sum of what was answered.
    fn lengths(text: &str, calls: u64) -> u64;
    /// The same, to a function that was written by hand.
    fn lengths_by_hand(text: &str, calls: u64) -> u64;
}
