//! What can go wrong in Go.

use std::collections::HashMap;

use foreign_call::{CallError, R2G, r2g};
use futures_core::Stream;

/// Light or dark.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "tints")]
pub enum Tint {
    Light,
    Dark,
}

/// An enum with data.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "signs")]
pub enum Sign {
    Blank,
    Word(String),
}

/// Each part of it can be wrong.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "their types are the point")]
pub struct Wrong {
    pub letter: char,
    pub tint: Tint,
    pub text: String,
    pub sign: Sign,
    pub more: Vec<Vec<String>>,
}

/// An error of one's own.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "errors")]
pub enum Problem {
    Odd(u32),
    Call(String),
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Problem {
        Problem::Call(error.to_string())
    }
}

/// Fails in every way.
#[r2g]
#[allow(missing_docs, reason = "the Go file says what each does")]
pub trait Faults {
    fn wrong(fault: u32) -> Result<Wrong, CallError>;
    fn fails(code: i32) -> Result<u8, CallError>;
    fn fails_plainly() -> Result<(), CallError>;
    fn panics(how: u32) -> Result<u8, CallError>;
    async fn panics_later(how: u32) -> Result<u8, CallError>;
    async fn exits_later() -> Result<u8, CallError>;
    fn panics_one_way();
    fn one_way_panics() -> u64;
    /// Goroutines, and calls that could be cancelled.
    fn under_way() -> (u64, u64);
    /// What lives on Go's heap after a collection.
    fn live_objects() -> u64;
    fn panics_without_result() -> u8;
    fn halve(number: u32) -> Result<u32, Problem>;
    /// A name that [`Echo`](crate::interface::Echo) has too, and an argument whose name Go needs.
    fn all(select: &[String]) -> HashMap<String, u32>;
    /// One good item, and then it goes wrong.
    fn goes_wrong(how: u32) -> impl Stream<Item = Result<Wrong, CallError>>;
    /// What became of an item that was sent when the stream was over.
    fn sent_late() -> String;
    /// Numbers down from `go_on`, and then the texts in what was lent.
    #[buffer(1)]
    fn give_back(
        value: &HashMap<String, Vec<Sign>>,
        more: &Option<Wrong>,
        go_on: u32,
    ) -> impl Stream<Item = String>;
}
