//! Every type and every fault, through C and back. The tests use it; there is nothing else to see.

mod by_hand;
mod interface;
pub mod offered;
#[cfg(unix)]
pub mod over_ring;
#[cfg(target_os = "linux")]
pub mod process;

pub use interface::*;
