//! What crosses, and how: Rust's side and Go's are both made from this.

use foreign_call::{R2G, r2g};

/// Somebody.
#[derive(R2G, Debug, Clone)]
pub struct DemoUser {
    /// Any text.
    pub name: String,
    /// In years.
    pub age: u8,
}

/// Users to check, and some bytes.
#[derive(R2G, Debug, Clone)]
pub struct DemoComplicatedRequest {
    /// To be checked.
    pub users: Vec<DemoUser>,
    /// The first one says what the answer will be.
    pub balabala: Vec<u8>,
}

/// What Go found.
#[derive(R2G, Debug, Clone, Copy)]
pub struct DemoResponse {
    /// Whether they pass.
    pub pass: bool,
}

/// What Go can do. `go/impl.go` does it.
#[r2g]
pub trait DemoCall {
    /// Tells Go about a user.
    fn demo_oneway(req: &DemoUser);
    /// Sync.
    fn demo_check(req: &DemoComplicatedRequest) -> DemoResponse;
    /// Async: answered after a second.
    fn demo_check_async(
        req: &DemoComplicatedRequest,
    ) -> impl std::future::Future<Output = DemoResponse>;
    /// Async, and the future may be dropped. The request comes back with the answer.
    #[drop_safe_ret]
    fn demo_check_async_safe(
        req: DemoComplicatedRequest,
    ) -> impl std::future::Future<Output = DemoResponse>;
}
