//! The fence between "published" and "does somebody sleep?", and its counterpart.
//!
//! Two threads each write one word and then read the other's. Without a full fence between the
//! two on *both* sides, each may miss what the other wrote, and a wake-up is lost. One side runs
//! always and the other one seldom, so on Linux the seldom one pays for both: `membarrier` makes
//! every thread of this process that runs now pass a full fence.

use std::sync::atomic::compiler_fence;

use crate::sync::{Ordering, fence};

/// Which pair of fences two sides use, decided once when it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fence {
    /// The side that is about to sleep pays for both.
    OneSided,
    /// Each side pays for itself.
    BothSides,
}

impl Fence {
    /// The one-sided one where the kernel has it.
    pub fn best() -> Fence {
        if membarrier::register() { Fence::OneSided } else { Fence::BothSides }
    }

    /// For the side that runs always.
    #[inline(always)]
    pub fn light(self) {
        match self {
            // The compiler keeps the order; `heavy` on the other side makes the processor keep it.
            Fence::OneSided => compiler_fence(Ordering::SeqCst),
            Fence::BothSides => fence(Ordering::SeqCst),
        }
    }

    /// For the side that is about to sleep.
    pub fn heavy(self) {
        match self {
            Fence::OneSided => membarrier::everywhere(),
            Fence::BothSides => fence(Ordering::SeqCst),
        }
    }
}

#[cfg(all(target_os = "linux", not(loom), not(miri)))]
mod membarrier {
    use std::sync::OnceLock;

    use crate::sync::{Ordering, fence};

    fn call(command: libc::c_int) -> libc::c_long {
        // SAFETY: membarrier takes two numbers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0) }
    }

    /// Whether this process may use it; asked once.
    pub(super) fn register() -> bool {
        static REGISTERED: OnceLock<bool> = OnceLock::new();
        *REGISTERED.get_or_init(|| call(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED) == 0)
    }

    pub(super) fn everywhere() {
        fence(Ordering::SeqCst);
        // A child of `fork` is registered as its parent is, and a registered process is not refused.
        let status = call(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        assert_eq!(status, 0, "membarrier was registered and is refused now");
        fence(Ordering::SeqCst);
    }
}

/// Where there is none, nobody asks for it: `register` says no.
#[cfg(not(all(target_os = "linux", not(loom), not(miri))))]
mod membarrier {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn everywhere() {
        crate::sync::fence(crate::sync::Ordering::SeqCst);
    }
}
