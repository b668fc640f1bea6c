//! The experiment: every kind of call once.

use std::cell::Cell;
use std::{fmt, thread};

use anyhow::bail;
use tokio::runtime::Builder;

use crate::call::{Error, Verdict, check};
use crate::later::check_later;
use crate::views::{BytesRef, Views};
use crate::{Request, ffi};

/// What the experiment saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// 40 and 2, as Go adds them.
    pub sum: i32,
    /// A text.
    pub text: String,
    /// Its letters, as Go counts them.
    pub letters: usize,
    /// The ages of two users, as Go adds them.
    pub sum_of_ages: u32,
    /// Of two sync calls, one with each outcome.
    pub verdicts: [Verdict; 2],
    /// What Go panicked with.
    pub panic: String,
    /// Of two async calls.
    pub later: [Verdict; 2],
    /// How many of these were under way when the first was answered.
    pub at_once: usize,
    /// Whether Go answered on the caller's thread: the sync calls, the async ones.
    pub on_our_thread: [bool; 2],
}

/// Calls Go, in each way once.
///
/// ```
/// assert_eq!(bridge_with_go::run()?.sum, 42);
/// # Ok::<(), anyhow::Error>(())
/// ```
///
/// # Errors
///
/// Where Go panics and should not; where the system gives tokio no runtime.
///
/// # Panics
///
/// On a thread of a tokio runtime: it has one of its own.
pub fn run() -> anyhow::Result<Report> {
    const DELAY_MS: u32 = 200;
    let request = Request::example();
    let text = request.users[0].name.clone();
    let grown_ups = Request { users: request.users[..1].to_vec(), ..request.clone() };
    let no_limits = Request { limits: Vec::new(), ..request.clone() };

    let sum_of_ages = ffi::bridge_with_go_sum_of_ages(Views::new(&request).request());
    let verdicts = [check(&grown_ups)?, check(&request)?];
    let Err(Error::Panicked(panic)) = check(&no_limits) else { bail!("Go did not panic") };

    let under_way = Cell::new(0);
    let at_once = Cell::new(0);
    let count = async |request| {
        under_way.set(under_way.get() + 1);
        let verdict = check_later(request, DELAY_MS).await;
        at_once.set(at_once.get().max(under_way.get()));
        under_way.set(under_way.get() - 1);
        verdict
    };
    let both = async { tokio::try_join!(count(grown_ups), count(request)) };
    let later: [Verdict; 2] = Builder::new_current_thread().build()?.block_on(both)?.into();

    let ours = |verdicts: &[Verdict; 2]| {
        verdicts.iter().all(|verdict| verdict.thread == thread::current().id())
    };
    Ok(Report {
        sum: ffi::bridge_with_go_add(40, 2),
        letters: ffi::bridge_with_go_letters(BytesRef::new(text.as_bytes())),
        text,
        sum_of_ages,
        on_our_thread: [ours(&verdicts), ours(&later)],
        verdicts,
        panic,
        later,
        at_once: at_once.get(),
    })
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { sum, text, letters, sum_of_ages, panic, at_once, .. } = self;
        let [sync, later] = self.on_our_thread.map(|ours| if ours { "ours" } else { "Go's" });
        writeln!(f, "numbers      40 and 2 are {sum}")?;
        writeln!(f, "a text       {text} has {letters} letters in {} bytes", text.len())?;
        writeln!(f, "structs      two users, {sum_of_ages} years together")?;
        let [first, second] = &self.verdicts;
        writeln!(f, "sync         {}; {}", first.words, second.words)?;
        let [first, second] = &self.later;
        writeln!(f, "async        {}; {}; {at_once} at once", first.words, second.words)?;
        writeln!(f, "answered by  a thread of {sync}; async: a thread of {later}")?;
        write!(f, "a panic      {panic}")
    }
}
