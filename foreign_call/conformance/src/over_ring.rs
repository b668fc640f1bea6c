//! What goes over a ring, as calls would: every kind, and a peer that does it wrong.

use foreign_call::{CallError, R2G, r2g};
use futures_core::Stream;

/// What C has noted.
#[derive(R2G, Debug, Clone, PartialEq)]
pub struct Note {
    /// Its text.
    pub text: String,
    /// How often it was noted.
    pub times: u32,
}

/// How a stream ends.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(u32)]
#[allow(missing_docs, reason = "their names say it")]
pub enum Ending {
    End,
    Fail,
    GiveUp,
}

/// Answered on threads of C's own, by messages.
#[r2g]
#[allow(missing_docs, reason = "the C file says what each does")]
pub trait OverRing {
    /// Notes something. Notes are numbered in the order of the calls.
    #[mem]
    fn note(text: String, number: u64);
    /// Nothing more is received,
    #[mem]
    fn stall();
    /// until this is called.
    fn go_on();
    /// So many notes, each with the number that comes after the one before, and their bytes.
    fn noted() -> (u64, u64);
    /// The sum, when it pleases.
    #[mem]
    #[drop_safe]
    #[send]
    async fn sum(numbers: Vec<u64>) -> Result<u64, CallError>;
    /// The note again and again; an answer that is C's own memory.
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
    /// As `Later::search`.
    #[mem]
    #[cancel]
    #[drop_safe]
    async fn search(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    #[mem]
    #[deadline(5)]
    #[drop_safe]
    async fn search_in_time(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    /// Fails with this number.
    #[mem]
    async fn fails(code: i32) -> Result<u8, CallError>;
    #[mem]
    async fn gives_up() -> Result<u8, CallError>;
    /// Answers with 1, and then with 2.
    #[mem]
    async fn answers_twice() -> Result<u8, CallError>;
    /// Answers calls that are none, for functions that are none, and then this one.
    #[mem]
    async fn forges() -> Result<u8, CallError>;
    /// A note whose text is not UTF-8.
    #[mem]
    async fn invalid() -> Result<Note, CallError>;
    /// So many notes of each of these threads, in C's own memory; the last to end ends the stream.
    #[mem]
    #[buffer(8)]
    fn notes(threads: Vec<String>, each: u32) -> impl Stream<Item = Result<Note, CallError>>;
    /// One after the other, as long as somebody receives.
    #[mem]
    fn numbers(from: u64) -> impl Stream<Item = u64>;
    /// One item inside of the call. Then it ends, fails or gives up.
    #[mem]
    fn ends(how: Ending) -> impl Stream<Item = Result<(), CallError>>;
    /// Without a `Result`, it ends in the same way.
    #[mem]
    fn ends_in_a_panic() -> impl Stream<Item = bool>;
    /// An item, one that is not valid, and one more.
    #[mem]
    fn invalid_items() -> impl Stream<Item = Result<Note, CallError>>;
    /// Sends without asking for room, for streams that are none, and after the end.
    #[mem]
    #[buffer(2)]
    fn forges_items() -> impl Stream<Item = Result<u64, CallError>>;
    /// How many threads send, how many items were sent, how many refused, and how many notes wait to be
    /// given back.
    fn senders() -> (u64, u64, u64, u64);
    /// Begins to answer `sum`, with so many threads.
    fn start(threads: u32);
    /// How many answers of `sum` were sent, and how many copies wait to be given back.
    fn counts() -> (u64, u64);
}
