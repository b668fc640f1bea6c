//! The primitives of the protocol: std's, or loom's where a model checks it.

#[cfg(loom)]
pub(super) use loom::{
    hint,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    sync::{Condvar, Mutex, MutexGuard},
};

#[cfg(not(loom))]
pub(super) use std::{
    hint,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
    sync::{Condvar, Mutex, MutexGuard},
};
