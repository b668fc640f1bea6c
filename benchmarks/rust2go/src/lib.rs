//! The calls of `foreign`, as rust2go makes them. `build.rs` of `benchmarks` has it write the Go.

// In each of its callbacks.
#![allow(clippy::missing_safety_doc)]

/// What bindgen would write; it would need a libclang.
pub mod binding {
    use std::ffi::c_void;

    pub use crate::{DemoComplicatedRequestRef, DemoResponseRef, DemoUserRef, ToldRef};

    extern "C" {
        pub fn CInGo_empty();
        pub fn CInGo_one_way(req: DemoUserRef);
        pub fn CInGo_told(slot: *mut c_void, answer: *mut c_void);
        pub fn CInGo_flat(req: DemoUserRef, slot: *mut c_void, answer: *mut c_void);
        pub fn CInGo_nested(req: DemoComplicatedRequestRef, slot: *mut c_void, answer: *mut c_void);
        pub fn CInGo_later(req: DemoComplicatedRequestRef, slot: *mut c_void, answer: *mut c_void);
        pub fn CInGo_echo(number: u64, slot: *mut c_void, answer: *mut c_void);
    }
}

/// Somebody.
#[derive(rust2go::R2G, Clone)]
pub struct DemoUser {
    pub name: String,
    pub age: u8,
}

/// Several users, and bytes that tell what is expected.
#[derive(rust2go::R2G, Clone)]
pub struct DemoComplicatedRequest {
    pub users: Vec<DemoUser>,
    pub balabala: Vec<u8>,
}

/// What came out.
#[derive(rust2go::R2G, Clone, Copy)]
pub struct DemoResponse {
    pub pass: bool,
}

/// Something about all who were told.
#[derive(rust2go::R2G, Clone, Copy)]
pub struct Told {
    pub ages: u64,
}

/// What is called. Answers go through cgo, not through rust2go's assembly, which is its default:
/// see `go/rust2go_module`.
#[rust2go::r2g]
pub trait InGo {
    fn empty();
    fn one_way(req: &DemoUser);
    #[cgo_callback]
    fn told() -> Told;
    #[cgo_callback]
    fn flat(req: &DemoUser) -> DemoResponse;
    #[cgo_callback]
    fn nested(req: &DemoComplicatedRequest) -> DemoResponse;
    #[cgo_callback]
    #[send]
    async fn later(req: &DemoComplicatedRequest) -> DemoResponse;
    #[cgo_callback]
    async fn echo(number: u64) -> u64;
}
