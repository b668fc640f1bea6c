//! The same calls, answered by Go: `go/impl.go`.

use foreign_call::{R2G, r2g};

/// Somebody.
#[derive(R2G, Debug)]
pub struct DemoUser {
    pub name: String,
    pub age: u8,
}

/// Several users, and bytes that tell what is expected.
#[derive(R2G, Debug)]
pub struct DemoComplicatedRequest {
    pub users: Vec<DemoUser>,
    pub balabala: Vec<u8>,
}

/// What came out.
#[derive(R2G, Debug, Clone, Copy)]
pub struct DemoResponse {
    pub pass: bool,
}

/// Something about all who were told.
#[derive(R2G, Debug, Clone, Copy)]
pub struct Told {
    pub ages: u64,
}

/// What is called.
#[r2g]
pub trait InGo {
    /// Nothing crosses.
    fn empty();
    /// Tells about a user.
    fn one_way(req: &DemoUser);
    /// The ages of all who were told, in sum.
    fn told() -> Told;
    /// Passes whose age is odd.
    fn flat(req: &DemoUser) -> DemoResponse;
    /// Passes if the first byte says so and there are users.
    fn nested(req: &DemoComplicatedRequest) -> DemoResponse;
    /// The same, later.
    #[send]
    async fn later(req: &DemoComplicatedRequest) -> DemoResponse;
    /// The number, later.
    async fn echo(number: u64) -> u64;
}
