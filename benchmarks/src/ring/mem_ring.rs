//! mem-ring, in a process of its own: it has stopped for ever with one number in flight, and has
//! ended a run with a corrupted heap.

use std::error::Error;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use mem_ring::{Guard, Queue, ReadQueue, WriteQueue};
use tokio::sync::oneshot;

use super::{Arrivals, ROOM, beside, runtime};
use crate::harness::Measured;

/// A child that takes longer hangs.
const LONGEST_RUN: Duration = Duration::from_secs(10);

/// With so many in flight it did not end well. Once is enough.
static FAILED: Mutex<Vec<usize>> = Mutex::new(Vec::new());

/// What the child measured; nothing, if it did not end well, now or before. With none in flight:
/// one way.
pub(super) fn in_a_child(in_flight: usize, count: usize) -> Measured {
    let mut failed = FAILED.lock().expect("no panic");
    if failed.contains(&in_flight) {
        return Vec::new();
    }
    match run_child(in_flight, count) {
        Ok(nanoseconds) if in_flight == 0 => vec![("ns a message", nanoseconds)],
        Ok(nanoseconds) => vec![("ns a round trip", nanoseconds)],
        Err(why) => {
            eprintln!("mem-ring, {in_flight} in flight, {count} numbers: {why}");
            failed.push(in_flight);
            Vec::new()
        }
    }
}

fn run_child(in_flight: usize, count: usize) -> Result<f64, Box<dyn Error>> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["mem-ring", &in_flight.to_string(), &count.to_string()])
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
    Ok(words.trim().parse()?)
}

/// The hidden command.
pub fn child(in_flight: usize, count: usize) {
    let nanoseconds = if in_flight == 0 { one_way(count) } else { round_trips(in_flight, count) };
    println!("{nanoseconds}");
    // Its queues free each other's memory in an order that nobody is promised.
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

fn one_way(count: usize) -> f64 {
    let (reading, writing) = queue();
    let thread = beside(move || {
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
    let arrivals = runtime().block_on(arrivals(reading, count, || ()));
    drop(thread);
    arrivals.nanoseconds(count)
}

/// Takes all numbers out of a queue, and does something with each.
async fn arrivals(
    queue: ReadQueue<u64>,
    count: usize,
    mut then: impl FnMut() + Send + 'static,
) -> Arrivals {
    let (done, all) = oneshot::channel();
    let mut state = Some((done, Arrivals::in_any_order(count)));
    let _guard: Guard = queue
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
    all.await.expect("all arrive")
}

fn round_trips(in_flight: usize, count: usize) -> f64 {
    let (questions, asking) = queue();
    let (answers, answering) = queue();
    let thread = beside(move || {
        runtime().block_on(async {
            let queue = answering.open();
            let handler = move |number| {
                queue.push(number);
            };
            let _guard = questions.run_handler(handler).expect("in a runtime");
            std::future::pending::<()>().await;
        });
    });
    let arrivals = runtime().block_on(async {
        let queue = asking.open();
        (0..in_flight as u64).for_each(|number| {
            queue.push(number);
        });
        let mut next = in_flight as u64;
        let ask = move || {
            if next < count as u64 {
                queue.push(next);
                next += 1;
            }
        };
        arrivals(answers, count, ask).await
    });
    drop(thread);
    arrivals.nanoseconds(count)
}
