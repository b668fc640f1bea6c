//! A barrier that every running thread of the process passes: `membarrier` on Linux, none elsewhere.

/// Whether there is such a barrier.
#[cfg(target_os = "linux")]
pub(crate) fn is_available() -> bool {
    use std::sync::atomic::{AtomicU8, Ordering};
    const NOT_ASKED: u8 = 0;
    const YES: u8 = 1;
    const NO: u8 = 2;
    static REGISTERED: AtomicU8 = AtomicU8::new(NOT_ASKED);
    match REGISTERED.load(Ordering::Relaxed) {
        NOT_ASKED => {
            // A process has to say that it will use it, and may say so twice. An old kernel, or a
            // sandbox, says no.
            let yes = membarrier(libc::MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
            REGISTERED.store(if yes { YES } else { NO }, Ordering::Relaxed);
            yes
        }
        answer => answer == YES,
    }
}

/// Makes every thread of the process pass a full barrier.
#[cfg(target_os = "linux")]
pub(crate) fn pass() {
    if is_available() {
        // It can fail no more once the process is registered, unless a sandbox forbids it only now.
        // Then nothing may be freed: whoever unregisters panics before it comes to that.
        let passed = membarrier(libc::MEMBARRIER_CMD_PRIVATE_EXPEDITED);
        assert!(passed, "membarrier was registered and is refused now");
    }
}

#[cfg(target_os = "linux")]
fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: the call takes two integers and touches no memory of ours.
    unsafe { libc::syscall(libc::SYS_membarrier, libc::c_long::from(command), 0_i64) == 0 }
}

/// Whether there is such a barrier.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_available() -> bool {
    false
}

/// Never needed: without the barrier nobody is ever seated.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pass() {}
