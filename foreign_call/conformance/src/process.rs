//! What another process has: every type there and back, and a process that does it wrong.

use foreign_call::{CallError, r2g};

use crate::interface::{All, Figure, Level, Point};

/// Answered by the C program `csrc/process.c`.
#[r2g(process)]
#[allow(missing_docs, reason = "the C file says what each does")]
pub trait Far {
    /// Notes something. Notes are numbered in the order of the calls.
    #[mem]
    fn note(text: &str, number: u64);
    /// So many notes, each with the number that comes after the one before, and their bytes.
    #[mem]
    async fn noted() -> Result<(u64, u64), CallError>;
    #[mem]
    #[send]
    async fn all(value: &All) -> Result<All, CallError>;
    #[mem]
    #[drop_safe_ret]
    async fn points(points: Vec<Point>, levels: Vec<Level>) -> Result<Vec<Point>, CallError>;
    #[mem]
    async fn scalars(
        a: u8,
        b: i64,
        c: f32,
        d: f64,
        e: bool,
        f: char,
    ) -> Result<(u8, i64, f32, f64, bool, char), CallError>;
    /// C makes this one itself.
    #[mem]
    async fn circle(radius: f64) -> Result<Figure, CallError>;
    /// Without a `Result`: what goes wrong is the caller's panic.
    #[mem]
    async fn half(number: u32) -> u32;
    /// The sum, when it pleases, by one of four threads.
    #[mem]
    #[drop_safe]
    #[send]
    async fn sum(numbers: Vec<u64>) -> Result<u64, CallError>;
    /// So many bytes.
    #[mem]
    async fn bytes(count: u64) -> Result<Vec<u8>, CallError>;
    /// Fails with this number, and so many letters.
    #[mem]
    async fn fails(code: i32, letters: u32) -> Result<u8, CallError>;
    #[mem]
    async fn gives_up() -> Result<u8, CallError>;
    /// Answers with 1, and then with 2; then says how many were taken.
    #[mem]
    async fn answers_twice() -> Result<u8, CallError>;
    /// Never, as long as the process lives.
    #[mem]
    #[deadline(5)]
    async fn never_in_time() -> Result<u8, CallError>;
    #[mem]
    #[send]
    async fn never(text: &str) -> Result<u8, CallError>;
    /// So many messages that were refused.
    #[mem]
    async fn refused() -> Result<u64, CallError>;
    /// Ends the process, in the middle of this call.
    #[mem]
    async fn dies() -> Result<u8, CallError>;
}
