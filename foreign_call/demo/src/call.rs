//! What crosses, and how: the only description of it.

use foreign_call::{CallError, R2G, r2g};

/// Somebody.
#[derive(R2G, Debug, Clone, PartialEq)]
pub struct DemoUser {
    /// As it is written.
    pub name: String,
    /// In years.
    pub age: u8,
}

/// Several users, and bytes that tell what is expected.
#[derive(R2G, Debug, Clone, PartialEq)]
pub struct DemoComplicatedRequest {
    /// To be checked.
    pub users: Vec<DemoUser>,
    /// The first one is the answer.
    pub balabala: Vec<u8>,
}

/// What came out.
#[derive(R2G, Debug, Clone, Copy, PartialEq)]
pub struct DemoResponse {
    /// Whether all of them pass.
    pub pass: bool,
}

/// The calls of the demo.
#[r2g]
pub trait DemoCall {
    /// Tells C about a user.
    fn demo_oneway(req: &DemoUser);
    /// Passes if there are two users.
    fn demo_check(req: &DemoComplicatedRequest) -> DemoResponse;
    /// The same, after the worker's delay.
    fn demo_check_async(
        req: &DemoComplicatedRequest,
    ) -> impl std::future::Future<Output = DemoResponse>;
    /// The same, and the future may be dropped.
    #[drop_safe]
    async fn demo_check_async_safe(req: DemoComplicatedRequest) -> DemoResponse;
    /// The same, and the request comes back.
    #[drop_safe_ret]
    async fn demo_check_async_safe2(req: DemoComplicatedRequest)
    -> Result<DemoResponse, CallError>;

    /// The worker's delay from now on.
    fn set_delay_ms(delay: u32);
    /// What the last one-way call told.
    fn last_user() -> DemoUser;
}
