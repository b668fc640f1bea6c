//! Calls over a ring where the system refuses to wait for descriptors. The one test of its process,
//! as that holds for all of it.
#![cfg(target_os = "linux")]

use std::time::Duration;

use foreign_call_conformance::over_ring::{OverRing, OverRingImpl as Impl};
use tokio::time::timeout;

/// So many descriptors may this process have, and wait for at once.
fn set_limit(most: libc::rlim_t) -> libc::rlim_t {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is written to.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    let before = std::mem::replace(&mut limit.rlim_cur, most);
    // SAFETY: the limit is there.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
    before
}

#[tokio::test]
async fn each_call_is_answered_all_the_same() {
    assert_eq!(Impl::half(2).await, 1);
    let before = set_limit(0);
    for number in 0..20 {
        let half = timeout(Duration::from_secs(60), Impl::half(2 * number)).await;
        assert_eq!(half, Ok(number));
    }
    set_limit(before);
    assert_eq!(Impl::half(4).await, 2);
}
