//! Two traits of one name in a program: as calls both work, but Go serves one ring.
#![cfg(unix)]

use foreign_call_conformance_go::with_go;
#[cfg(go)]
use {
    foreign_call::CallError,
    foreign_call_conformance_go::over_ring::{OverRing, OverRingImpl as Impl},
};

#[cfg(go)]
#[allow(unreachable_pub, reason = "as it stands in its crate")]
#[path = "../src/over_ring.rs"]
mod again;

#[cfg(go)]
fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(test)
}

with_go! {
    fn the_second_one_is_an_error_and_the_first_goes_on() {
        assert_eq!(run(Impl::half(2)), 1);
        let second = run(<again::OverRingImpl as again::OverRing>::fails(1));
        assert!(matches!(second, Err(CallError::NoRing(_))), "{second:?}");
        assert_eq!(run(Impl::half(4)), 2);
    }
}
