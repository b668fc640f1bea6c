//! What was refused when no registration was there to count it.

use std::sync::atomic::{AtomicU64, Ordering};

pub(crate) static GLOBAL: Global = Global {
    late_calls: AtomicU64::new(0),
    drop_panics: AtomicU64::new(0),
    retired: AtomicU64::new(0),
    retired_thunks: AtomicU64::new(0),
};

pub(crate) struct Global {
    pub(crate) late_calls: AtomicU64,
    pub(crate) drop_panics: AtomicU64,
    pub(crate) retired: AtomicU64,
    pub(crate) retired_thunks: AtomicU64,
}

/// Counts of the whole process, since its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Calls for which no callback was registered: C called after unregistering, or passed user data
    /// that it was never given, null for instance. They were refused. (A late call of a thunk that
    /// serves another closure by then is not among them: that can't be seen.)
    pub late_calls: u64,
    /// Closures that panicked while they were dropped. The panic was caught.
    pub drop_panics: u64,
    /// Callbacks whose unregistering gave no guarantee that no call follows.
    pub retired: u64,
    /// How many of these had a thunk, whose place in the pool is lost with them.
    pub retired_thunks: u64,
}

/// Counts of the whole process.
///
/// # Examples
///
/// ```
/// use callback_bridge::closure;
///
/// assert_eq!(closure::statistics().late_calls, 0);
/// ```
#[must_use]
pub fn statistics() -> Statistics {
    Statistics {
        late_calls: GLOBAL.late_calls.load(Ordering::Relaxed),
        drop_panics: GLOBAL.drop_panics.load(Ordering::Relaxed),
        retired: GLOBAL.retired.load(Ordering::Relaxed),
        retired_thunks: GLOBAL.retired_thunks.load(Ordering::Relaxed),
    }
}
