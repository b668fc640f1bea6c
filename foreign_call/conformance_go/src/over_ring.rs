//! What goes over a ring, as calls would.

use foreign_call::{CallError, R2G, r2g};
use futures_core::Stream;

/// What Go was told.
#[derive(R2G, Debug, Clone, PartialEq)]
pub struct Note {
    /// Its text.
    pub text: String,
    /// How often.
    pub times: u32,
}

/// What Go has an interface for, which may be nil.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Sound {
    Silence,
    Word(String),
}

/// Answered by goroutines, by messages.
#[r2g]
#[allow(missing_docs, reason = "the Go file says what each does")]
pub trait OverRing {
    /// Notes are numbered in the order of the calls.
    #[mem]
    fn note(text: String, number: u64);
    /// So many notes, each with the number that comes after the one before, and their bytes.
    fn noted() -> (u64, u64);
    /// A one-way function that panics, or ends its goroutine.
    #[mem]
    fn note_wrongly(text: String, panics: bool);
    /// So many one-way functions have panicked.
    fn panics() -> u64;
    /// The sum, when it pleases.
    #[mem]
    #[drop_safe]
    #[send]
    async fn sum(numbers: Vec<u64>) -> Result<u64, CallError>;
    /// As sums wait for it.
    fn start();
    /// The note again and again.
    #[mem]
    #[drop_safe_ret]
    #[send]
    async fn copies(note: Note, times: u32) -> Result<Vec<Note>, CallError>;
    /// What is lent is only read.
    #[mem]
    #[send]
    async fn length(text: &str, more: u64) -> Result<u64, CallError>;
    #[mem]
    async fn scalars(
        a: u8,
        b: i64,
        c: f32,
        d: f64,
        e: bool,
        f: char,
    ) -> Result<(u8, i64, f32, f64, bool, char), CallError>;
    /// Without a `Result`: what goes wrong is the caller's panic.
    #[mem]
    async fn half(number: u32) -> u32;
    /// Where the number is; if it is nowhere, it waits until nobody wants to know.
    #[mem]
    #[cancel]
    #[drop_safe]
    async fn search(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    #[mem]
    #[cancel]
    #[deadline(5)]
    #[drop_safe]
    async fn search_in_time(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    /// Fails with this number, panics, ends its goroutine, or answers with what is not UTF-8.
    #[mem]
    async fn fails(code: i32) -> Result<u8, CallError>;
    #[mem]
    async fn panics_itself() -> Result<u8, CallError>;
    #[mem]
    async fn exits() -> Result<u8, CallError>;
    #[mem]
    async fn invalid() -> Result<String, CallError>;
    /// Answers calls that are none, and functions that are none; how many.
    fn forges() -> u64;
    /// So many notes of each of these names, from a goroutine each.
    #[mem]
    #[buffer(8)]
    fn remarks(names: Vec<String>, each: u32) -> impl Stream<Item = Result<Note, CallError>>;
    /// One after the other, as long as somebody receives.
    #[mem]
    fn numbers(from: u64) -> impl Stream<Item = u64>;
    /// One item; and then: it returns, fails, panics, ends its goroutine, sends what is not valid, or
    /// sends once more when it has returned.
    #[mem]
    fn ends(how: u32) -> impl Stream<Item = Result<String, CallError>>;
    /// A good item, one that panics while it is written, and a good one.
    #[mem]
    #[buffer(1)]
    fn recovers() -> impl Stream<Item = Result<Sound, CallError>>;
    /// How many goroutines send, how many items were sent, and how many were refused.
    fn senders() -> (u64, u64, u64);
    /// How many goroutines there are, calls that have a context, and empty arenas.
    fn under_way() -> (u64, u64, u64);
}
