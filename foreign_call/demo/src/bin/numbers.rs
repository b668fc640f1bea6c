//! A search that is given up half-way, and a stream that is.

use std::time::Duration;

use foreign_call_demo::{Numbers, NumbersImpl};
use futures_util::StreamExt;

#[allow(clippy::print_stdout, reason = "the demo's only output")]
#[tokio::main]
async fn main() {
    let factor = NumbersImpl::smallest_factor(1_000_003 * 1_000_033).await;
    println!("[async] the smallest factor: {factor:?}");

    // A prime near 2^64: C would look for a minute.
    let long = NumbersImpl::smallest_factor(18_446_744_073_709_551_557);
    let timeout = tokio::time::timeout(Duration::from_millis(100), long).await;
    println!("[cancel] dropped half-way: {}", timeout.is_err());

    // C's worker gets to this when it has stopped.
    let primes: Vec<_> = NumbersImpl::primes(1_000).take(5).collect().await;
    println!("[stream] {primes:?}");
    println!("[cancel] searches that C has stopped: {}", NumbersImpl::stopped());

    // And to this when it has noticed that the stream is gone.
    let factor = NumbersImpl::smallest_factor(91).await;
    println!("[async] C goes on: {factor:?}");
}
