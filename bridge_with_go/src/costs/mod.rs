//! Three ways to talk to another language, side by side: the same question, the same answer.

mod serialise;
mod shared;
#[cfg(unix)]
mod socket;

use std::fmt;
use std::time::Instant;

use anyhow::ensure;

pub use shared::Shared;
#[cfg(unix)]
pub use socket::Socket;

use crate::views::Views;
use crate::{Request, ffi};

/// What one question costs, in each way.
#[derive(Debug, Clone, PartialEq)]
pub struct Costs {
    /// From the cheapest way to the dearest, as the chapter has them.
    pub ways: Vec<Way>,
    /// So many batches were timed.
    pub batches: usize,
}

/// A way to ask.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// Its name.
    pub name: &'static str,
    /// The answer: the sum of all ages.
    pub answer: u32,
    /// The median of the batches, in nanoseconds a question, the way there and back.
    pub nanoseconds: f64,
}

/// Asks for the sum of all ages, in each way, in so many batches of questions.
///
/// # Errors
///
/// Where there is no batch; where the system gives no sockets; where the request is too long.
pub fn costs(request: &Request, batches: usize) -> anyhow::Result<Costs> {
    ensure!(batches > 0, "nothing is to be measured");
    let mut ways = Vec::new();
    let mut way = |name, questions, ask: &mut dyn FnMut() -> anyhow::Result<u32>| {
        let answer = ask()?; // the first one is not timed
        let mut times = Vec::with_capacity(batches);
        for _ in 0..batches {
            let start = Instant::now();
            for _ in 0..questions {
                ensure!(ask()? == answer, "{name}: two answers to the same question");
            }
            times.push(start.elapsed().as_nanos() as f64 / f64::from(questions));
        }
        times.sort_by(f64::total_cmp);
        ways.push(Way { name, answer, nanoseconds: times[batches / 2] });
        Ok(())
    };
    way("C, by a call", 10_000, &mut || {
        Ok(ffi::bridge_with_go_c_sum_of_ages(Views::new(request).request()))
    })?;
    way("Go, by a call", 10_000, &mut || {
        Ok(ffi::bridge_with_go_sum_of_ages(Views::new(request).request()))
    })?;
    let mut shared = Shared::new();
    way("Go, by shared memory", 100, &mut || shared.sum_of_ages(request))?;
    drop(shared); // and Go's thread stops looking
    #[cfg(unix)]
    {
        let mut socket = Socket::new()?;
        way("Go, by a Unix socket", 100, &mut || Ok(socket.sum_of_ages(request)?))?;
    }
    Ok(Costs { ways, batches })
}

impl fmt::Display for Costs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = self.ways.iter().find(|way| way.name == "Go, by a call");
        let call = call.map_or(f64::NAN, |way| way.nanoseconds);
        write!(f, "there and back; the median of {} batches", self.batches)?;
        for Way { name, nanoseconds, .. } in &self.ways {
            let calls = nanoseconds / call;
            write!(f, "\n{name:20}  {nanoseconds:8.0} ns  {calls:6.1} calls of Go")?;
        }
        Ok(())
    }
}
