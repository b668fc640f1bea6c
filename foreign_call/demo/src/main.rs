//! The demo, told line by line.

use std::time::{Duration, Instant};

use foreign_call_demo::{DemoCall, DemoCallImpl, DemoComplicatedRequest, DemoUser};

#[allow(clippy::print_stdout, reason = "the demo's only output")]
#[tokio::main]
async fn main() {
    let user = DemoUser { name: "chihai".to_string(), age: 28 };
    DemoCallImpl::demo_oneway(&user);
    println!("[one-way] C was told of {:?}", DemoCallImpl::last_user());

    let req = DemoComplicatedRequest { users: vec![user.clone(), user], balabala: vec![1] };
    println!("[sync] users pass: {}", DemoCallImpl::demo_check(&req).pass);

    let start = Instant::now();
    // SAFETY: it is awaited to its end, and `req` outlives it.
    let first = unsafe { DemoCallImpl::demo_check_async(&req) };
    // SAFETY: as the first.
    let second = unsafe { DemoCallImpl::demo_check_async(&req) };
    let (first, second) = tokio::join!(first, second);
    let seconds = start.elapsed().as_secs_f64().round();
    println!("[async] users pass: {} and {}, {seconds} s for two calls", first.pass, second.pass);

    println!(
        "[drop-safe] users pass: {}",
        DemoCallImpl::demo_check_async_safe(req.clone()).await.pass
    );
    let dropped = DemoCallImpl::demo_check_async_safe(req.clone());
    let timeout = tokio::time::timeout(Duration::from_millis(100), dropped).await;
    println!("[drop-safe] dropped half-way: {}", timeout.is_err());

    let (response, req) = DemoCallImpl::demo_check_async_safe2(req).await;
    let pass = response.map(|response| response.pass);
    println!("[drop-safe, returned] users pass: {pass:?}, and {} users are back", req.users.len());
    let (response, _) =
        DemoCallImpl::demo_check_async_safe2(DemoComplicatedRequest { balabala: vec![], ..req })
            .await;
    println!("[error] {}", response.expect_err("C refuses it"));
}
