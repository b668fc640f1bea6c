//! The talk's `main`, and the async calls that it shows.

#[cfg(go)]
#[allow(clippy::print_stdout, reason = "the talk's output")]
#[tokio::main]
async fn main() {
    use foreign_call_conformance_go::talk::*;

    let user = DemoUser { name: "chihai".to_string(), age: 28 };
    DemoCallImpl::demo_oneway(&user);
    println!("[Rust-oneway] done");

    let req = DemoComplicatedRequest { users: vec![user.clone(), user], balabala: vec![1] };
    println!("[Rust-sync] User pass: {}", DemoCallImpl::demo_check(&req).pass);
    // SAFETY: it is awaited to its end, and `req` outlives it.
    let response = unsafe { DemoCallImpl::demo_check_async(&req) };
    println!("[Rust-async] User pass: {}", response.await.pass);
    let (response, req) = DemoCallImpl::demo_check_async_safe(req).await;
    let users = req.users.len();
    println!("[Rust-async drop_safe] User pass: {}, {users} users are back", response.pass);
}

#[cfg(not(go))]
fn main() {
    eprintln!("there is no Go on this machine");
    std::process::exit(1);
}
