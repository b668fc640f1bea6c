//! Two traits of one name in a program: as calls both work, but a peer serves one ring.
#![cfg(unix)]

use foreign_call::CallError;
use foreign_call_conformance::over_ring::{OverRing, OverRingImpl as Impl};

#[allow(unreachable_pub, reason = "as it stands in its crate")]
#[path = "../src/over_ring.rs"]
mod again;

#[tokio::test]
async fn the_second_one_is_an_error_and_the_first_goes_on() {
    assert_eq!(Impl::half(2).await, 1);
    let second = <again::OverRingImpl as again::OverRing>::gives_up().await;
    assert!(matches!(second, Err(CallError::NoRing(_))), "{second:?}");
    assert_eq!(Impl::half(4).await, 2);
}
