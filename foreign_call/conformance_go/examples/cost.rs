//! What a call to Go costs.
//!
//! ```console
//! $ cargo run --release -p foreign_call_conformance_go --example cost
//! ```

#[cfg(go)]
mod go {
    use std::future::Future;
    use std::hint::black_box;
    use std::pin::pin;
    use std::time::Instant;

    use foreign_call_conformance_go::interface::{Cost, CostImpl, Request, User};

    /// The median of several runs, in nanoseconds a call.
    fn median(calls: u32, mut run: impl FnMut(u32)) -> f64 {
        let time = |_| {
            let start = Instant::now();
            run(calls);
            start.elapsed().as_secs_f64() * 1e9 / f64::from(calls)
        };
        let mut times: Vec<_> = (0..9).map(time).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    }

    fn now(call: impl Fn() -> u64) -> f64 {
        median(200_000, |calls| (0..calls).for_each(|_| _ = black_box(call())))
    }

    /// So many at a time, on one thread.
    fn later<F: Future<Output = u64> + 'static>(at_a_time: u32, call: impl Fn() -> F) -> f64 {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        median(40_000, |calls| {
            let mut tasks = Vec::new();
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, async {
                for _ in 0..at_a_time {
                    let calls: Vec<_> = (0..calls / at_a_time).map(|_| call()).collect();
                    tasks.push(tokio::task::spawn_local(async move {
                        for call in calls {
                            black_box(pin!(call).await);
                        }
                    }));
                }
                for task in tasks {
                    task.await.expect("no panic");
                }
            });
        })
    }

    #[allow(clippy::print_stdout, reason = "figures")]
    pub(super) fn main() {
        let user = User { name: "chihai".into(), age: 28 };
        let request = Request { users: vec![user.clone(), user.clone()], bytes: vec![1; 64] };
        let (user, request) = (black_box(&user), black_box(&request));
        let tell = || {
            CostImpl::tell(user);
            0
        };
        println!("one-way                   {:8.1} ns", now(tell));
        println!("sync, flat                {:8.1} ns", now(|| CostImpl::flat(user)));
        println!("sync, nested              {:8.1} ns", now(|| CostImpl::nested(request)));
        println!("async, one at a time      {:8.1} ns", later(1, || CostImpl::later(1)));
        println!("async, 64 in flight       {:8.1} ns", later(64, || CostImpl::later(1)));
    }
}

fn main() {
    #[cfg(go)]
    go::main();
    #[cfg(not(go))]
    eprintln!("there is no Go on this machine");
}
