//! Every type and every fault, through Go and back. The tests use it; there is nothing else to see.

pub mod faults;
#[path = "../../conformance/src/interface.rs"]
pub mod interface;
pub mod offered;
#[cfg(unix)]
pub mod over_ring;
pub mod talk;

/// Tests that need Go: where there is none, they read "ignored".
#[macro_export]
macro_rules! with_go {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => { $(
        #[test]
        $(#[$attribute])*
        #[cfg_attr(not(go), ignore = "there is no Go")]
        fn $name() {
            #[cfg(go)]
            $body
        }
    )* };
}
