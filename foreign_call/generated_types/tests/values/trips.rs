//! Sends values out and looks at what comes back.

use std::hash::{BuildHasher, RandomState};

use foreign_call::{CallError, Stream, Task};
use futures_util::StreamExt;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use tokio::runtime::{Builder, Runtime};

use super::Value;

/// Of each type so many values, unless `PROPTEST_CASES` says otherwise.
const VALUES: u32 = 32;

/// The calls of one test.
pub(crate) struct Trips {
    runtime: Runtime,
    config: ProptestConfig,
    /// What it takes to see the same again.
    seeds: String,
}

impl Trips {
    pub(crate) fn new() -> Trips {
        let mut config = ProptestConfig::default();
        if std::env::var_os("PROPTEST_CASES").is_none() {
            config.cases = VALUES;
        }
        let seed = match config.rng_seed {
            RngSeed::Fixed(seed) => seed,
            RngSeed::Random => RandomState::new().hash_one(0),
        };
        config.rng_seed = RngSeed::Fixed(seed);
        config.failure_persistence = None; // the seeds are in the message
        let types = env!("GENERATED_TYPES_SEED");
        Trips {
            runtime: Builder::new_current_thread().build().expect("a runtime"),
            config,
            seeds: format!("GENERATED_TYPES_SEED={types} PROPTEST_RNG_SEED={seed}"),
        }
    }

    /// What an offer runs its tasks on.
    pub(crate) fn spawner(&self) -> impl Fn(Task) + Send + Sync + 'static {
        let runtime = self.runtime.handle().clone();
        move |task| drop(runtime.spawn(task))
    }

    /// Comes to the end of a call.
    pub(crate) fn run<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    /// All that a stream has.
    pub(crate) fn collect<T>(&self, items: impl Stream<Item = T>) -> Vec<T> {
        self.runtime.block_on(items.collect())
    }

    /// Many values of one type, each of which has to come back so many times.
    pub(crate) fn make<T: Value>(
        &self,
        what: &str,
        times: usize,
        go_round: impl Fn(T) -> Vec<Result<T, CallError>>,
    ) {
        let try_one = |value: T| {
            let back = go_round(value.clone());
            prop_assert_eq!(back.len(), times, "so many came back");
            for back in back {
                let same = back.as_ref().is_ok_and(|back| back.same(&value));
                prop_assert!(same, "went:      {value:?}\ncame back: {back:?}");
            }
            Ok(())
        };
        let mut runner = TestRunner::new(self.config.clone());
        if let Err(error) = runner.run(&T::any(), try_one) {
            panic!("{what}\n{error}\nto see it again: {}", self.seeds);
        }
    }
}
