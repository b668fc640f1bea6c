//! Instructions of one step, exactly: callgrind counts N steps and 2 N, and the difference is N.
//!
//! Go's runtime is in this program as well, and has threads of its own from the start. So callgrind
//! counts one function only, on the thread that is in it.

use std::error::Error;
use std::hint::black_box;
use std::process::Command;

use crate::closure::{self, Caller};
use crate::handoff::{Channel, Push, Sample, channels, ours, rings};
use crate::harness::{Effort, Figure};
use crate::request::{self, AtomicSlot, Bridge, FuturesOneshot, Oneshot, Peer, TokioOneshot};

/// Steps of the shorter run.
const COUNT: usize = 2_000;
/// Samples of a pushed block.
const LENGTH: usize = 64;

/// One kind of step.
struct Step {
    case: &'static str,
    subject: &'static str,
    /// More instructions than these are a failure. Only ours have a limit.
    limit: Option<f64>,
    run: Box<dyn Fn(usize)>,
}

impl Step {
    fn new(case: &'static str, subject: &'static str, run: impl Fn(usize) + 'static) -> Step {
        Step { case, subject, limit: None, run: Box::new(run) }
    }

    fn at_most(self, limit: f64) -> Step {
        Step { limit: Some(limit), ..self }
    }

    /// As the hidden command `step` knows it.
    fn name(&self) -> String {
        format!("{}: {}", self.case, self.subject)
    }
}

/// All steps. Ours stand here with their limits.
fn steps() -> Vec<Step> {
    let mut steps = vec![
        answered::<Bridge>().at_most(200.0),
        answered::<Oneshot>(),
        answered::<TokioOneshot>(),
        answered::<FuturesOneshot>(),
        answered::<AtomicSlot>(),
        Step::new("push of 64 samples", crate::handoff::LIMIT, copy),
        push::<ours::AtOnce>().at_most(70.0),
        push::<ours::Clock>().at_most(70.0),
        push::<rings::Bbqueue>(),
        push::<rings::Rtrb>(),
        push::<rings::Ringbuf>(),
        push::<channels::Thingbuf>(),
        push::<channels::Std>(),
        push::<channels::Crossbeam>(),
        push::<channels::Flume>(),
        push::<channels::Kanal>(),
        push::<channels::Crossfire>(),
        push::<channels::Tokio>(),
        push::<channels::AsyncChannel>(),
    ];
    let call = |case: &'static str| {
        move |&(subject, caller): &(&'static str, Caller)| Step {
            limit: closure::limit(subject),
            ..Step::new(case, subject, move |count| {
                black_box(caller(count));
            })
        }
    };
    steps.extend(closure::WITH_USER_DATA.iter().map(call("call with user data")));
    steps.extend(closure::WITHOUT_USER_DATA.iter().map(call("call without user data")));
    steps
}

/// A request that C answers at once, from its making to its answer.
fn answered<P: Peer>() -> Step {
    Step::new("request answered at once", P::NAME, |count| {
        for number in 0..count as i64 {
            assert_eq!(request::one_at_once::<P>(number), number + 1);
        }
    })
}

/// A block into a hand-off that has room, and whose consumer does not sleep.
fn push<C: Channel>() -> Step {
    Step::new("push of 64 samples", C::NAME, |count| {
        let (mut producer, consumer) = C::open(2 * COUNT + 8, LENGTH);
        let samples = black_box([1 as Sample; LENGTH]);
        for _ in 0..count {
            assert!(producer.push(black_box(&samples)), "there is room");
        }
        // What is in it would be counted, too, if it were freed.
        std::mem::forget((producer, consumer));
    })
}

fn copy(count: usize) {
    let samples = black_box([1 as Sample; LENGTH]);
    let mut buffer = vec![0; LENGTH];
    for _ in 0..count {
        black_box(&mut buffer).copy_from_slice(black_box(&samples[..]));
    }
}

/// The hidden command: does a step `count` times.
pub fn step(name: &str, count: usize) -> Result<(), Box<dyn Error>> {
    let steps = steps();
    let step = steps.iter().find(|step| step.name() == name).ok_or("no such step")?;
    callback_bridge_benchmarks_counted(&*step.run, count);
    Ok(())
}

/// What callgrind counts, by this name. What comes after the call keeps it from being a jump, with
/// which callgrind would see this function end.
#[unsafe(no_mangle)]
#[inline(never)]
fn callback_bridge_benchmarks_counted(run: &dyn Fn(usize), count: usize) {
    run(count);
    black_box(count);
}

/// Counts all steps; says whether each is within its limit.
pub fn run(effort: Effort) -> Result<(Vec<Figure>, bool), Box<dyn Error>> {
    let mut figures = Vec::new();
    let mut all_within = true;
    let mut last_case = "";
    for step in steps().into_iter().filter(|step| effort.wants(step.case, step.subject)) {
        if step.case != last_case {
            println!("\n{}, instructions", step.case);
            last_case = step.case;
        }
        let name = step.name();
        let value = (count(&name, 2 * COUNT)? - count(&name, COUNT)?) / COUNT as f64;
        let verdict = match step.limit {
            Some(limit) if value > limit => {
                all_within = false;
                format!("OVER its limit of {limit}")
            }
            Some(limit) => format!("at most {limit}: yes"),
            None => String::new(),
        };
        println!("  {:<34} {value:>8.1}   {verdict}", step.subject);
        figures.push(Figure {
            group: "instructions",
            case: step.case.to_owned(),
            subject: step.subject,
            metric: "instructions",
            value,
        });
    }
    Ok((figures, all_within))
}

/// Instructions of this program's main thread, doing a step so many times.
fn count(name: &str, steps: usize) -> Result<f64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg("--toggle-collect=callback_bridge_benchmarks_counted")
        .arg(std::env::current_exe()?)
        .args(["step", name, &steps.to_string()])
        // Go interrupts its threads with signals, and callgrind dies of one that interrupts another.
        .env("GODEBUG", "asyncpreemptoff=1")
        .output()
        .map_err(|error| format!("valgrind could not be started ({error}); is it installed?"))?;
    let words = String::from_utf8_lossy(&output.stderr);
    let collected = words.lines().find_map(|line| line.split("Collected : ").nth(1));
    match collected.and_then(|number| number.trim().parse().ok()) {
        Some(number) if output.status.success() => Ok(number),
        _ => Err(format!("{name}: {words}").into()),
    }
}
