//! Every kind of type, as an argument and as an answer; and a peer that does everything wrong.

use std::collections::{BTreeMap, HashMap};

use foreign_call::{CallError, R2G, r2g};
use futures_core::Stream;

/// Three numbers with holes between them, laid out by C's rules.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// One letter.
    pub name: char,
    /// Or hidden.
    pub visible: bool,
}

/// The same, but only Rust knows how it lies.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "numbers")]
pub struct Loose {
    pub small: u8,
    pub large: u64,
    pub middle: u16,
}

/// Fields without names.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(C)]
pub struct Pair(pub u8, pub i32);

/// Names that mean something in C.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the point")]
pub struct Keywords {
    pub int: i32,
    pub r#struct: Colour,
    pub default: String,
}

/// An enum without data.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "colours")]
pub enum Colour {
    Red,
    Green,
    Blue,
}

/// An enum that lies as C has it.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
#[repr(u32)]
#[allow(missing_docs, reason = "levels")]
pub enum Level {
    Low,
    High,
}

/// An enum with data.
#[derive(R2G, Debug, Clone, PartialEq)]
pub enum Figure {
    /// Without data.
    Nothing,
    /// Its radius.
    Circle(f64),
    /// With names.
    Polygon {
        /// In order.
        points: Vec<Point>,
        /// If it has one.
        label: Option<String>,
    },
    /// A keyword's name does no harm.
    Group(Vec<Keywords>, (u8, String)),
}

/// All of them at once.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "their types are the point")]
pub struct All {
    pub numbers: (u8, u16, u32, u64, i8, i16, i32, i64),
    pub sizes: (usize, isize, f32),
    pub keywords: Vec<Keywords>,
    pub bytes: Vec<u8>,
    pub loose: Vec<Loose>,
    pub pairs: Vec<Pair>,
    pub levels: Vec<Level>,
    pub lists: Vec<Vec<String>>,
    pub array: [Figure; 3],
    pub result: Result<Figure, String>,
    pub unit: Result<(), Colour>,
    pub option: Option<Option<Loose>>,
    pub by_name: HashMap<String, Vec<u32>>,
    pub by_number: BTreeMap<i64, Keywords>,
}

/// Gives back what it is given.
#[r2g]
#[allow(missing_docs, reason = "what goes in comes out")]
pub trait Echo {
    fn all(value: &All) -> Result<All, CallError>;
    #[drop_safe_ret]
    async fn all_later(value: All) -> Result<All, CallError>;
    fn bytes(value: &[u8]) -> Result<Vec<u8>, CallError>;
    fn points(value: &[Point]) -> Result<Vec<Point>, CallError>;
    fn scalars(
        a: u8,
        b: i64,
        c: f32,
        d: f64,
        e: bool,
        f: char,
    ) -> Result<(u8, i64, f32, f64, bool, char), CallError>;
    /// C makes this one itself.
    fn circle(radius: f64) -> Result<Figure, CallError>;
    fn nothing() -> Result<(), CallError>;
}

/// What comes from [`Hostile`].
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each can be wrong")]
pub struct Row {
    pub flag: bool,
    pub letter: char,
    pub colour: Colour,
    pub figure: Figure,
    pub text: String,
    pub numbers: Vec<u64>,
}

/// Answers what no honest peer would.
#[r2g]
#[allow(missing_docs, reason = "the C file says what each does")]
pub trait Hostile {
    /// `fault` says what is wrong with it; 0 is nothing.
    fn row(fault: u32) -> Result<Row, CallError>;
    fn fails(code: i32) -> Result<u8, CallError>;
    fn silent() -> Result<u8, CallError>;
    fn answers_twice() -> Result<u8, CallError>;
    async fn forges() -> Result<u8, CallError>;
    async fn gives_up() -> Result<u8, CallError>;
}

/// Answers on threads of its own.
#[r2g]
#[allow(missing_docs, reason = "the C file says what each does")]
pub trait Later {
    /// The sum of the numbers, when it pleases.
    #[drop_safe]
    #[send]
    async fn sum(numbers: Vec<u64>) -> Result<u64, CallError>;
    /// Where the number is, looked for by a thread of its own; if it is nowhere, again and again,
    /// until nobody wants to know any more.
    #[cancel]
    #[drop_safe]
    async fn search(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    /// As `search`.
    #[deadline(5)]
    #[drop_safe]
    async fn search_in_time(numbers: Vec<u64>, wanted: u64) -> Result<u64, CallError>;
    /// Begins to answer, with so many threads.
    fn start(threads: u32);
    /// How many answers were taken, and how many refused.
    fn counts() -> Result<(u64, u64), CallError>;
}

/// What one thread has to say.
#[derive(R2G, Debug, Clone, PartialEq)]
pub struct Remark {
    /// Of the thread.
    pub name: String,
    /// From 0.
    pub number: u64,
}

/// Sends on threads of its own.
#[r2g]
#[allow(missing_docs, reason = "the C file says what each does")]
pub trait Watch {
    /// So many remarks of each of these threads; the last to end ends the stream.
    #[buffer(8)]
    fn remarks(names: &[String], each: u64) -> impl Stream<Item = Result<Remark, CallError>>;
    /// One after the other, as long as somebody receives.
    fn numbers(from: u64) -> impl Stream<Item = u64>;
    /// So many inside of the call, and then fails.
    fn fails_after(items: u64) -> impl Stream<Item = Result<(), CallError>>;
    /// How many threads are at it, and how many sends were refused.
    fn counts() -> (u64, u64);
}

/// As in the demo.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as in the demo")]
pub struct User {
    pub name: String,
    pub age: u8,
}

/// Two users and some bytes.
#[derive(R2G, Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "as in the demo")]
pub struct Request {
    pub users: Vec<User>,
    pub bytes: Vec<u8>,
}

/// What `examples/cost.rs` counts. C does next to nothing.
#[r2g]
#[allow(missing_docs, reason = "each in one line of C")]
pub trait Cost {
    fn tell(user: &User);
    fn flat(user: &User) -> u64;
    fn nested(request: &Request) -> u64;
    async fn later(number: u64) -> u64;
}
