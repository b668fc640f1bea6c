//! mem-ring, in a process of its own: it has stopped for ever with one number in flight.

use std::error::Error;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use mem_ring::{Guard, Queue, ReadQueue, WriteQueue};
use tokio::sync::oneshot;

use super::{Arrivals, ROOM, beside, runtime};
use crate::harness::Measured;

/// A child that takes longer hangs.
const LONGEST_RUN: Duration = Duration::from_secs(10);

/// This did not end well. Once is enough.
static FAILED: Mutex<Vec<(Echo, usize)>> = Mutex::new(Vec::new());

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Echo {
    /// Nobody: one way.
    None,
    Rust,
    Go,
}

/// What the child measured; nothing, if it did not end well, now or before.
pub(super) fn in_a_child(echo: Echo, in_flight: usize, count: usize) -> Measured {
    let mut failed = FAILED.lock().expect("no panic");
    if failed.contains(&(echo, in_flight)) {
        return Vec::new();
    }
    let names: &[_] = match echo {
        Echo::None => &["ns a message"],
        Echo::Rust => &["ns a round trip"],
        Echo::Go => &["ns a round trip", "CPU ns a round trip"],
    };
    match run_child(echo, in_flight, count) {
        Ok(values) => names.iter().copied().zip(values).collect(),
        Err(why) => {
            eprintln!("mem-ring, {echo:?}, {in_flight} in flight, {count} numbers: {why}");
            failed.push((echo, in_flight));
            Vec::new()
        }
    }
}

fn run_child(echo: Echo, in_flight: usize, count: usize) -> Result<Vec<f64>, Box<dyn Error>> {
    let echo = echo.to_possible_value().expect("none is skipped");
    let mut child = Command::new(std::env::current_exe()?)
        .args(["mem-ring", echo.get_name(), &in_flight.to_string(), &count.to_string()])
        .stdout(Stdio::piped())
        .spawn()?;
    let start = Instant::now();
    let status = loop {
        match child.try_wait()? {
            Some(status) => break status,
            None if start.elapsed() > LONGEST_RUN => {
                child.kill()?;
                child.wait()?;
                return Err("it hangs".into());
            }
            None => thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut words = String::new();
    child.stdout.take().expect("it is piped").read_to_string(&mut words)?;
    if !status.success() {
        return Err(format!("it ends with {status}").into());
    }
    Ok(words.split_whitespace().map(str::parse).collect::<Result<_, _>>()?)
}

/// The hidden command.
pub fn child(echo: Echo, in_flight: usize, count: usize) -> ! {
    match echo {
        Echo::None => one_way(count),
        Echo::Rust => round_trips(in_flight, count),
        #[cfg(all(go, target_os = "linux"))]
        Echo::Go => with_go(in_flight, count),
        #[cfg(not(all(go, target_os = "linux")))]
        Echo::Go => panic!("there is no Go in this program"),
    }
}

/// Says what was measured, and ends the process while all is alive: the end of a queue that owns its
/// memory frees it, whether or not the other one has just pushed something.
fn end(measured: Measured) -> ! {
    measured.iter().for_each(|(_, value)| println!("{value}"));
    std::process::exit(0);
}

/// Both ends of a queue. The writing one goes to another thread, where its runtime is.
fn queue() -> (ReadQueue<u64>, Writing) {
    let (queue, meta) = Queue::new(ROOM).expect("memory and descriptors");
    (queue.read(), Writing(meta))
}

struct Writing(mem_ring::QueueMeta);

impl Writing {
    /// In a runtime.
    fn open(self) -> WriteQueue<u64> {
        // SAFETY: the reading end owns the memory, and lives until the process ends.
        let queue = unsafe { Queue::new_from_meta(&self.0) }.expect("the same queue");
        queue.write().expect("in a runtime")
    }
}

fn one_way(count: usize) -> ! {
    let (reading, writing) = queue();
    beside(move || {
        runtime().block_on(async {
            let queue = writing.open();
            for number in 0..count as u64 {
                // False: it is kept until there is room, which another task of this thread sees.
                if !queue.push(number) {
                    tokio::task::yield_now().await;
                }
            }
            std::future::pending::<()>().await;
        });
    });
    runtime().block_on(async {
        let (arrivals, _guard) = arrivals(reading, count, || ()).await;
        end(vec![("ns a message", arrivals.nanoseconds(count))])
    })
}

/// Takes all numbers out of a queue, and does something with each. The queue lives as long as the
/// guard.
async fn arrivals(
    queue: ReadQueue<u64>,
    count: usize,
    mut then: impl FnMut() + Send + 'static,
) -> (Arrivals, Guard) {
    let (done, all) = oneshot::channel();
    let mut state = Some((done, Arrivals::in_any_order(count)));
    let guard = queue
        .run_handler(move |number| {
            let (_, arrivals) = state.as_mut().expect("no more than all of them");
            arrivals.see(number);
            then();
            if arrivals.seen == count as u64 {
                let (done, arrivals) = state.take().expect("it was there just now");
                let _ = done.send(arrivals);
            }
        })
        .expect("in a runtime");
    (all.await.expect("all arrive"), guard)
}

fn round_trips(in_flight: usize, count: usize) -> ! {
    let (questions, asking) = queue();
    let (answers, answering) = queue();
    beside(move || {
        runtime().block_on(async {
            let queue = answering.open();
            let handler = move |number| {
                queue.push(number);
            };
            let _guard = questions.run_handler(handler).expect("in a runtime");
            std::future::pending::<()>().await;
        });
    });
    runtime().block_on(async {
        let (arrivals, _guard) = ask(asking.open(), answers, in_flight, count).await;
        end(vec![("ns a round trip", arrivals.nanoseconds(count))])
    })
}

/// Keeps so many questions in flight.
async fn ask(
    questions: WriteQueue<u64>,
    answers: ReadQueue<u64>,
    in_flight: usize,
    count: usize,
) -> (Arrivals, Guard) {
    (0..in_flight as u64).for_each(|number| {
        questions.push(number);
    });
    let mut next = in_flight as u64;
    let ask = move || {
        if next < count as u64 {
            questions.push(next);
            next += 1;
        }
    };
    arrivals(answers, count, ask).await
}

/// Round trips to Go. No thread is kept on a core.
#[cfg(all(go, target_os = "linux"))]
fn with_go(in_flight: usize, count: usize) -> ! {
    let (asking, questions) = Queue::new(ROOM).expect("memory and descriptors");
    let (answers, answering) = queue();
    // SAFETY: the two are read before it returns, and the queues live until the process ends.
    unsafe { crate::ffi::foreign_go_mem_ring_echo(&raw const questions, &raw const answering.0) };
    runtime().block_on(async {
        let asking = asking.write().expect("in a runtime");
        let (arrivals, _guard) = ask(asking, answers, in_flight, count).await;
        end(arrivals.with_cpu_time(count))
    })
}
