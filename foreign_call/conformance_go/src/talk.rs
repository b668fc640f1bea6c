//! The calls of the talk that this way of calling Go comes from. `go/impl.go` is the talk's, as it
//! stands on the slide.

use foreign_call::{R2G, r2g};

/// Somebody.
#[derive(R2G, Debug, Clone)]
#[allow(missing_docs, reason = "the talk's")]
pub struct DemoUser {
    pub name: String,
    pub age: u8,
}

/// Several, and some bytes.
#[derive(R2G, Debug, Clone)]
#[allow(missing_docs, reason = "the talk's")]
pub struct DemoComplicatedRequest {
    pub users: Vec<DemoUser>,
    pub balabala: Vec<u8>,
}

/// What came out.
#[derive(R2G, Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the talk's")]
pub struct DemoResponse {
    pub pass: bool,
}

/// The talk's calls.
#[r2g]
#[allow(missing_docs, reason = "the talk's")]
pub trait DemoCall {
    fn demo_oneway(req: &DemoUser);
    fn demo_check(req: &DemoComplicatedRequest) -> DemoResponse;
    fn demo_check_async(
        req: &DemoComplicatedRequest,
    ) -> impl std::future::Future<Output = DemoResponse>;
    #[drop_safe_ret]
    fn demo_check_async_safe(
        req: DemoComplicatedRequest,
    ) -> impl std::future::Future<Output = DemoResponse>;
}
