//! The functions of `csrc/bridge_with_go.h`, and those that `go/` exports.
//!
//! A view carries the lifetime of what it shows. So a function that is done with its views when it
//! returns is safe to call.

use std::ffi::c_void;

use crate::views::RequestRef;
#[cfg(go)]
use crate::views::{BytesRef, Shared};

/// ```c
/// typedef void (*bridge_with_go_answer)(
///     void *slot, uint32_t status, const uint8_t *words, size_t length);
/// ```
pub type RawAnswer =
    unsafe extern "C" fn(slot: *mut c_void, status: u32, words: *const u8, length: usize);

/// `bridge_with_go_status`.
#[allow(missing_docs, reason = "the header has the words")]
pub mod status {
    pub const PASSED: u32 = 0;
    pub const REFUSED: u32 = 1;
    pub const PANICKED: u32 = 2;
}

/// `bridge_with_go_turn`.
#[allow(missing_docs, reason = "the header has the words")]
pub mod turn {
    pub const RUST: u32 = 0;
    pub const GO: u32 = 1;
    pub const CLOSE: u32 = 2;
    pub const CLOSED: u32 = 3;
}

// In C.
unsafe extern "C" {
    /// `uint32_t bridge_with_go_c_sum_of_ages(const bridge_with_go_request *request);`
    pub safe fn bridge_with_go_c_sum_of_ages(request: &RequestRef<'_>) -> u32;

    /// `void bridge_with_go_layouts(size_t layouts[8]);`
    pub safe fn bridge_with_go_layouts(layouts: &mut [usize; 8]);
}

// New: in Go, which says in C what it exports. Its `uintptr` is an address that it only passes on.
#[cfg(go)]
unsafe extern "C" {
    /// `int32_t bridge_with_go_add(int32_t a, int32_t b);`
    pub safe fn bridge_with_go_add(a: i32, b: i32) -> i32;

    /// `size_t bridge_with_go_letters(bridge_with_go_bytes text);`
    pub safe fn bridge_with_go_letters(text: BytesRef<'_>) -> usize;

    /// `uint32_t bridge_with_go_sum_of_ages(bridge_with_go_request *request);`
    pub safe fn bridge_with_go_sum_of_ages(request: &RequestRef<'_>) -> u32;

    /// ```c
    /// void bridge_with_go_check(
    ///     bridge_with_go_request *request, uintptr_t answer, uintptr_t slot);
    /// ```
    ///
    /// Calls `answer` with `slot`, once, before it returns.
    pub fn bridge_with_go_check(request: &RequestRef<'_>, answer: RawAnswer, slot: *mut c_void);

    /// ```c
    /// void bridge_with_go_check_later(
    ///     bridge_with_go_request *request, uint32_t delayMs, uintptr_t answer, uintptr_t slot);
    /// ```
    ///
    /// Calls `answer` with `slot`, once, at any time and on any thread. Reads the request until
    /// then.
    pub fn bridge_with_go_check_later(
        request: *const RequestRef<'_>,
        delay_ms: u32,
        answer: RawAnswer,
        slot: *mut c_void,
    );

    /// `void bridge_with_go_share(bridge_with_go_shared *shared);`
    ///
    /// Go looks at this memory until it has stored `CLOSED`.
    pub fn bridge_with_go_share(shared: *const Shared);

    /// `void bridge_with_go_serve(uintptr_t socket);`
    ///
    /// Go owns this file descriptor from now on.
    pub fn bridge_with_go_serve(socket: usize);

    /// `uint8_t bridge_with_go_lowest_age(bridge_with_go_bytes limits);`
    ///
    /// Ends the process where there are no limits.
    pub safe fn bridge_with_go_lowest_age(limits: BytesRef<'_>) -> u8;

    /// `size_t bridge_with_go_letters_on_a_grown_stack(bridge_with_go_bytes text);`
    pub safe fn bridge_with_go_letters_on_a_grown_stack(text: BytesRef<'_>) -> usize;
}
