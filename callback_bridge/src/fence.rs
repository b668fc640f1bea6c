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
    ///
    /// # Panics
    ///
    /// If Linux refuses the `membarrier` that it had granted.
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
        // A child of `fork` is registered as its parent is, and Linux itself does not refuse who is
        // registered. A filter of system calls (seccomp) that comes later may: as the other side has no
        // fence of its own by then, there is no going on.
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

/// loom has no `membarrier`. So the pair is tried in every order on a machine that is small enough for
/// that: two threads, each of which buffers what it writes and may read meanwhile, as x86 does.
#[cfg(all(test, not(loom)))]
mod tests {
    /// What a thread does between writing its word and reading the other's.
    #[derive(Clone, Copy)]
    enum Between {
        /// As the light side of `OneSided`: the processor is free to read first.
        Nothing,
        /// What was written is seen before it reads on.
        Fence,
        /// `membarrier`: what all threads have written is seen.
        Everywhere,
    }
    use Between::{Everywhere, Fence, Nothing};

    #[derive(Clone, Copy, Default)]
    struct Thread {
        /// How far it is: written, fenced, read.
        steps: u32,
        /// What it wrote has left its buffer.
        is_seen: bool,
        saw_the_other: bool,
    }

    /// Whether in every order at least one sees what the other wrote.
    fn one_sees(threads: [Thread; 2], between: [Between; 2]) -> bool {
        let mut next = Vec::new();
        for (this, other) in [(0, 1), (1, 0)] {
            let mut after = threads;
            after[this].steps += 1;
            match (threads[this].steps, between[this]) {
                (0, _) | (1, Nothing) => {}
                (1, Fence) => after[this].is_seen = true,
                (1, Everywhere) => after.iter_mut().for_each(|it| it.is_seen |= it.steps > 0),
                (2, _) => after[this].saw_the_other = threads[other].is_seen,
                _ => continue,
            }
            next.push(after);
        }
        // A buffer empties when it likes.
        for this in [0, 1] {
            if threads[this].steps > 0 && !threads[this].is_seen {
                let mut after = threads;
                after[this].is_seen = true;
                next.push(after);
            }
        }
        let is_over = threads.iter().all(|thread| thread.steps == 3);
        let seen = threads.iter().any(|thread| thread.saw_the_other);
        (!is_over || seen) && next.into_iter().all(|threads| one_sees(threads, between))
    }

    #[test]
    fn one_side_fences_for_both() {
        assert!(one_sees(Default::default(), [Nothing, Everywhere]));
        assert!(one_sees(Default::default(), [Fence, Fence]));
    }

    #[test]
    fn without_the_fence_for_the_other_side_both_miss() {
        assert!(!one_sees(Default::default(), [Nothing, Fence]));
        assert!(!one_sees(Default::default(), [Nothing, Nothing]));
        assert!(!one_sees(Default::default(), [Fence, Nothing]));
    }
}
