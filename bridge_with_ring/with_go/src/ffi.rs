//! `go/main.go`.

use bridge_with_ring::ffi::RawBell;
use bridge_with_ring::ring::Ring;

/// `typedef void (*bell_function)(bridge_with_ring_bell *bell);`
pub type BellFunction = unsafe extern "C" fn(*mut RawBell);

unsafe extern "C" {
    /// ```go
    /// func bridge_with_ring_and_go_serve(
    ///     numbers, squares unsafe.Pointer, ringBell, waitForBell C.bell_function,
    /// )
    /// ```
    pub fn bridge_with_ring_and_go_serve(
        numbers: *const Ring,
        squares: *const Ring,
        ring_bell: BellFunction,
        wait_for_bell: BellFunction,
    );
}
