//! `csrc/bell.h`, `csrc/ring.h` and `csrc/service.h`, item for item. The ring itself is
//! [`Ring`].

use crate::ring::Ring;

/// `typedef struct bridge_with_ring_bell bridge_with_ring_bell;`
#[repr(C)]
#[derive(Debug)]
pub struct RawBell {
    _members: [u8; 0],
    // Neither `Send` nor `Sync` nor `Unpin`: nothing is known about what stands behind it.
    _unknown: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
}

/// `typedef struct bridge_with_ring_service bridge_with_ring_service;`
#[repr(C)]
#[derive(Debug)]
pub struct RawService {
    _members: [u8; 0],
    _unknown: std::marker::PhantomData<(*mut u8, std::marker::PhantomPinned)>,
}

#[cfg_attr(test, expect(improper_ctypes, reason = "the ring of a model is made of loom's"))]
unsafe extern "C" {
    /// `bridge_with_ring_bell *bridge_with_ring_bell_new(void);`
    pub safe fn bridge_with_ring_bell_new() -> *mut RawBell;

    /// `void bridge_with_ring_bell_free(bridge_with_ring_bell *self);`
    pub fn bridge_with_ring_bell_free(bell: *mut RawBell);

    /// `void bridge_with_ring_bell_ring(bridge_with_ring_bell *self);`
    pub fn bridge_with_ring_bell_ring(bell: *mut RawBell);

    /// `void bridge_with_ring_bell_wait(bridge_with_ring_bell *self);`
    pub fn bridge_with_ring_bell_wait(bell: *mut RawBell);

    /// `uint64_t bridge_with_ring_bell_rung(bridge_with_ring_bell *self);`
    pub fn bridge_with_ring_bell_rung(bell: *mut RawBell) -> u64;

    /// `bool bridge_with_ring_ring_send(bridge_with_ring_ring *self, int64_t value);`
    pub fn bridge_with_ring_ring_send(ring: *const Ring, value: i64) -> bool;

    /// `bool bridge_with_ring_ring_receive(bridge_with_ring_ring *self, int64_t *value);`
    pub fn bridge_with_ring_ring_receive(ring: *const Ring, value: *mut i64) -> bool;

    /// `void bridge_with_ring_ring_close(bridge_with_ring_ring *self);`
    pub fn bridge_with_ring_ring_close(ring: *const Ring);

    /// ```c
    /// bridge_with_ring_service *
    /// bridge_with_ring_service_start(bridge_with_ring_ring *numbers, bridge_with_ring_ring *squares);
    /// ```
    pub fn bridge_with_ring_service_start(
        numbers: *const Ring,
        squares: *const Ring,
    ) -> *mut RawService;

    /// `void bridge_with_ring_service_join(bridge_with_ring_service *self);`
    pub fn bridge_with_ring_service_join(service: *mut RawService);
}
