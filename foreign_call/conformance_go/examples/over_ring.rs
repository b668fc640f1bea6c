//! What an async call to Go costs over a ring, beside a call: time, and that of all threads.
//!
//! ```console
//! $ cargo run --release -p foreign_call_conformance_go --example over_ring
//! ```

#[cfg(all(go, unix))]
mod go {
    use std::future::Future;
    use std::time::{Duration, Instant};

    use foreign_call_conformance_go::interface::{Cost, CostImpl};
    use foreign_call_conformance_go::over_ring::{OverRing, OverRingImpl};
    use tokio::runtime::Builder;

    /// What all threads of this process have used so far.
    fn processor_time() -> Duration {
        // SAFETY: zeros are such a struct.
        let mut usage = unsafe { std::mem::zeroed::<libc::rusage>() };
        // SAFETY: it is written to.
        unsafe { libc::getrusage(libc::RUSAGE_SELF, &raw mut usage) };
        [usage.ru_utime, usage.ru_stime]
            .map(|it| Duration::new(it.tv_sec as u64, it.tv_usec as u32 * 1000))
            .iter()
            .sum()
    }

    /// Medians of several runs, in nanoseconds a call: time, and processor time.
    fn cost<F>(threads: usize, in_flight: u32, call: fn(u32) -> F) -> (f64, f64)
    where
        F: Future<Output = u64> + Send + 'static,
    {
        let runtime = match threads {
            1 => Builder::new_current_thread().build(),
            threads => Builder::new_multi_thread().worker_threads(threads).build(),
        };
        let runtime = runtime.expect("a runtime");
        let calls = if in_flight == 1 { 10_000 } else { 100_000 } / in_flight;
        let mut runs = Vec::new();
        for _ in 0..9 {
            let (start, used) = (Instant::now(), processor_time());
            runtime.block_on(async {
                let task = move || async move {
                    for number in 0..calls {
                        assert_eq!(call(2 * number).await, number.into());
                    }
                };
                let tasks: Vec<_> = (0..in_flight).map(|_| tokio::spawn(task())).collect();
                for task in tasks {
                    task.await.expect("no panic");
                }
            });
            let each = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(calls * in_flight);
            runs.push((each(start.elapsed()), each(processor_time() - used)));
        }
        let median = |of: fn(&(f64, f64)) -> f64| {
            let mut all: Vec<_> = runs.iter().map(of).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        (median(|run| run.0), median(|run| run.1))
    }

    #[allow(clippy::print_stdout, reason = "figures")]
    pub(super) fn main() {
        println!("threads  in flight   a call: time, processor   over a ring: time, processor");
        for (threads, in_flight) in [(1, 1), (1, 64), (2, 1), (2, 64), (2, 512)] {
            let called =
                cost(
                    threads,
                    in_flight,
                    |n| async move { CostImpl::later(u64::from(n / 2)).await },
                );
            let ring =
                cost(threads, in_flight, |n| async move { OverRingImpl::half(n).await.into() });
            println!(
                "{threads:7} {in_flight:10} {:14.0} {:10.0} {:18.0} {:10.0}",
                called.0, called.1, ring.0, ring.1
            );
        }
    }
}

fn main() {
    #[cfg(all(go, unix))]
    go::main();
    #[cfg(not(all(go, unix)))]
    eprintln!("there is no Go on this machine, or no ring");
}
