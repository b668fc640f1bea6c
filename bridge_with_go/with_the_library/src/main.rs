//! The experiment with `foreign_call`: the same kinds of call, described as a trait.

#[cfg(go)]
#[expect(unreachable_pub, reason = "what crosses is public, as it would be in a library")]
mod call;

#[cfg(go)]
#[expect(clippy::print_stdout, reason = "printing is what a main is for")]
#[tokio::main]
async fn main() {
    use std::time::{Duration, Instant};

    use call::{DemoCall, DemoCallImpl, DemoComplicatedRequest, DemoUser};
    use tokio::time::timeout;

    let user = DemoUser { name: "chihai".to_string(), age: 28 };
    DemoCallImpl::demo_oneway(&user);
    println!("[Rust-oneway] done");

    let req = DemoComplicatedRequest { users: vec![user.clone(), user], balabala: vec![1] };
    println!("[Rust-sync] User pass: {}", DemoCallImpl::demo_check(&req).pass);

    let start = Instant::now();
    // SAFETY: awaited to its end, before `req` is dropped.
    let first = unsafe { DemoCallImpl::demo_check_async(&req) };
    // SAFETY: likewise.
    let second = unsafe { DemoCallImpl::demo_check_async(&req) };
    let (first, second) = tokio::join!(first, second);
    let seconds = start.elapsed().as_secs();
    println!("[Rust-async] User pass: {} and {}, after {seconds} s", first.pass, second.pass);

    let hasty = DemoCallImpl::demo_check_async_safe(req.clone());
    let dropped = timeout(Duration::from_millis(100), hasty).await.is_err();
    println!("[Rust-async drop_safe] dropped before its answer: {dropped}");
    // It takes a second too, so the dropped one is answered before it.
    let (response, req) = DemoCallImpl::demo_check_async_safe(req).await;
    let users = req.users.len();
    println!("[Rust-async drop_safe] User pass: {}, and {users} users are back", response.pass);
}

#[cfg(not(go))]
fn main() -> std::process::ExitCode {
    eprintln!(
        "built without Go: install Go 1.19 or newer (golang-go in Debian), then \
         `cargo clean -p bridge_with_go_and_the_library`, and run this again"
    );
    std::process::ExitCode::from(3)
}
