//! What every group needs: rounds in rotating order, cores, a clock, a guard, figures and a table.

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::chart::number;

/// One figure of the JSON list.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// `closure`, `foreign`, `handoff`, `request`, `ring` or `instructions`.
    pub group: &'static str,
    /// What was done.
    pub case: String,
    /// Who did it.
    pub subject: &'static str,
    /// What was measured, with its unit.
    pub metric: &'static str,
    /// The median of the rounds.
    pub value: f64,
}

/// What one run of one subject measured: each metric once.
pub type Measured = Vec<(&'static str, f64)>;

/// One competitor in one case.
pub struct Subject {
    /// As it stands in the table.
    pub name: &'static str,
    /// Runs once, checks the content of what it did, and returns what it measured.
    pub run: Box<dyn Fn() -> Measured + Send + Sync>,
}

impl Subject {
    pub fn new(name: &'static str, run: impl Fn() -> Measured + Send + Sync + 'static) -> Subject {
        Subject { name, run: Box::new(run) }
    }
}

/// What is run, how often and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Effort<'a> {
    /// `--quick`: one round, a twentieth of the work; for the checks of content, not for the times.
    pub quick: bool,
    /// Only cases whose names contain one of these; all, if there is none.
    pub cases: &'a [String],
    /// Likewise for subjects.
    pub subjects: &'a [String],
}

impl Effort<'_> {
    /// Whether this subject takes part in this case.
    pub fn wants(&self, case: &str, subject: &str) -> bool {
        let contains_one = |name: &str, texts: &[String]| {
            texts.is_empty() || texts.iter().any(|text| name.contains(text.as_str()))
        };
        contains_one(case, self.cases) && contains_one(subject, self.subjects)
    }

    /// Rounds in which every subject has its turn.
    pub fn rounds(self) -> usize {
        if self.quick { 1 } else { 7 }
    }

    /// So many of a thing that a full run does `full` of.
    pub fn count(self, full: usize) -> usize {
        if self.quick { (full / 20).max(50) } else { full }
    }
}

/// A run that takes longer hangs: a peer has lost a wake-up.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// Runs all subjects of a case in turn, each round beginning with another one, and returns the
/// medians.
///
/// # Panics
///
/// If a run panics: what it had to deliver was not what it delivered.
pub fn run(group: &'static str, case: &str, effort: Effort, subjects: Vec<Subject>) -> Vec<Figure> {
    let wanted = subjects.into_iter().filter(|subject| effort.wants(case, subject.name));
    let subjects: Vec<_> = wanted.map(std::sync::Arc::new).collect();
    let mut values = BTreeMap::<(usize, usize), (&'static str, Vec<f64>)>::new();
    let mut hangs = vec![false; subjects.len()];
    for round in 0..effort.rounds() {
        for turn in 0..subjects.len() {
            let index = (round + turn) % subjects.len();
            if hangs[index] {
                continue;
            }
            let subject = std::sync::Arc::clone(&subjects[index]);
            let name = subject.name;
            match guarded(name, move || (subject.run)()) {
                Some(measured) => {
                    for (order, (metric, value)) in measured.into_iter().enumerate() {
                        values.entry((index, order)).or_insert((metric, vec![])).1.push(value);
                    }
                }
                None => {
                    eprintln!("{group}, {case}: {name} hangs, and has no further turn");
                    hangs[index] = true;
                }
            }
        }
    }
    let figure = |((index, _), (metric, values)): ((usize, usize), (&'static str, Vec<f64>))| {
        let subject = subjects[index].name;
        Figure { group, case: case.to_owned(), subject, metric, value: median(values) }
    };
    values.into_iter().map(figure).collect()
}

/// Runs on a thread of its own. `None`: it hangs, and its thread is left behind, asleep.
fn guarded(name: &str, run: impl FnOnce() -> Measured + Send + 'static) -> Option<Measured> {
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || sender.send(run()));
    match receiver.recv_timeout(LONGEST_RUN) {
        Ok(measured) => {
            let _ = thread.join();
            Some(measured)
        }
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => panic!("{name} failed"),
    }
}

/// The middle one, or the mean of the two in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// The figures of one group as tables, one for each case and metric, with the ratio of each to
/// the first of `references` that took part (or to the lowest, where none did).
pub fn print(figures: &[Figure], references: &[&str]) {
    let mut tables: Vec<(&str, &str)> = Vec::new();
    for figure in figures {
        if !tables.contains(&(figure.case.as_str(), figure.metric)) {
            tables.push((&figure.case, figure.metric));
        }
    }
    for (case, metric) in tables {
        let rows: Vec<_> =
            figures.iter().filter(|f| f.case == case && f.metric == metric).collect();
        let lowest = rows.iter().map(|row| row.value).fold(f64::INFINITY, f64::min);
        let of = |name: &&str| rows.iter().find(|row| row.subject == *name).map(|row| row.value);
        let base = references.iter().find_map(of).unwrap_or(lowest);
        println!("\n{}: {case}, {metric}", rows[0].group);
        for row in rows {
            // Where nothing was measured there is nothing to compare with.
            let ratio = if base > 0.0 { format!("{:.2}", row.value / base) } else { "-".into() };
            println!("  {:<34} {:>12} {ratio:>8}", row.subject, number(row.value));
        }
    }
}

/// Where the callbacks run, and where their consumer does.
#[derive(Debug, Clone, Copy)]
pub enum Core {
    /// The first core that this process may use.
    Producer,
    /// The second one, if there is one.
    Consumer,
}

/// Keeps this thread on a core, where the system lets it.
pub fn pin(core: Core) {
    #[cfg(target_os = "linux")]
    linux::pin(match core {
        Core::Producer => 0,
        Core::Consumer => 1,
    });
    #[cfg(not(target_os = "linux"))]
    let _ = core;
}

#[cfg(target_os = "linux")]
mod linux {
    use std::mem::MaybeUninit;

    pub(super) fn pin(wanted: usize) {
        let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: room for a set of that size; 0 is this process's main thread, never pinned.
        let got =
            unsafe { libc::sched_getaffinity(std::process::id() as i32, size, set.as_mut_ptr()) };
        if got != 0 {
            return;
        }
        // SAFETY: zeroed is an empty set, and the kernel has filled it in.
        let set = unsafe { set.assume_init() };
        // SAFETY: within a set.
        let allowed = |core: &usize| unsafe { libc::CPU_ISSET(*core, &set) };
        let cores: Vec<_> = (0..libc::CPU_SETSIZE as usize).filter(allowed).collect();
        let Some(&core) = cores.get(wanted.min(cores.len().saturating_sub(1))) else { return };
        // SAFETY: an empty set is all zeros.
        let mut one = unsafe { MaybeUninit::<libc::cpu_set_t>::zeroed().assume_init() };
        // SAFETY: within the set, as it came from one.
        unsafe { libc::CPU_SET(core, &mut one) };
        // SAFETY: a set of that size; 0 is this thread. Where it fails, times are less steady.
        unsafe { libc::sched_setaffinity(0, size, &one) };
    }
}

/// Makes this thread's sleeps end as soon as the system can.
pub fn sleep_precisely() {
    #[cfg(target_os = "linux")]
    // SAFETY: it changes this thread's timer slack, and nothing else.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64)
    };
}

/// The clock of the callback's thread, in ticks: the time-stamp counter, once all before has been
/// done, or the system's clock in nanoseconds.
#[inline(always)]
pub fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 has it.
        unsafe { std::arch::x86_64::_mm_lfence() };
        // SAFETY: likewise.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }
}

/// The time that all threads of this process have spent on a core, and in the system for it.
pub fn cpu_time() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the place has room for it.
    let got = unsafe { libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) };
    assert_eq!(got, 0, "a process may ask for its own");
    // SAFETY: zeros are one, and the system has filled it in.
    let usage = unsafe { usage.assume_init() };
    let time = |time: libc::timeval| {
        Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64)
    };
    time(usage.ru_utime) + time(usage.ru_stime)
}

/// Nanoseconds of a tick.
pub fn nanoseconds_of_a_tick() -> f64 {
    static SCALE: OnceLock<f64> = OnceLock::new();
    *SCALE.get_or_init(|| {
        let (start, first) = (Instant::now(), ticks());
        while start.elapsed() < Duration::from_millis(50) {
            std::hint::spin_loop();
        }
        let (elapsed, last) = (start.elapsed(), ticks());
        elapsed.as_nanos() as f64 / (last - first) as f64
    })
}

/// The time of a step that is too short to be timed alone: the median over laps of many steps, so
/// that a lap in which the core was taken away does not count.
pub struct Laps {
    start: Instant,
    steps: usize,
    times: Vec<f64>,
}

/// Steps of a lap.
const LAP: usize = 1000;

impl Laps {
    /// Begins the first lap.
    pub fn start() -> Laps {
        Laps { start: Instant::now(), steps: 0, times: Vec::new() }
    }

    /// One step is done.
    #[inline]
    pub fn step(&mut self) {
        self.steps += 1;
        if self.steps == LAP {
            self.end_lap();
        }
    }

    fn end_lap(&mut self) {
        self.times.push(self.start.elapsed().as_nanos() as f64 / self.steps as f64);
        (self.start, self.steps) = (Instant::now(), 0);
    }

    /// Nanoseconds of a step.
    pub fn nanoseconds(mut self) -> f64 {
        if self.times.is_empty() {
            self.end_lap();
        }
        median(self.times)
    }
}

/// Times of single steps.
pub struct Times(hdrhistogram::Histogram<u64>);

impl Default for Times {
    fn default() -> Times {
        let longest = 1 << 40; // several minutes
        let times = hdrhistogram::Histogram::new_with_max(longest, 3);
        Times(times.expect("three digits are allowed"))
    }
}

impl Times {
    /// A time in ticks. One reading of the clock is in it, for every subject the same.
    #[inline]
    pub fn add(&mut self, ticks: u64) {
        self.0.saturating_record(ticks);
    }

    /// A percentile in nanoseconds.
    pub fn percentile(&self, percentile: f64) -> f64 {
        self.0.value_at_percentile(percentile) as f64 * nanoseconds_of_a_tick()
    }
}
